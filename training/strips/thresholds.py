"""Thresholds of the words, from predictions out of fold on the training patients."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.ensemble import TierMeans
from heartsense.classifier.strip.findings import statuses_of
from heartsense.classifier.strip.model import FIBRILLATION, Tiers
from heartsense.classifier.strip.window_features import BEAT_CLASSES, FALSE_BEAT
from heartsense.conditions import Status
from training.sources.record import NORMAL
from training.strips.examples import Example, patients_of_beats
from training.strips.fit import TARGETS, OutOfFold, targets_of

_MIN_PRECISION: Final = 0.75
"""Share of the windows called likely that must be so."""

_MIN_NORMAL_PRECISION: Final = 0.9
"""The same for ``normal``: a false one does more harm."""

_FUSION: Final = 0.5
"""Probability of a fusion beat from which on it is uncertain: DS1's fusion beats are nearly all of
one patient, so that nothing better can be learned from its folds."""

_MIN_BEATS: Final = 10
"""Beats of a class that a patient must have to count when its threshold is chosen."""

_STEP: Final = 0.02
"""Between the thresholds that are tried on each patient."""

_MIN_SENSITIVITY: Final = 0.95
"""Share of the windows with a condition that must not be called unlikely."""

_SOURCE: Final = "mitbih"


def beat_thresholds(
    examples: Sequence[Example], predicted: OutOfFold, fibrillation: float
) -> dict[str, float]:
    """For V, S and false beats the probability with the best F1 score.

    S counts where the rhythm is not called atrial fibrillation, as when served. For V it is the
    best mean over the patients: half of what is falsely called V on DS1 is one patient's.
    """
    patients = patients_of_beats(examples)
    classes = np.concatenate([example.classes for example in examples])
    probabilities = np.concatenate(predicted.beats)
    uneven = predicted.windows[:, TARGETS.index(FIBRILLATION)] >= fibrillation
    sinus = ~np.repeat(uneven, [len(example.classes) for example in examples])
    thresholds = {"F": _FUSION}
    scores = dict(zip(BEAT_CLASSES, probabilities.T, strict=True))
    thresholds["V"] = best_mean_f1(classes == "V", scores["V"], patients)
    thresholds["S"] = best_f1(classes == "S", scores["S"] * sinus)
    thresholds[FALSE_BEAT] = best_f1(classes == FALSE_BEAT, scores[FALSE_BEAT])
    return thresholds


def fibrillation_threshold(examples: Sequence[Example], predicted: OutOfFold) -> float:
    """The probability of atrial fibrillation with the best F1 score."""
    number = TARGETS.index(FIBRILLATION)
    known = np.isfinite(predicted.windows).all(axis=1)
    truth = np.array([targets_of(example)[number] for example in examples])[known]
    return best_f1(truth, predicted.windows[known, number])


def condition_tiers(examples: Sequence[Example], predicted: OutOfFold) -> dict[str, Tiers]:
    """By condition, from which probability on it is possible, and likely."""
    known = np.isfinite(predicted.windows).all(axis=1)
    truth = np.array([targets_of(example) for example in examples])[known]
    tiers = {}
    for number, target in enumerate(TARGETS[:-1]):
        precision = _MIN_NORMAL_PRECISION if target == NORMAL else _MIN_PRECISION
        probability = predicted.windows[known, number]
        likely = max(least_precise(truth[:, number], probability, precision), 0.5)
        possible = float(np.quantile(probability[truth[:, number]], 1 - _MIN_SENSITIVITY))
        tiers[target] = Tiers(round(min(possible, likely), 4), round(likely, 4))
    return tiers


def tier_means(
    truth: NDArray[np.bool_], probabilities: NDArray[np.float64], tiers: Mapping[str, Tiers]
) -> dict[str, dict[Status, TierMeans]]:
    """How many of the windows with each status had the condition.

    Parameters
    ----------
    truth : bool array, shape (windows, len(TARGETS))
    probabilities : float64 array of the same shape
        NaN where a window shows no beat: it is left out.
    tiers : mapping of str to Tiers
        By condition id.
    """
    known = np.isfinite(probabilities).all(axis=1)
    had: dict[str, dict[Status, list[bool]]] = {id: {} for id in tiers}
    for row, true in zip(probabilities[known], truth[known], strict=True):
        for id, status in statuses_of(dict(zip(TARGETS, row, strict=True)), tiers).items():
            had[id].setdefault(status, []).append(bool(true[TARGETS.index(id)]))
    return {
        id: {status: _means(windows) for status, windows in sorted(of_id.items())}
        for id, of_id in had.items()
    }


def _means(had: Sequence[bool]) -> TierMeans:
    share = round(sum(had) / len(had), 4)
    return TierMeans(share, len(had), {_SOURCE: (share, len(had))})


def best_f1(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """The threshold with the best F1 score."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + truth.sum())
    return round(float(score[order[int(np.argmax(f1))]]), 4)


def best_mean_f1(
    truth: NDArray[np.bool_], score: NDArray[np.float64], patients: NDArray[np.str_]
) -> float:
    """The threshold with the best mean of the F1 scores of patients with enough of the class.

    Where no patient has enough, it is that with the best F1 score of all beats.
    """
    names, counts = np.unique(patients[truth], return_counts=True)
    if not (counts >= _MIN_BEATS).any():
        return best_f1(truth, score)
    of_patients = [patients == name for name in names[counts >= _MIN_BEATS]]
    tried = np.arange(_STEP, 1.0, _STEP)
    means = [np.mean([_f1(truth[of], score[of] >= least) for of in of_patients]) for least in tried]
    return round(float(tried[int(np.argmax(means))]), 4)


def _f1(truth: NDArray[np.bool_], given: NDArray[np.bool_]) -> float:
    return 2 * int((truth & given).sum()) / int(truth.sum() + given.sum())


def least_precise(truth: NDArray[np.bool_], score: NDArray[np.float64], precision: float) -> float:
    """The lowest threshold above which at least that share is true; else the highest score."""
    order = np.argsort(-score, kind="stable")
    share = np.cumsum(truth[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(share >= precision)
    return float(score[order[good[-1]]]) if len(good) else float(score.max())
