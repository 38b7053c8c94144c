"""Thresholds of the tiers, learned from out-of-fold probabilities, and what each tier means."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.ensemble import TIERS, TierMeans, tiers
from heartsense.conditions import CONDITION_IDS

Flags = NDArray[np.bool_]
Values = NDArray[np.float64]

MIN_SHARE: Final = 0.65
"""Least share of likely ECGs that have the condition, on each source where it can be told."""

_MARGIN: Final = 0.05
"""Sought above ``MIN_SHARE``, since a threshold does a little worse on new patients."""

MISSED: Final[dict[str, float]] = {
    "normal": 0.20,
    "supraventricular_arrhythmia": 0.10,
    "ventricular_arrhythmia": 0.10,
    "myocardial_infarction": 0.10,
    "hypertrophy": 0.25,
    "fusion_or_miscellaneous": 0.20,
}
"""Greatest expected share of a condition's ECGs that is called unlikely."""

MIN_POSITIVES: Final = 10
"""A source with fewer ECGs of a condition tells nothing about it."""

_MIN_LIKELY: Final = 6
"""The same for fewer ECGs above a threshold."""

_ONE_SIDED: Final = 1.645
"""Standard deviations that a normal variable exceeds in 5 % of cases."""

RESPLITS: Final = 200


@dataclass(frozen=True, slots=True)
class Scored:
    """Out-of-fold results of records: arrays of shape (n, labels), and (n,) for the others.

    ``source`` may be coarser than a record's own: several of one database are one. ``ids`` are the
    conditions that the labels stand for.
    """

    probability: Values
    majority: Flags
    labels: Flags
    source: NDArray[np.str_]
    patient: NDArray[np.str_]
    ids: tuple[str, ...] = CONDITION_IDS

    def __getitem__(self, rows: Flags) -> "Scored":
        return Scored(
            self.probability[rows],
            self.majority[rows],
            self.labels[rows],
            self.source[rows],
            self.patient[rows],
            self.ids,
        )


def database_of(source: NDArray[np.str_]) -> NDArray[np.str_]:
    """The database of each record: every source but LUDB is a part of PTB-XL."""
    return np.where(source == "ludb", "LUDB", "PTB-XL")


def fit_tiers(scored: Scored) -> tuple[Values, Values]:
    """Least probabilities of the tiers likely and possible, each of shape (labels,)."""
    labels = range(scored.labels.shape[1])
    likely = np.array([_likely_threshold(scored, label) for label in labels])
    possible = np.array(
        [_possible_threshold(scored, label, MISSED[scored.ids[label]]) for label in labels]
    )
    return likely, np.minimum(possible, likely)


def _likely_threshold(scored: Scored, label: int) -> float:
    """The least probability from which on every source's share is high enough."""
    shares = [
        _threshold_of_share(scored.probability[rows, label], scored.labels[rows, label])
        for source in np.unique(scored.source)
        if scored.labels[rows := scored.majority[:, label] & (scored.source == source), label].sum()
        >= MIN_POSITIVES
    ]
    return max([0.5, *shares])


def _threshold_of_share(probability: Values, truth: Flags) -> float:
    """The least probability above which the share of true ones is enough.

    Where it never is, the least above which so few ECGs are left that it may be. So a source on
    which a condition is rare and hard to tell, as a normal ECG on LUDB, does not forbid it to all.
    """
    order = np.argsort(-probability, kind="stable")
    count = np.arange(1, len(order) + 1)
    share = np.cumsum(truth[order]) / count
    is_enough = share >= MIN_SHARE + _MARGIN
    if not is_enough[_MIN_LIKELY - 1 :].any():
        is_enough = _greatest_share(share, count) >= MIN_SHARE
    enough = np.flatnonzero(is_enough & (count >= _MIN_LIKELY))
    return float(probability[order[enough[-1]]]) if len(enough) else 1.0


def _greatest_share(share: Values, count: NDArray[np.intp]) -> Values:
    """The share that is hardly exceeded, with 95 % confidence (Wilson 1927)."""
    squared = _ONE_SIDED**2 / count
    spread = np.sqrt((share * (1 - share) + squared / 4) * squared)
    return np.asarray((share + squared / 2 + spread) / (1 + squared))


def _possible_threshold(scored: Scored, label: int, missed: float) -> float:
    """Conformal risk control (Angelopoulos et al. 2024): the misses to expect stay below `missed`.

    With n records that have the condition, m of them below the threshold and exchangeable new
    ones, the expected share of misses is at most (m + 1) / (n + 1). The least of the thresholds
    of all sources is taken.
    """
    thresholds = []
    for rows in _groups(scored.source):
        positive = np.sort(scored.probability[rows & scored.labels[:, label], label])
        allowed = int(missed * (len(positive) + 1)) - 1
        if len(positive) >= MIN_POSITIVES and allowed >= 0:
            thresholds.append(float(positive[allowed]))
    return min(thresholds, default=0.0)


def _groups(source: NDArray[np.str_]) -> Iterator[Flags]:
    yield np.ones(len(source), dtype=np.bool_)
    for name in np.unique(source):
        yield source == name


def resplits(patient: NDArray[np.str_], rounds: int = RESPLITS, seed: int = 0) -> Iterator[Flags]:
    """Random halves of the patients to learn from, as masks over the records."""
    rng = np.random.default_rng(seed)
    patients = np.unique(patient)
    for _ in range(rounds):
        learned = rng.permutation(patients)[: len(patients) // 2]
        yield np.isin(patient, learned)


def measure_tiers(scored: Scored, rounds: int = RESPLITS) -> tuple[dict[str, TierMeans], ...]:
    """What the tiers mean on patients that their thresholds were not learned from.

    The thresholds are learned on one half of the patients and the tiers counted on the other, over
    `rounds` resplits; ``records`` is the mean count of a resplit, times two.
    """
    groups = {"": np.ones(len(scored.source), np.bool_)}
    groups |= {str(name): scored.source == name for name in np.unique(scored.source)}
    shape = (scored.labels.shape[1], len(TIERS))
    flagged = {name: np.zeros(shape) for name in groups}
    true = {name: np.zeros(shape) for name in groups}
    for learned in resplits(scored.patient, rounds):
        thresholds = fit_tiers(scored[learned])
        found = tiers(scored.probability, scored.majority, *thresholds)
        for name, rows in groups.items():
            tested = rows & ~learned
            for tier in range(len(TIERS)):
                given = found[tested] == tier
                flagged[name][:, tier] += given.sum(axis=0)
                true[name][:, tier] += (given & scored.labels[tested]).sum(axis=0)

    def mean(name: str, label: int, tier: int) -> tuple[float, int]:
        count = flagged[name][label, tier]
        return round(float(true[name][label, tier] / max(count, 1)), 3), round(2 * count / rounds)

    return tuple(
        {
            TIERS[tier]: TierMeans(
                *mean("", label, tier),
                {name: mean(name, label, tier) for name in groups if name},
            )
            for tier in range(len(TIERS))
        }
        for label in range(shape[0])
    )
