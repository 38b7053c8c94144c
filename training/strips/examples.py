"""What the model sees of each window, beside the truth: from the signal or from its picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.strip.beat_features import BEAT_FEATURE_NAMES, beat_features
from heartsense.classifier.strip.lead import Lead, prepare
from heartsense.classifier.strip.window_features import FALSE_BEAT
from training.strips.pictures import Reading
from training.strips.windows import Window

TOLERANCE: Final = 0.15
"""Seconds between a true and a found beat that are the same one (ANSI/AAMI EC57)."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One window as it was read.

    Attributes
    ----------
    window : Window
    lead : Lead or None
        None where the picture was refused.
    features : float64 array, shape (found, ...)
    classes : str array, shape (found,)
        True class of each beat found; ``FALSE_BEAT`` where there is none.
    missed : tuple of str
        Classes of the beats that were not found.
    """

    window: Window
    lead: Lead | None
    features: NDArray[np.float64]
    classes: NDArray[np.str_]
    missed: tuple[str, ...]


def patients_of_beats(examples: Sequence[Example]) -> NDArray[np.str_]:
    """The patient of each beat that was found, in the examples' order."""
    counts = [len(example.classes) for example in examples]
    return np.repeat([example.window.patient for example in examples], counts)


def from_signals(windows: Sequence[Window]) -> list[Example]:
    """The windows' own signals."""
    examples = []
    for window in windows:
        lead = prepare(window.ecg)
        examples.append(_example(window, lead, lead.seconds))
    return examples


def from_pictures(windows: Sequence[Window], readings: Mapping[str, Reading]) -> list[Example]:
    """What was read off the windows' pictures; windows without a reading are left out."""
    return [_from_picture(w, readings[w.id]) for w in windows if w.id in readings]


def _from_picture(window: Window, reading: Reading) -> Example:
    if reading.ecg is None:
        return Example(window, None, _no_features(), _no_classes(), window.classes)
    lead = prepare(reading.ecg)
    samples = np.minimum(
        np.rint(lead.seconds * reading.ecg.rate).astype(np.intp), len(reading.true_seconds) - 1
    )
    return _example(window, lead, reading.true_seconds[samples])


def _no_features() -> NDArray[np.float64]:
    return np.zeros((0, len(BEAT_FEATURE_NAMES)))


def _no_classes() -> NDArray[np.str_]:
    return np.zeros(0, dtype="<U1")


def _example(window: Window, lead: Lead, seconds: NDArray[np.float64]) -> Example:
    classes = np.full(len(seconds), FALSE_BEAT, dtype="<U1")
    pairs = match_beats(window.beats, seconds)
    for true, found in pairs:
        classes[found] = window.classes[true]
    hit = {true for true, _ in pairs}
    missed = tuple(c for i, c in enumerate(window.classes) if i not in hit)
    return Example(window, lead, beat_features(lead), classes, missed)


def match_beats(
    true: NDArray[np.float64], found: NDArray[np.float64], tolerance: float = TOLERANCE
) -> list[tuple[int, int]]:
    """Pairs of true and found beats, nearest first, each at most once."""
    if len(true) == 0 or len(found) == 0:
        return []
    distance = np.abs(true[:, None] - found[None, :])
    pairs: list[tuple[int, int]] = []
    for flat in np.argsort(distance, axis=None, kind="stable"):
        i, j = divmod(int(flat), len(found))
        if distance[i, j] > tolerance:
            break
        if all(i != a and j != b for a, b in pairs):
            pairs.append((i, j))
    return sorted(pairs)
