"""The two standard views of an ECG: small grey pictures that look alike for every source.

Each lead is drawn at a size of its own (its root mean square makes a fixed number of pixels):
pages without a known gain and records whose millivolts are lost look like all others. Sizes in
millivolts are the business of the measurements.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG, STRIP
from heartsense.measurements import MedianBeats, find_r_peaks, median_beats
from heartsense.measurements.filters import PROCESSING_RATE, moving_average
from heartsense.measurements.preprocessing import preprocess
from heartsense.views.polyline import draw_polyline

VIEW_SIZE: Final = 224
"""Height and width of a view in pixels: what the picture network reads."""

_PEN: Final = 1.5
_GRID: Final = (
    ("I", "aVR", "V1", "V4"),
    ("II", "aVL", "V2", "V5"),
    ("III", "aVF", "V3", "V6"),
)
_BEAT: Final = (-0.28, 0.48)
"""Seconds round the R peak that a panel of the view of beats shows."""
_BEAT_SIZE: Final = 8.0
_RHYTHM_SIZE: Final = 6.0
"""Pixels of one root mean square."""
_WANDER: Final = 1.2
"""Seconds over which the baseline is averaged and taken out of the view of rhythm."""
_ROWS: Final = 4
_ROW_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a view that shows one lead.

    ``left``, ``top``, ``width`` and ``height`` in pixels; ``start`` and ``end`` in seconds: of
    the ECG's time axis, or from the R peak of every beat if ``beats``.
    """

    lead: str
    left: float
    top: float
    width: float
    height: float
    start: float
    end: float
    beats: bool


@dataclass(frozen=True, slots=True)
class View:
    """A grey picture, uint8, shape (224, 224), black on white, and what lies where in it."""

    pixels: NDArray[np.uint8]
    panels: tuple[Panel, ...]


def standard_views(ecg: ECG, peaks: NDArray[np.intp] | None = None) -> tuple[View, View]:
    """The view of beats and the view of rhythm.

    Parameters
    ----------
    ecg : ECG
    peaks : int array, optional
        R peaks, if they are known already.
    """
    peaks = find_r_peaks(ecg) if peaks is None else peaks
    return view_of_beats(median_beats(ecg, peaks)), view_of_rhythm(ecg)


def view_of_beats(beats: MedianBeats) -> View:
    """Median beats of the twelve leads in a 3x4 grid; an unnamed strip takes lead II's place."""
    width, height = VIEW_SIZE / 4, VIEW_SIZE / 3
    ink = np.zeros((VIEW_SIZE, VIEW_SIZE), dtype=np.float32)
    panels = []
    for row, leads in enumerate(_GRID):
        for column, lead in enumerate(leads):
            name = STRIP if lead == "II" and STRIP in beats.leads else lead
            if name in beats.leads:
                panel = Panel(name, column * width, row * height, width, height, *_BEAT, True)
                _draw(ink, panel, beats.seconds, beats.lead(name), _BEAT_SIZE)
                panels.append(panel)
    return View(_grey(ink), tuple(panels))


def view_of_rhythm(ecg: ECG) -> View:
    """Ten seconds of the lead shown longest (II if in doubt) and of V1, folded in four rows."""
    signal = preprocess(ecg)
    signal = signal - moving_average(signal, round(_WANDER * PROCESSING_RATE))
    seconds = np.arange(len(signal)) / PROCESSING_RATE
    ink = np.zeros((VIEW_SIZE, VIEW_SIZE), dtype=np.float32)
    panels = []
    height = VIEW_SIZE / _ROWS
    for lead, first_row in ((rhythm_lead(ecg), 0), ("V1", _ROWS // 2)):
        if lead not in ecg.leads:
            continue
        for fold in range(_ROWS // 2):
            top, start = (first_row + fold) * height, fold * _ROW_SECONDS
            panel = Panel(lead, 0, top, VIEW_SIZE, height, start, start + _ROW_SECONDS, False)
            _draw(ink, panel, seconds, signal[:, ecg.leads.index(lead)], _RHYTHM_SIZE)
            panels.append(panel)
    return View(_grey(ink), tuple(panels))


def rhythm_lead(ecg: ECG) -> str:
    """The lead that the source shows longest; lead II unless another is clearly longer."""
    coverage = ecg.coverage()
    longest = max(coverage, key=lambda lead: coverage[lead])
    return "II" if coverage.get("II", 0) >= 0.95 * coverage[longest] else longest


def _draw(
    ink: NDArray[np.float32],
    panel: Panel,
    seconds: NDArray[np.float64],
    signal: NDArray[np.floating],
    size: float,
) -> None:
    """One lead in its panel, centred on its median, cut at the panel's edge."""
    shown = signal[np.isfinite(signal)].astype(np.float64)
    if not len(shown):
        return
    middle = np.median(shown)
    spread = np.sqrt(np.mean((shown - middle) ** 2))
    inside = (seconds >= panel.start) & (seconds < panel.end)
    share = (seconds[inside] - panel.start) / (panel.end - panel.start)
    height = (signal[inside] - middle) / max(float(spread), 1e-6) * size
    room = panel.height / 2 - 1
    x = panel.left + share * panel.width - 0.5
    y = panel.top + panel.height / 2 - np.clip(height, -room, room) - 0.5
    draw_polyline(ink, np.column_stack([x, y]), _PEN)


def _grey(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(255 * (1 - ink)).astype(np.uint8)
