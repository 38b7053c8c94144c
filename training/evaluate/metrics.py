"""Metrics of multi-label predictions, with bootstrap intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from heartsense.conditions import CONDITION_IDS

Scores = NDArray[np.float64]
Labels = NDArray[np.bool_]
Folds = NDArray[np.intp]

MIN_RECORDS: Final = 5
"""A condition counts in the macro average from this many positive and negative records on."""
_CALIBRATION_BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Interval:
    """A metric with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ConditionScore:
    """Metrics of one condition; None where both classes are needed and one is missing."""

    auroc: float | None
    auprc: float | None
    f1: float
    n_positive: int


def score_conditions(
    truth: Labels, probability: Scores, predicted: Labels
) -> dict[str, ConditionScore]:
    """AUROC, AUPRC and F1 of every condition; all arrays have shape (n, labels)."""
    scores = {}
    for label, id in enumerate(CONDITION_IDS):
        true, given = truth[:, label], probability[:, label]
        both = true.any() and not true.all()
        scores[id] = ConditionScore(
            auroc=float(roc_auc_score(true, given)) if both else None,
            auprc=float(average_precision_score(true, given)) if both else None,
            f1=f1_score(true, predicted[:, label]),
            n_positive=int(true.sum()),
        )
    return scores


def f1_score(true: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """F1 of one label, shape (n,); 0 where nothing is true and nothing predicted."""
    total = int(true.sum()) + int(predicted.sum())
    return 2 * int((true & predicted).sum()) / total if total else 0.0


def macro_auroc(truth: Labels, probability: Scores, fold: Folds | None = None) -> float:
    """Mean AUROC over conditions with ``MIN_RECORDS`` of either class; NaN if there is none.

    Parameters
    ----------
    truth : bool array, shape (n, labels)
    probability : float64 array, shape (n, labels)
    fold : int64 array, shape (n,), optional
        With it only records of one fold are compared; a condition without such a pair is left out.
        Pooled, a fold with many of a condition has too low probabilities, as its calibration comes
        from the others (Forman and Scholz 2010; Airola et al. 2011 measure what pooling costs).
    """
    counted = _counted(truth)
    if not counted.any():
        return float("nan")
    values = _aurocs(truth, probability, fold)[counted]
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _counted(truth: Labels) -> Labels:
    """The conditions that count in the macro average, shape (labels,)."""
    positives = truth.sum(axis=0)
    return np.asarray((positives >= MIN_RECORDS) & (len(truth) - positives >= MIN_RECORDS))


def _aurocs(truth: Labels, probability: Scores, fold: Folds | None = None) -> Scores:
    everything = np.ones(len(truth), dtype=np.bool_)
    parts = [everything] if fold is None else [fold == number for number in np.unique(fold)]
    return np.array([_auroc(truth[:, k], probability[:, k], parts) for k in range(truth.shape[1])])


def bootstrap(
    truth: Labels, probability: Scores, rounds: int = 500, seed: int = 0
) -> tuple[Interval, dict[str, Interval]]:
    """Bootstrap intervals of the macro AUROC and of each condition's AUROC.

    Records are resampled, since nearly every patient of the test sources has one record.

    Parameters
    ----------
    truth : bool array, shape (n, labels)
    probability : float64 array, shape (n, labels)
    rounds : int
        Bootstrap samples.
    """
    draws = _draws(len(truth), rounds, seed)
    values = np.array([_aurocs(truth[d], probability[d]) for d in draws])
    counted = np.array([_counted(truth[d]) for d in draws])
    found = _aurocs(truth, probability)
    macros = [
        float(v[c].mean()) if c.any() else float("nan")
        for v, c in zip(values, counted, strict=True)
    ]
    macro = _interval(macro_auroc(truth, probability), macros)
    by_condition = {
        id: _interval(float(found[label]), values[:, label].tolist())
        for label, id in enumerate(CONDITION_IDS)
    }
    return macro, by_condition


def bootstrap_within_folds(
    truth: Labels, probability: Scores, fold: Folds, rounds: int = 500, seed: int = 0
) -> Interval:
    """Macro AUROC of records of one fold against each other; see ``macro_auroc``."""
    draws = _draws(len(truth), rounds, seed)
    values = [macro_auroc(truth[d], probability[d], fold[d]) for d in draws]
    return _interval(macro_auroc(truth, probability, fold), values)


def auroc_with_interval(
    true: NDArray[np.bool_], given: Scores, rounds: int = 2000, seed: int = 0
) -> Interval:
    """AUROC of one label, shape (n,), with its bootstrap interval; NaN if a class is missing."""
    draws = _draws(len(true), rounds if len(true) else 0, seed)
    everything = [np.ones(len(true), dtype=np.bool_)]
    values = [_auroc(true[d], given[d], everything) for d in draws]
    return _interval(_auroc(true, given, everything), values)


def bootstrap_difference(
    truth: Labels, first: Scores, second: Scores, rounds: int = 500, seed: int = 0
) -> Interval:
    """Macro AUROC of `first` less that of `second` on the same records, with its interval."""

    def difference(at: NDArray[np.int64]) -> float:
        return macro_auroc(truth[at], first[at]) - macro_auroc(truth[at], second[at])

    draws = _draws(len(truth), rounds, seed)
    return _interval(difference(np.arange(len(truth))), [difference(d) for d in draws])


def _draws(records: int, rounds: int, seed: int) -> list[NDArray[np.int64]]:
    """Bootstrap samples of so many records: the numbers of those drawn."""
    rng = np.random.default_rng(seed)
    return [rng.integers(records, size=records) for _ in range(rounds)]


def calibration_error(truth: Labels, probability: Scores) -> float:
    """Expected calibration error over all labels, in ten bins of equal width."""
    true, given = truth.ravel(), probability.ravel()
    bins = np.minimum((given * _CALIBRATION_BINS).astype(int), _CALIBRATION_BINS - 1)
    gaps = [
        abs(true[bins == b].mean() - given[bins == b].mean()) * (bins == b).mean()
        for b in range(_CALIBRATION_BINS)
        if (bins == b).any()
    ]
    return float(np.sum(gaps))


def _auroc(true: NDArray[np.bool_], given: Scores, parts: Sequence[NDArray[np.bool_]]) -> float:
    """AUROC of one label, of all pairs of records of one part."""
    counts = [_ordered_pairs(true[p], given[p]) for p in parts]
    ordered, pairs = np.sum(counts, axis=0)
    return float(ordered / pairs) if pairs else float("nan")


def _ordered_pairs(true: NDArray[np.bool_], given: Scores) -> tuple[float, int]:
    """Pairs of a positive and a negative that are in order, ties as halves; and all such pairs.

    By mid-ranks (Mann-Whitney U), which is faster than a curve.
    """
    positives, negatives = int(true.sum()), int((~true).sum())
    ordered = np.sort(given)
    at = given[true]
    ranks = np.searchsorted(ordered, at, "left") + np.searchsorted(ordered, at, "right") + 1
    above = ranks.sum() / 2 - positives * (positives + 1) / 2
    return float(above), positives * negatives


def _interval(value: float, draws: list[float]) -> Interval:
    known = np.array([d for d in draws if np.isfinite(d)])
    if not len(known):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(value, float(low), float(high))
