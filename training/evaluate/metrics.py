"""Figures of merit for several labels, with intervals."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from heartsense.conditions import CONDITION_IDS

Scores = NDArray[np.float64]
Labels = NDArray[np.bool_]

ENOUGH: Final = 5
"""A condition counts in the macro average with this many positive and negative records."""
_BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ConditionScore:
    """Figures of one condition; None where a figure needs both classes and one is missing."""

    auroc: float | None
    auprc: float | None
    f1: float
    n_positive: int


def score_conditions(
    truth: Labels, probability: Scores, called: Labels
) -> dict[str, ConditionScore]:
    """AUROC, AUPRC and F1 of every condition; arrays of shape (n, labels)."""
    scores = {}
    for label, id in enumerate(CONDITION_IDS):
        true, given = truth[:, label], probability[:, label]
        both = true.any() and not true.all()
        scores[id] = ConditionScore(
            auroc=float(roc_auc_score(true, given)) if both else None,
            auprc=float(average_precision_score(true, given)) if both else None,
            f1=f1_score(true, called[:, label]),
            n_positive=int(true.sum()),
        )
    return scores


def f1_score(true: NDArray[np.bool_], called: NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall; 0 where nothing is true and nothing is called."""
    total = int(true.sum()) + int(called.sum())
    return 2 * int((true & called).sum()) / total if total else 0.0


def macro_auroc(truth: Labels, probability: Scores) -> float:
    """Mean AUROC over conditions with ``ENOUGH`` records on either side; NaN if there is none."""
    positives = truth.sum(axis=0)
    counted = np.flatnonzero((positives >= ENOUGH) & (len(truth) - positives >= ENOUGH))
    if not len(counted):
        return float("nan")
    return float(np.mean([roc_auc_score(truth[:, k], probability[:, k]) for k in counted]))


def bootstrap(
    truth: Labels, probability: Scores, rounds: int = 500, seed: int = 0
) -> tuple[Interval, dict[str, Interval]]:
    """Intervals of the macro AUROC and of each condition's, records drawn with replacement.

    One record stands for one patient in nearly all of the test sources, so records are drawn.
    """
    rng = np.random.default_rng(seed)
    draws = [rng.integers(len(truth), size=len(truth)) for _ in range(rounds)]
    macro = _interval(
        macro_auroc(truth, probability), [macro_auroc(truth[d], probability[d]) for d in draws]
    )
    by_condition = {}
    for label, id in enumerate(CONDITION_IDS):
        true, given = truth[:, label : label + 1], probability[:, label : label + 1]
        values = [_auroc(true[d, 0], given[d, 0]) for d in draws]
        by_condition[id] = _interval(_auroc(true[:, 0], given[:, 0]), values)
    return macro, by_condition


def calibration_error(truth: Labels, probability: Scores) -> float:
    """Expected calibration error over all labels, ten bins of equal width."""
    true, given = truth.ravel(), probability.ravel()
    bins = np.minimum((given * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(true[bins == b].mean() - given[bins == b].mean()) * (bins == b).mean()
        for b in range(_BINS)
        if (bins == b).any()
    ]
    return float(np.sum(gaps))


def _auroc(true: NDArray[np.bool_], given: Scores) -> float:
    return float(roc_auc_score(true, given)) if true.any() and not true.all() else float("nan")


def _interval(value: float, draws: list[float]) -> Interval:
    known = np.array([d for d in draws if np.isfinite(d)])
    if not len(known):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(value, float(low), float(high))
