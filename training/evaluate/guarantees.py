"""Calibration by condition and source, and what a bound on misses costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from heartsense.conditions import CONDITION_IDS
from training.evaluate.metrics import Interval
from training.fit.calibrate import fit_logistic_regression
from training.fit.tiers import MIN_POSITIVES, RESPLITS, Scored, fit_tiers, resplits

Flags = NDArray[np.bool_]
Values = NDArray[np.float64]

BOUNDED: Final = (
    "myocardial_infarction",
    "ventricular_arrhythmia",
    "supraventricular_arrhythmia",
)
"""Conditions of which at most ``MISSED`` may be missed."""
MISSED: Final = 0.10
_CLIP: Final = 1e-4


def integrated_calibration_index(truth: Flags, probability: Values) -> float:
    """Mean distance between the probabilities and a logistic curve of what they came to.

    The integrated calibration index (Austin and Steyerberg 2019), with a logistic curve on the log
    odds in place of a local one. Unlike binned errors it has hardly any bias in small samples.
    """
    odds = logit(np.clip(probability, _CLIP, 1 - _CLIP))
    weights, bias = fit_logistic_regression(odds[:, None], truth)
    return float(np.mean(np.abs(expit(odds * weights[0] + bias) - probability)))


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """Calibration of one condition on one source; ``expected`` are the probabilities' mean."""

    condition: str
    source: str
    positives: int
    expected: float
    observed: float
    error: Interval


def calibration_errors(scored: Scored, rounds: int = 100, seed: int = 0) -> list[CalibrationError]:
    """Calibration of every condition and source with ``MIN_POSITIVES`` ECGs of either class."""
    found = []
    for label, id in enumerate(CONDITION_IDS):
        for source, rows in _sources(scored):
            truth, given = scored.labels[rows, label], scored.probability[rows, label]
            if min(truth.sum(), (~truth).sum()) < MIN_POSITIVES:
                continue
            rng = np.random.default_rng(seed)
            draws = (rng.integers(len(truth), size=len(truth)) for _ in range(rounds))
            values = [integrated_calibration_index(truth[d], given[d]) for d in draws]
            low, high = np.percentile(values, [2.5, 97.5])
            error = Interval(integrated_calibration_index(truth, given), float(low), float(high))
            mean = float(given.mean()), float(truth.mean())
            found.append(CalibrationError(id, source, int(truth.sum()), *mean, error))
    return found


@dataclass(frozen=True, slots=True)
class Bound:
    """What a bound on a condition's misses came to on patients it was not learned from.

    Means of the resplits, with the 5th and 95th percentile. ``missed`` is the share of the
    condition's ECGs that are called unlikely, ``missed_of_certain`` that of those that are not
    left open, ``open`` the share of all ECGs that are.
    """

    condition: str
    source: str
    strict: bool
    missed: Interval
    missed_of_certain: Interval
    open: Interval


def bounds(scored: Scored, rounds: int = RESPLITS) -> list[Bound]:
    """Learn limits on one half of the patients and count on the other, over resplits.

    Both bounds are conformal risk control (Angelopoulos et al. 2022). The released one holds
    down the misses among all ECGs with the condition; the strict one holds them down among
    those of them that are not left open.
    """
    groups = [("", np.ones(len(scored.source), np.bool_)), *_sources(scored)]
    shares: dict[tuple[str, str, bool], list[tuple[float, float, float]]] = {}
    for learned in resplits(scored.patient, rounds):
        part = scored[learned]
        likely, possible = fit_tiers(part)
        for id in BOUNDED:
            label = scored.ids.index(id)
            for strict in (False, True):
                limit = _strict_limit(part, label, likely[label]) if strict else possible[label]
                given = scored.probability[:, label]
                certain = (given >= likely[label]) & scored.majority[:, label]
                low = given < min(limit, likely[label])
                for name, rows in groups:
                    tested = rows & ~learned
                    counted = _shares(scored.labels[tested, label], certain[tested], low[tested])
                    shares.setdefault((id, name, strict), []).append(counted)
    return [
        Bound(*key, *(_spread(column) for column in np.array(values).T))
        for key, values in shares.items()
        if key[1] == "" or _count(scored, *key[:2]) >= MIN_POSITIVES
    ]


def _strict_limit(scored: Scored, label: int, likely: float) -> float:
    """The greatest limit below which few of the ECGs with the condition that are certain lie."""
    limits = []
    for rows in (np.ones(len(scored.source), np.bool_), *(r for _, r in _sources(scored))):
        true = rows & scored.labels[:, label]
        if true.sum() < MIN_POSITIVES:
            continue
        probability = np.sort(scored.probability[true, label])
        found = int(((probability >= likely) & scored.majority[true, label]).sum())
        # m missed and f found: (m + 1) / (m + f + 1) <= MISSED
        allowed = int(np.floor((MISSED * (found + 1) - 1) / (1 - MISSED)))
        limits.append(float(probability[allowed]) if allowed >= 0 else 0.0)
    return min(limits, default=0.0)


def _shares(truth: Flags, certain: Flags, low: Flags) -> tuple[float, float, float]:
    missed, found = int((truth & low).sum()), int((truth & certain & ~low).sum())
    left_open = ~low & ~certain
    return (
        missed / max(int(truth.sum()), 1),
        missed / max(missed + found, 1),
        float(left_open.mean()) if len(left_open) else 0.0,
    )


def _spread(values: Values) -> Interval:
    low, high = np.percentile(values, [5, 95])
    return Interval(float(values.mean()), float(low), float(high))


def _count(scored: Scored, id: str, source: str) -> int:
    return int(scored.labels[scored.source == source, scored.ids.index(id)].sum())


def _sources(scored: Scored) -> Iterator[tuple[str, Flags]]:
    for name in np.unique(scored.source):
        yield str(name), scored.source == name
