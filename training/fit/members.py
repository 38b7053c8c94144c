"""Fit the three classifiers with their libraries and export them to plain arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC
from skmultilearn.adapt import MLARAM as LibraryMLARAM

from heartsense.classifier.encoder import LEVELS
from heartsense.classifier.members import MLARAM, SVM, BoostedTrees
from training.fit.settings import FitSettings

Codes = NDArray[np.uint8]
Labels = NDArray[np.bool_]
Scores = NDArray[np.float64]
Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LibraryClassifiers:
    """The fitted library classifiers; inference must give the same scores.

    ``boosting`` holds one classifier per label. ``columns`` are the indices of the codes that
    MLARAM reads.
    """

    boosting: tuple[Any, ...]
    mlaram: Any
    svm: Any
    columns: NDArray[np.intp]

    def scores(self, codes: Codes) -> Scores:
        """Scores of encoded records, shape (n, 3, labels)."""
        odds = [label.decision_function(codes.astype(np.float32)) for label in self.boosting]
        neurons = self.mlaram.predict_proba(to_unit_interval(codes[:, self.columns]))
        margins = self.svm.decision_function(to_unit_interval(codes))
        return np.stack([np.stack(odds, axis=1), neurons, margins], axis=1)


def to_unit_interval(codes: Codes) -> NDArray[np.float64]:
    """Codes as float64 in [0, 1)."""
    return codes.astype(np.float64) / LEVELS


def fit_classifiers(
    codes: Codes, labels: Labels, weights: Weights, settings: FitSettings, first: NDArray[np.bool_]
) -> LibraryClassifiers:
    """Fit binary relevance over gradient boosting, MLARAM and a one-vs-rest SVM.

    Parameters
    ----------
    codes : uint8 array, shape (n, codes)
    labels : bool array, shape (n, labels)
    weights : float64 array, shape (n, labels)
        Weight of each row for each label in boosting.
    settings : FitSettings
    first : bool array, shape (n,)
        Rows that MLARAM and the SVM learn from, which know no weights: one of each record.
    """
    boosting = tuple(
        _fit_boosting(codes, labels[:, label], weights[:, label], settings)
        for label in range(labels.shape[1])
    )
    importance = np.mean([_importance(label, codes.shape[1]) for label in boosting], axis=0)
    columns = np.sort(np.argsort(-importance, kind="stable")[: settings.mlaram_features])
    codes, labels = codes[first], labels[first]
    # MLARAM modifies the labels it is given, and its default list keeps neurons of earlier fits.
    mlaram = LibraryMLARAM(settings.vigilance, settings.threshold, neurons=[])
    mlaram.fit(to_unit_interval(codes[:, columns]), labels.astype(np.int64))
    gamma = settings.svm_gamma * 12 / codes.shape[1]
    svm = OneVsRestClassifier(SVC(C=settings.svm_c, gamma=gamma))
    svm.fit(to_unit_interval(codes), labels.astype(np.int64))
    return LibraryClassifiers(boosting, mlaram, svm, columns)


def _fit_boosting(
    codes: Codes, truth: NDArray[np.bool_], weights: NDArray[np.float64], settings: FitSettings
) -> Any:
    boosting = HistGradientBoostingClassifier(
        max_iter=settings.boosting_iterations,
        learning_rate=settings.boosting_rate,
        max_leaf_nodes=settings.boosting_leaves,
        min_samples_leaf=settings.boosting_leaf,
        l2_regularization=settings.boosting_l2,
        max_features=settings.boosting_features,
        early_stopping=False,
        random_state=settings.seed,
    )
    return boosting.fit(codes.astype(np.float32), truth, sample_weight=weights)


def _nodes(boosting: Any) -> list[NDArray[Any]]:
    """The nodes of each tree of one label, in the library's own records."""
    return [tree.nodes for (tree,) in boosting._predictors]


def _importance(boosting: Any, features: int) -> NDArray[np.float64]:
    """Share of each feature in the gain of all splits of one label."""
    nodes = np.concatenate(_nodes(boosting))
    inner = nodes[nodes["is_leaf"] == 0]
    gain = np.bincount(inner["feature_idx"], weights=inner["gain"], minlength=features)
    return np.asarray(gain / max(gain.sum(), 1e-9))


def export_boosting(boosting: Sequence[Any]) -> BoostedTrees:
    """Export the trees of all labels to flat arrays."""
    trees = [_nodes(label) for label in boosting]
    flat = [tree for label in trees for tree in label]
    sizes = np.array([len(tree) for tree in flat])
    roots = np.cumsum(sizes) - sizes
    offset = np.repeat(roots, sizes)
    nodes = np.concatenate(flat)
    leaf = nodes["is_leaf"] == 1
    return BoostedTrees(
        roots=roots.reshape(len(trees), -1).astype(np.int32),
        feature=np.where(leaf, -1, nodes["feature_idx"]).astype(np.int16),
        threshold=np.where(leaf, 0, np.floor(nodes["num_threshold"])).astype(np.uint8),
        left=np.where(leaf, 0, nodes["left"] + offset).astype(np.int32),
        right=np.where(leaf, 0, nodes["right"] + offset).astype(np.int32),
        value=np.where(leaf, nodes["value"], 0.0),
        baseline=np.array([label._baseline_prediction.item() for label in boosting]),
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
