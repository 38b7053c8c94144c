"""One lead's beats and conditions, by the released model."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.strip.beat_features import beat_features
from heartsense.classifier.strip.lead import Lead, prepare
from heartsense.classifier.strip.model import BEATS, FIBRILLATION, StripModel
from heartsense.classifier.strip.window_features import BEAT_CLASSES, FALSE_BEAT, window_features
from heartsense.ecg import ECG

BeatKind = Literal["usual", "ventricular", "supraventricular", "uncertain", "false"]

MIN_BEATS: Final = 4
"""Beats that a strip must show to be judged: fewer have no usual RR interval or shape."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One beat: the time of its R peak on the ECG's time axis in seconds, and its kind."""

    seconds: float
    kind: BeatKind


@dataclass(frozen=True, slots=True)
class StripJudgement:
    """What one lead shows.

    Attributes
    ----------
    beats : tuple of Beat
        Without those that are likely no beats.
    probabilities : dict of str to float
        By condition id; empty where too few beats are shown.
    fibrillates : bool
        Whether the rhythm looks like atrial fibrillation; no beat comes early in it.
    """

    beats: tuple[Beat, ...]
    probabilities: dict[str, float]
    fibrillates: bool = False

    def count(self, kind: BeatKind) -> int:
        """How many beats are of that kind."""
        return Counter(beat.kind for beat in self.beats)[kind]


@dataclass(frozen=True, slots=True, eq=False)
class BeatsAndRhythm:
    """The kind of each beat that was found, and probabilities by name of the model's trees."""

    kinds: list[BeatKind]
    probabilities: dict[str, float]
    fibrillates: bool


def judge_strip(ecg: ECG, model: StripModel) -> StripJudgement:
    """Judge the first lead of an ECG; nothing is said with fewer than ``MIN_BEATS`` beats."""
    lead = prepare(ecg)
    if len(lead.peaks) < MIN_BEATS:
        return StripJudgement((), {})
    judged = judge_lead(lead, beat_features(lead), model)
    beats = tuple(
        Beat(float(seconds), kind)
        for seconds, kind in zip(lead.seconds, judged.kinds, strict=True)
        if kind != "false"
    )
    if len(beats) < MIN_BEATS:
        return StripJudgement((), {})
    probabilities = {id: judged.probabilities[id] for id in model.tiers}
    return StripJudgement(beats, probabilities, judged.fibrillates)


def judge_lead(lead: Lead, features: NDArray[np.float64], model: StripModel) -> BeatsAndRhythm:
    """Judge a lead with at least one beat.

    Parameters
    ----------
    lead : Lead
    features : float64 array, shape (beats, ...)
        As ``beat_features`` gave them.
    model : StripModel
    """
    of_beats = model.trees[BEATS].probabilities(features)
    row = window_features(lead, features, of_beats)[None, :]
    probabilities = {
        name: float(trees.probabilities(row)[0, 1])
        for name, trees in model.trees.items()
        if name != BEATS
    }
    fibrillates = probabilities[FIBRILLATION] >= model.fibrillation
    kinds = beat_kinds(of_beats, model.beat_thresholds, fibrillates=fibrillates)
    return BeatsAndRhythm(kinds, probabilities, fibrillates)


def beat_kinds(
    probabilities: NDArray[np.float64], thresholds: Mapping[str, float], *, fibrillates: bool
) -> list[BeatKind]:
    """The kind of each beat, from rows of probabilities in the order of ``BEAT_CLASSES``.

    A likely fusion beat is uncertain: one lead cannot tell it from its neighbours. No beat is
    early where all come at random.
    """
    rows = [dict(zip(BEAT_CLASSES, row, strict=True)) for row in probabilities]
    return [_kind(row, thresholds, fibrillates=fibrillates) for row in rows]


def _kind(
    probability: Mapping[str, float], thresholds: Mapping[str, float], *, fibrillates: bool
) -> BeatKind:
    if probability[FALSE_BEAT] >= thresholds[FALSE_BEAT]:
        return "false"
    if probability["F"] >= thresholds["F"]:
        return "uncertain"
    if probability["V"] >= thresholds["V"]:
        return "ventricular"
    if probability["S"] >= thresholds["S"] and not fibrillates:
        return "supraventricular"
    return "usual"
