"""Scores of DS2: beats found and told apart, windows judged, with intervals by patient."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from heartsense.classifier.strip.judgement import judge_lead
from heartsense.classifier.strip.model import StripModel
from heartsense.classifier.strip.window_features import FALSE_BEAT
from training.strips.examples import Example
from training.strips.fit import TARGETS, targets_of

MISSED: Final = "-"
"""Predicted class of a beat that was not found, or taken for a false one."""

KIND_LETTERS: Final = {
    "usual": "N",
    "supraventricular": "S",
    "ventricular": "V",
    "uncertain": "F",
    "false": MISSED,
}
"""The letter that each kind of beat is scored as."""

_ROUNDS: Final = 200


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """Predictions of one window.

    ``true`` and ``given`` are letters of beats: missed beats are given ``MISSED``, false beats are
    truly ``FALSE_BEAT``. ``windows`` are the probabilities of ``TARGETS``, NaN without a beat.
    """

    patient: str
    recording: str
    true: NDArray[np.str_]
    given: NDArray[np.str_]
    windows: NDArray[np.float64]
    truth: NDArray[np.bool_]


def predict(example: Example, model: StripModel) -> Predicted:
    """Predict one window as the served model does."""
    windows = np.full(len(TARGETS), np.nan)
    given: list[str] = []
    if example.lead is not None and len(example.features):
        judged = judge_lead(example.lead, example.features, model)
        given = [KIND_LETTERS[kind] for kind in judged.kinds]
        windows = np.array([judged.probabilities[target] for target in TARGETS])
    true = np.array([*example.classes, *example.missed], dtype="<U1")
    letters = np.array([*given, *MISSED * len(example.missed)], dtype="<U1")
    counted = (true != FALSE_BEAT) | (letters != MISSED)
    return Predicted(
        patient=example.window.patient,
        recording=example.window.recording,
        true=true[counted],
        given=letters[counted],
        windows=windows,
        truth=targets_of(example),
    )


def detection(predicted: Sequence[Predicted]) -> tuple[float, float]:
    """Sensitivity and positive predictive value of finding beats."""
    true, given = _beats(predicted)
    found = (true != FALSE_BEAT) & (given != MISSED)
    return _share(found, true != FALSE_BEAT), _share(found, given != MISSED)


def beat_class(letter: str) -> Callable[[Sequence[Predicted]], tuple[float, float]]:
    """Sensitivity and PPV of one class; missed beats count against the first, false ones too."""

    def score(predicted: Sequence[Predicted]) -> tuple[float, float]:
        true, given = _beats(predicted)
        right = (true == letter) & (given == letter)
        return _share(right, true == letter), _share(right, given == letter)

    return score


def confusion(predicted: Sequence[Predicted]) -> NDArray[np.intp]:
    """Counts, rows N S V F Q and false beats, columns N S V F and missed beats."""
    true, given = _beats(predicted)
    rows, columns = (*"NSVFQ", FALSE_BEAT), (*"NSVF", MISSED)
    return np.array([[int(((true == r) & (given == c)).sum()) for c in columns] for r in rows])


def accuracy_and_j_kappa(predicted: Sequence[Predicted]) -> tuple[float, float]:
    """Accuracy over N S V F, and the mean of j / 4 and Cohen's kappa (Mar et al. 2011).

    j is the sum of the sensitivities and PPVs of S and V. Only beats that were found count, as in
    the published figures, which take the annotated beats' places as given.
    """
    true, given = _beats(predicted)
    both = np.isin(true, list("NSVF")) & (given != MISSED)
    j = sum(sum(beat_class(letter)(predicted)) for letter in "SV")
    kappa = float(cohen_kappa_score(true[both], given[both]))
    return float((true[both] == given[both]).mean()), 0.5 * kappa + 0.5 * j / 4


def auroc(target: str) -> Callable[[Sequence[Predicted]], tuple[float]]:
    """AUROC of one target over the windows; windows without a beat have the lowest score."""
    number = TARGETS.index(target)

    def score(predicted: Sequence[Predicted]) -> tuple[float]:
        truth = np.array([p.truth[number] for p in predicted])
        given = np.nan_to_num(np.array([p.windows[number] for p in predicted]), nan=-1.0)
        if truth.all() or not truth.any():
            return (float("nan"),)
        return (float(roc_auc_score(truth, given)),)

    return score


def intervals(
    score: Callable[[Sequence[Predicted]], tuple[float, ...]], predicted: Sequence[Predicted]
) -> list[tuple[float, float, float]]:
    """Each value with its 95 % interval over bootstrap samples of patients."""
    by_patient: dict[str, list[Predicted]] = {}
    for p in predicted:
        by_patient.setdefault(p.patient, []).append(p)
    patients = list(by_patient.values())
    rng = np.random.default_rng(0)
    draws = [
        score([p for i in rng.integers(len(patients), size=len(patients)) for p in patients[i]])
        for _ in range(_ROUNDS)
    ]
    low, high = np.nanpercentile(np.array(draws), (2.5, 97.5), axis=0)
    return [
        (value, float(a), float(b)) for value, a, b in zip(score(predicted), low, high, strict=True)
    ]


def _beats(predicted: Sequence[Predicted]) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    true = np.concatenate([p.true for p in predicted])
    given = np.concatenate([p.given for p in predicted])
    return true, given


def _share(right: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    return float(right.sum() / max(int(of.sum()), 1))
