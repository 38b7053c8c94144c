"""Windows of MIT-BIH's recordings: what one strip shows, with the truth of its beats."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG
from training.sources.mitbih import AAMI_CLASSES, DS1, DS2, patient_of, read_annotations
from training.sources.mitbih import conditions_of as conditions_of_window
from training.sources.signals import read_record

LEAD: Final = "II"
"""The lead that the strips show: all recordings without a pacemaker have it (MLII)."""

WINDOW_SECONDS: Final = 10.0

TRAINING: Final = tuple(name for name in DS1 if name != "201")
"""DS1 without 201, whose patient is also in DS2 (202)."""

TESTING: Final = DS2


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Ten seconds of one lead.

    Attributes
    ----------
    id : str
        As that of the source's record: ``mitbih/NAME/NUMBER``.
    recording, patient : str
    ecg : ECG
        One lead, in millivolts.
    beats : float64 array, shape (beats,)
        True times of the beats in seconds from the start of the window.
    classes : tuple of str
        AAMI class of each beat: N, S, V, F or Q.
    labels : frozenset of str
        Our conditions.
    rhythms : dict of str to float
        The share of the window that each annotated rhythm takes.
    """

    id: str
    recording: str
    patient: str
    ecg: ECG
    beats: NDArray[np.float64]
    classes: tuple[str, ...]
    labels: frozenset[str]
    rhythms: dict[str, float]

    @property
    def number(self) -> int:
        """Its place in the recording, from 0."""
        return int(self.id.rsplit("/", 1)[1])


def read_windows(data: Path, names: Sequence[str]) -> list[Window]:
    """The windows of recordings of ``mitbih/``, in order."""
    return [window for name in names for window in _windows(data / "mitbih" / name)]


def _windows(path: Path) -> list[Window]:
    whole = read_record(path)
    annotations = read_annotations(path, whole.rate)
    lead = whole.lead(LEAD)
    count = round(WINDOW_SECONDS * whole.rate)
    windows = []
    for number in range(len(lead) // count):
        start, end = number * WINDOW_SECONDS, (number + 1) * WINDOW_SECONDS
        first, last = np.searchsorted(annotations.seconds, (start, end))
        symbols = annotations.symbols[first:last]
        beats = [
            (time - start, AAMI_CLASSES[symbol])
            for time, symbol in zip(annotations.seconds[first:last], symbols, strict=True)
            if symbol in AAMI_CLASSES
        ]
        part = lead[number * count : (number + 1) * count, None]
        windows.append(
            Window(
                id=f"mitbih/{path.name}/{number:03d}",
                recording=path.name,
                patient=patient_of(path.name),
                ecg=ECG(part, whole.rate, (LEAD,)),
                beats=np.array([time for time, _ in beats]),
                classes=tuple(letter for _, letter in beats),
                labels=conditions_of_window(symbols, annotations.rhythms_between(start, end)),
                rhythms=annotations.rhythm_shares(start, end),
            )
        )
    return windows
