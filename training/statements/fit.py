"""Fits a statement's trees, chooses its threshold on folds, and measures it on held-out ones."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold

from heartsense.classifier.gradient_boosting import GradientBoosting
from heartsense.classifier.statements import STATEMENT_FEATURES, paced_score
from heartsense.measurements import FEATURE_GROUPS, FEATURE_NAMES
from training.statements.truth import Target
from training.strips.fit import served

_TREES: Final[dict[str, Any]] = {
    "max_iter": 80,
    "learning_rate": 0.08,
    "max_leaf_nodes": 6,
    "min_samples_leaf": 15,
    "l2_regularization": 5.0,
    "max_features": 0.2,
    "early_stopping": False,
    "random_state": 0,
}
OUTER_FOLDS: Final = 5
_INNER_FOLDS: Final = 4
_MIN_SAID: Final = 6
_ROUNDS: Final = 400
_SAMPLED: Final = np.array([name.startswith("beat_") for name in FEATURE_NAMES])
_VOLTAGE: Final = np.array([group == "voltage" for group in FEATURE_GROUPS])

Features = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """The records that a statement is learned from and measured on.

    ``features`` has shape (n, len(STATEMENT_FEATURES)); ``learned`` and ``right`` say which records
    have the target's codes.
    """

    features: Features
    patient: NDArray[np.str_]
    learned: Flags
    right: Flags

    def __getitem__(self, rows: NDArray[np.intp]) -> "Examples":
        return Examples(
            self.features[rows], self.patient[rows], self.learned[rows], self.right[rows]
        )


@dataclass(frozen=True, slots=True)
class Score:
    """Sensitivity and PPV, each with its 95 % interval over patients."""

    sensitivity: tuple[float, float, float]
    ppv: tuple[float, float, float]
    positives: int
    said: int

    def earns(self, target: Target) -> bool:
        """Whether it reaches what the target asks."""
        return self.sensitivity[0] >= target.sensitivity and self.ppv[0] >= target.ppv


def measure(examples: Examples, target: Target) -> Score:
    """Say it on each fold with trees and a threshold from the others."""
    said = np.zeros(len(examples.patient), dtype=np.bool_)
    for train, test in _folds(examples, OUTER_FOLDS):
        model, threshold = fit(examples[train], target)
        said[test] = _probability(model, examples.features[test], target) >= threshold
    return _score(examples, said)


def fit(examples: Examples, target: Target) -> tuple[HistGradientBoostingClassifier | None, float]:
    """Trees of all examples, None for a rule, and a threshold from their folds."""
    if target.rule:
        score = _probability(None, examples.features, target)
        return None, _threshold(score, examples.right, target.sought_ppv)
    out_of_fold = np.zeros(len(examples.patient))
    for train, test in _folds(examples, _INNER_FOLDS):
        model = _fit_trees(examples[train], target)
        out_of_fold[test] = _probability(model, examples.features[test], target)
    threshold = _threshold(out_of_fold, examples.right, target.sought_ppv)
    return _fit_trees(examples, target), threshold


def _folds(examples: Examples, count: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    folds = GroupKFold(count, shuffle=True, random_state=1)
    return list(folds.split(examples.features, groups=examples.patient))


def _fit_trees(examples: Examples, target: Target) -> HistGradientBoostingClassifier:
    features = examples.features[:, columns_of(target)]
    return HistGradientBoostingClassifier(**_TREES).fit(features, examples.learned)


def columns_of(target: Target) -> NDArray[np.intp]:
    """The features that a target's trees read; the sampled beats are too many for few records."""
    read = np.flatnonzero(~_SAMPLED if target.voltages else ~_SAMPLED & ~_VOLTAGE)
    if target.only:
        read = np.array([FEATURE_NAMES.index(name) for name in target.only])
    also = [STATEMENT_FEATURES.index(name) for name in target.also_reads]
    return np.concatenate((read, np.array(also, dtype=np.intp)))


def _probability(
    model: HistGradientBoostingClassifier | None, features: Features, target: Target
) -> Features:
    if model is None:
        return paced_score(features)
    probability: Features = model.predict_proba(features[:, columns_of(target)])[:, 1]
    return probability


def served_trees(model: HistGradientBoostingClassifier, target: Target) -> GradientBoosting:
    """The trees as they are served: on all features, by their numbers."""
    trees = served(model)
    numbers = columns_of(target)[np.maximum(trees.feature, 0)]
    return replace(trees, feature=np.where(trees.feature < 0, -1, numbers).astype(np.int16))


def _threshold(probability: Features, right: Flags, ppv: float) -> float:
    """The least probability above which at least that share is right; 2 if there is none."""
    order = np.argsort(-probability, kind="stable")
    said = np.arange(1, len(order) + 1)
    good = np.flatnonzero((np.cumsum(right[order]) / said >= ppv) & (said >= _MIN_SAID))
    return float(probability[order[good[-1]]]) if len(good) else 2.0


def _score(examples: Examples, said: Flags) -> Score:
    patients, group = np.unique(examples.patient, return_inverse=True)
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(_ROUNDS):
        drawn = rng.integers(len(patients), size=len(patients))
        weight = np.bincount(drawn, minlength=len(patients))
        draws.append(_rates(examples, said, weight[group]))
    low, high = np.nanpercentile(draws, (2.5, 97.5), axis=0)
    value = _rates(examples, said, np.ones(len(said), dtype=np.intp))
    sensitivity, ppv = ((value[i], float(low[i]), float(high[i])) for i in range(2))
    return Score(sensitivity, ppv, int(examples.learned.sum()), int(said.sum()))


def _rates(examples: Examples, said: Flags, weight: NDArray[np.intp]) -> tuple[float, float]:
    found = (weight * (said & examples.learned)).sum() / max((weight * examples.learned).sum(), 1)
    right = (weight * (said & examples.right)).sum() / max((weight * said).sum(), 1)
    return float(found), float(right)
