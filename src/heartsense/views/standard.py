"""The two standard views of an ECG: small grey images that look alike for every source.

Each lead is scaled so that its root mean square makes a fixed number of pixels, so pages without
a known gain and records without millivolts look like all others. Amplitudes in millivolts reach
the classifiers through the measurements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG, STRIP
from heartsense.measurements import Analysis, MedianBeats, analyse
from heartsense.measurements.beats import AFTER, BEFORE
from heartsense.measurements.preprocessing import PROCESSING_RATE, moving_average
from heartsense.numeric import median
from heartsense.views.polyline import draw_polyline

VIEW_SIZE: Final = 224
"""Height and width of a view in pixels: the input size of the image network."""

_PEN_WIDTH: Final = 1.5
_LEAD_GRID: Final = (
    ("I", "aVR", "V1", "V4"),
    ("II", "aVL", "V2", "V5"),
    ("III", "aVF", "V3", "V6"),
)
_BEAT_WINDOW: Final = (-0.28, 0.48)
"""Seconds from the R peak that a panel of the beat view shows."""
_BEAT_RMS_PX: Final = 8.0
_RHYTHM_RMS_PX: Final = 6.0
"""Pixels that one root mean square of a lead takes."""
_BASELINE_WINDOW: Final = 1.2
"""Seconds of the moving average that is subtracted as baseline in the rhythm view."""
_RHYTHM_ROWS: Final = 4
_SECONDS_PER_ROW: Final = 5.0


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a view that shows one lead.

    ``left``, ``top``, ``width`` and ``height`` are pixels. ``start`` and ``end`` are seconds on
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
    """A grey image, uint8, shape (224, 224), black on white, and the panels in it."""

    pixels: NDArray[np.uint8]
    panels: tuple[Panel, ...]


def standard_views(ecg: ECG | Analysis) -> tuple[View, View]:
    """The beat view and the rhythm view."""
    found = analyse(ecg)
    return beat_view(found.median_beats(BEFORE, AFTER)), rhythm_view(found)


def beat_view(beats: MedianBeats) -> View:
    """Median beats of the twelve leads in a 3x4 grid; an unnamed strip is drawn as lead II."""
    width, height = VIEW_SIZE / 4, VIEW_SIZE / 3
    panels, lines = [], []
    for row, leads in enumerate(_LEAD_GRID):
        for column, lead in enumerate(leads):
            name = STRIP if lead == "II" and STRIP in beats.leads else lead
            if name in beats.leads:
                panel = Panel(
                    name, column * width, row * height, width, height, *_BEAT_WINDOW, True
                )
                lines.append(_line(panel, beats.seconds, beats.lead(name), _BEAT_RMS_PX))
                panels.append(panel)
    return View(_drawn(lines), tuple(panels))


def rhythm_view(found: Analysis) -> View:
    """Ten seconds of the rhythm lead and of V1, in two rows of five seconds each."""
    ecg, signal = found.ecg, found.signal
    seconds = np.arange(len(signal)) / PROCESSING_RATE
    panels, lines = [], []
    height = VIEW_SIZE / _RHYTHM_ROWS
    for lead, first_row in ((rhythm_lead(ecg), 0), ("V1", _RHYTHM_ROWS // 2)):
        if lead not in ecg.leads:
            continue
        column = signal[:, [ecg.leads.index(lead)]]
        baseline = moving_average(column, round(_BASELINE_WINDOW * PROCESSING_RATE))
        values = (column - baseline)[:, 0]
        for fold in range(_RHYTHM_ROWS // 2):
            top, start = (first_row + fold) * height, fold * _SECONDS_PER_ROW
            panel = Panel(lead, 0, top, VIEW_SIZE, height, start, start + _SECONDS_PER_ROW, False)
            lines.append(_line(panel, seconds, values, _RHYTHM_RMS_PX))
            panels.append(panel)
    return View(_drawn(lines), tuple(panels))


def rhythm_lead(ecg: ECG) -> str:
    """The lead that the source shows longest; lead II unless another is over 5 % longer."""
    coverage = ecg.coverage()
    longest = max(coverage, key=lambda lead: coverage[lead])
    return "II" if coverage.get("II", 0) >= 0.95 * coverage[longest] else longest


def _line(
    panel: Panel,
    seconds: NDArray[np.float64],
    signal: NDArray[np.floating],
    rms_px: float,
) -> NDArray[np.float64]:
    """One lead in its panel, centred on its median, clipped at the panel's edge.

    Returns
    -------
    float64 array, shape (n, 2)
        x and y in pixels.
    """
    signal = signal.astype(np.float64)
    known = signal[np.isfinite(signal)]
    if not len(known):
        return np.zeros((0, 2))
    middle = median(known)
    rms = np.sqrt(np.mean((known - middle) ** 2))
    inside = (seconds >= panel.start) & (seconds < panel.end)
    fraction = (seconds[inside] - panel.start) / (panel.end - panel.start)
    height = (signal[inside] - middle) / max(float(rms), 1e-6) * rms_px
    max_height = panel.height / 2 - 1
    x = panel.left + fraction * panel.width - 0.5
    y = panel.top + panel.height / 2 - np.clip(height, -max_height, max_height) - 0.5
    return np.column_stack([x, y])


def _drawn(lines: Sequence[NDArray[np.float64]]) -> NDArray[np.uint8]:
    """The lines on a white view; all at once, which takes a third of the time."""
    ink = np.zeros((VIEW_SIZE, VIEW_SIZE), dtype=np.float32)
    pen_up = np.full((1, 2), np.nan)
    points = np.concatenate([part for line in lines for part in (line, pen_up)] or [pen_up])
    draw_polyline(ink, points, _PEN_WIDTH)
    return np.rint(255 * (1 - ink)).astype(np.uint8)
