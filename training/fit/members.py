"""Fit the three classifiers with their libraries and export them to plain arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC
from skmultilearn.adapt import MLARAM as LibraryMLARAM
from skmultilearn.problem_transform import BinaryRelevance

from heartsense.classifier.encoder import LEVELS
from heartsense.classifier.members import MLARAM, SVM, Forests
from training.fit.settings import FitSettings

Codes = NDArray[np.uint8]
Labels = NDArray[np.bool_]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LibraryClassifiers:
    """The fitted library classifiers; inference must give the same scores.

    ``columns`` are the indices of the codes that MLARAM reads.
    """

    binary_relevance: Any
    mlaram: Any
    svm: Any
    columns: NDArray[np.intp]

    def scores(self, codes: Codes) -> Scores:
        """Scores of encoded records, shape (n, 3, labels)."""
        trees = self.binary_relevance.predict_proba(codes.astype(np.float32)).toarray()
        neurons = self.mlaram.predict_proba(to_unit_interval(codes[:, self.columns]))
        margins = self.svm.decision_function(to_unit_interval(codes))
        return np.stack([trees, neurons, margins], axis=1)


def to_unit_interval(codes: Codes) -> NDArray[np.float64]:
    """Codes as float64 in [0, 1)."""
    return codes.astype(np.float64) / LEVELS


def fit_classifiers(codes: Codes, labels: Labels, settings: FitSettings) -> LibraryClassifiers:
    """Fit binary relevance over extra trees, MLARAM and a one-vs-rest SVM."""
    trees = ExtraTreesClassifier(
        settings.trees, min_samples_leaf=settings.leaf, random_state=settings.seed
    )
    relevance = BinaryRelevance(trees)
    relevance.fit(codes.astype(np.float32), labels.astype(np.int64))
    importance = np.mean([forest.feature_importances_ for forest in relevance.classifiers_], axis=0)
    columns = np.sort(np.argsort(-importance, kind="stable")[: settings.mlaram_features])
    # MLARAM modifies the labels it is given, and its default list keeps neurons of earlier fits.
    mlaram = LibraryMLARAM(settings.vigilance, settings.threshold, neurons=[])
    mlaram.fit(to_unit_interval(codes[:, columns]), labels.astype(np.int64))
    gamma = settings.svm_gamma * 12 / codes.shape[1]
    svm = OneVsRestClassifier(SVC(C=settings.svm_c, gamma=gamma))
    svm.fit(to_unit_interval(codes), labels.astype(np.int64))
    return LibraryClassifiers(relevance, mlaram, svm, columns)


def export_forests(relevance: Any) -> Forests:
    """Export the forests of binary relevance to flat arrays."""
    trees = [[t.tree_ for t in forest.estimators_] for forest in relevance.classifiers_]
    flat = [tree for forest in trees for tree in forest]
    sizes = np.array([tree.node_count for tree in flat])
    feature = np.concatenate([tree.feature for tree in flat])
    leaf = feature < 0
    node = np.arange(len(feature))
    offset = np.repeat(np.cumsum(sizes) - sizes, sizes)
    left = np.concatenate([tree.children_left for tree in flat]) + offset
    right = np.concatenate([tree.children_right for tree in flat]) + offset
    if not (left[~leaf] == node[~leaf] + 1).all():
        raise RuntimeError("a tree does not keep its left children next to their parents")
    share = np.concatenate([tree.value[:, 0, 1] / tree.value[:, 0].sum(axis=1) for tree in flat])
    values, code = np.unique(share[leaf], return_inverse=True)
    jump = right - node
    jump[leaf] = code
    if max(jump.max(), len(values)) > np.iinfo(np.uint16).max:
        raise RuntimeError("a tree is too large to pack")
    threshold = np.floor(np.concatenate([tree.threshold for tree in flat]))
    return Forests(
        roots=(np.cumsum(sizes) - sizes).reshape(len(trees), -1).astype(np.int32),
        feature=np.where(leaf, -1, feature).astype(np.int16),
        threshold=np.where(leaf, 0, threshold).astype(np.uint8),
        jump=jump.astype(np.uint16),
        values=values,
    )


def export_mlaram(mlaram: Any, columns: NDArray[np.intp]) -> MLARAM:
    """Export MLARAM's neurons to hyperrectangles of codes."""
    corners = np.array([neuron.vc for neuron in mlaram.neurons]) * LEVELS
    low, high = corners[:, : len(columns)], LEVELS - corners[:, len(columns) :]
    return MLARAM(
        low=low.astype(np.uint8),
        high=high.astype(np.uint8),
        labels=np.array([neuron.label for neuron in mlaram.neurons], dtype=np.float64),
        threshold=float(mlaram.threshold),
        columns=columns,
    )


def export_svm(svm: Any, codes: Codes) -> SVM:
    """Export the SVMs of all labels over their common support vectors."""
    machines = svm.estimators_
    weights = np.zeros((len(codes), len(machines)))
    for label, machine in enumerate(machines):
        weights[machine.support_, label] = machine.dual_coef_[0]
    used = np.flatnonzero(weights.any(axis=1))
    return SVM(
        vectors=codes[used],
        weights=weights[used],
        bias=np.array([float(machine.intercept_[0]) for machine in machines]),
        gamma=float(machines[0].gamma),
    )
