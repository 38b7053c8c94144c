"""The calibration pulse: a rectangle one millivolt tall at the start or the end of the rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.digitizer.trace_extraction.path_following import TracePath
from heartsense.numeric import Floats, true_runs

STANDARD_GAINS: Final = (5.0, 10.0, 20.0)
"""mm/mV; the pulse is one millivolt tall."""

MIN_WIDTH_PX, MAX_WIDTH_PX = 1.2 * PX_PER_MM, 12.0 * PX_PER_MM
MIN_HEIGHT_PX: Final = 3.5 * PX_PER_MM
MAX_EDGE_DISTANCE_PX: Final = 35 * PX_PER_MM
"""Distance of the pulse from the first or the last ink of its row."""

MIN_ROW_SHARE: Final = 0.75
"""Share of the rows that show the pulse."""

SURE_ROW_SHARE: Final = 0.5
SURE_WIDTH_PX: Final = 4.0 * PX_PER_MM
"""The same of a pulse that is at least so wide, and of a standard height: of a faint one, or one
that the ink network sees in part, some rows show only an edge."""

MAX_PLATEAU_RANGE_PX: Final = 0.5 * PX_PER_MM
MAX_HEIGHT_DEVIATION: Final = 0.1
"""Relative difference of a row's pulse from the median of all rows."""


BESIDE_PX: Final = PX_PER_MM // 2
MAX_BESIDE: Final = 0.4
"""Height so many columns beside a pulse, relative to it: T waves fall more slowly."""

MAX_EDGE_WIDTH_PX: Final = 1.5 * PX_PER_MM
"""Columns that the edges of all rows' pulses may be apart, and the stroke's own width."""

MAX_STANDARD_DEVIATION: Final = 0.08
"""Relative difference from a standard gain of a pulse that is found by its edges."""


@dataclass(frozen=True, slots=True)
class CalibrationPulse:
    """Columns ``left`` to ``right`` of the pulse, and its height in millimetres."""

    left: int
    right: int
    height_mm: float

    @property
    def width_mm(self) -> float:
        return (self.right - self.left) / PX_PER_MM


def detect_calibration_pulse(
    runs: InkRuns, paths: list[TracePath], centrelines: list[Floats]
) -> CalibrationPulse | None:
    """Detect the pulse that all rows share.

    It stands at the same columns of every row, has a flat top, and is equally tall in all rows.
    No wave of an ECG is that in leads as different as I, II and III. The T waves of a single row
    may be: there the pulse's edges must be upright strokes.

    Parameters
    ----------
    runs : InkRuns
    paths : list of TracePath
        Of each row.
    centrelines : list of float64 arrays, shape (columns,)
        Of each row, pixels downwards; NaN where there is no trace.
    """
    rows = zip(centrelines, paths, strict=True)
    height = np.stack([_height_above_baseline(line, path.baseline) for line, path in rows])
    shown = np.isfinite(height).any(axis=0)
    if not shown.any():
        return None
    first, last = np.flatnonzero(shown)[[0, -1]].tolist()
    min_rows = max(1, round(MIN_ROW_SHARE * len(centrelines)))
    edges = [_tall_runs(runs, path) for path in paths]
    raised = (
        pulse
        for pulse in _raised_pulses(height, first, last, min_rows)
        if len(paths) > 1 or _is_between_edges(edges[0], pulse)
    )
    return (
        next(raised, None)
        or _pulse_between_edges(edges, np.stack(centrelines), first, last, min_rows)
        or _sure_pulse(height, first, last)
    )


def _raised_pulses(
    height: Floats, first: int, last: int, min_rows: int
) -> Iterator[CalibrationPulse]:
    """What is raised, flat and equally tall at the same columns of enough rows."""
    raised = (np.nan_to_num(height, nan=0.0) > MIN_HEIGHT_PX).sum(axis=0) >= min_rows
    for left, right in true_runs(raised).tolist():
        if _may_be_pulse(left, right, first, last):
            pulse_height = _pulse_height(height, left, right, min_rows)
            if pulse_height is not None and _falls(height, left, right, pulse_height, min_rows):
                yield CalibrationPulse(left, right, pulse_height / PX_PER_MM)


def _falls(height: Floats, left: int, right: int, pulse_height: float, min_rows: int) -> bool:
    """Whether enough rows are low, or show nothing, on one side at least of what is raised."""
    beside = np.clip([left - BESIDE_PX, right - 1 + BESIDE_PX], 0, height.shape[1] - 1)
    is_low = np.nan_to_num(height[:, beside], nan=0.0) < MAX_BESIDE * pulse_height
    return int(is_low.any(axis=1).sum()) >= min_rows


def _sure_pulse(height: Floats, first: int, last: int) -> CalibrationPulse | None:
    """A pulse that fewer rows show, but is as wide and tall as the standard ones."""
    min_rows = max(2, int(np.ceil(SURE_ROW_SHARE * len(height))))
    for pulse in _raised_pulses(height, first, last, min_rows):
        is_standard = _gain_deviation(pulse.height_mm * PX_PER_MM) < MAX_STANDARD_DEVIATION
        if is_standard and pulse.right - pulse.left >= SURE_WIDTH_PX:
            return pulse
    return None


def _may_be_pulse(left: int, right: int, first: int, last: int) -> bool:
    """Whether it has a pulse's width and is near the first or the last ink."""
    near_edge = left < first + MAX_EDGE_DISTANCE_PX or right > last - MAX_EDGE_DISTANCE_PX
    return near_edge and MIN_WIDTH_PX <= right - left <= MAX_WIDTH_PX


def _tall_runs(runs: InkRuns, path: TracePath) -> Floats:
    """The lower end of a row's run at each column where it is as tall as a pulse, else NaN."""
    foot = np.full(runs.columns, np.nan)
    tall = path.runs[runs.height[path.runs] > MIN_HEIGHT_PX]
    foot[runs.column[tall]] = runs.bottom[tall]
    return foot


def _is_between_edges(foot: Floats, pulse: CalibrationPulse) -> bool:
    """Whether a stroke as tall as a pulse stands at both its ends, by a row's ``_tall_runs``."""
    reach = PX_PER_MM // 2
    return all(
        bool(np.isfinite(foot[max(at - reach, 0) : at + reach + 1]).any())
        for at in (pulse.left, pulse.right)
    )


def _pulse_between_edges(
    edges: list[Floats], centrelines: Floats, first: int, last: int, min_rows: int
) -> CalibrationPulse | None:
    """A pulse of a standard height by its edges.

    Where the trace wanders, or begins beside its zero line, only the edges tell how tall it is.

    Parameters
    ----------
    edges : list of float64 arrays, shape (columns,)
        Of each row, the lower end of each tall run; NaN elsewhere.
    centrelines : float64 array, shape (rows, columns)
    first, last : int
        First and last column of trace.
    min_rows : int
        Rows that must show the pulse.
    """
    reach = PX_PER_MM // 2
    spread = np.ones(2 * reach + 1)
    near = [np.convolve(np.isfinite(foot), spread, mode="same") > 0 for foot in edges]
    shared = true_runs(np.sum(near, axis=0) >= min_rows)
    upright = [(a, b) for a, b in shared.tolist() if b - a <= 2 * reach + MAX_EDGE_WIDTH_PX]
    for left in upright:
        for right in upright:
            outer = ((left[0] + left[1]) // 2, (right[0] + right[1]) // 2)
            if _may_be_pulse(*outer, first, last):
                height = _height_between_edges(edges, centrelines, left, right, min_rows)
                if height is not None:
                    return CalibrationPulse(*outer, height / PX_PER_MM)
    return None


def _height_between_edges(
    edges: list[Floats],
    centrelines: Floats,
    left: tuple[int, int],
    right: tuple[int, int],
    min_rows: int,
) -> float | None:
    """Height of the plateau above the feet of its edges if that is a standard one."""
    plateau = centrelines[:, left[1] : right[0]]
    if plateau.shape[1] < PX_PER_MM // 2:
        return None
    flat = np.ptp(plateau, axis=1) < MAX_PLATEAU_RANGE_PX
    tops = np.where(flat, plateau.mean(axis=1), np.nan)
    heights = [
        _common_height(np.array([_lowest(foot[a:b]) for foot in edges]) - tops, min_rows)
        for a, b in (left, right)
    ]
    is_alone = len(edges) == 1  # one edge of one row may be anything
    standard = [h for h in heights if h is not None and _gain_deviation(h) < MAX_STANDARD_DEVIATION]
    if len(standard) < (2 if is_alone else 1):
        return None
    return min(standard, key=_gain_deviation)


def _lowest(feet: Floats) -> float:
    shown = feet[np.isfinite(feet)]
    return float(shown.max()) if len(shown) else np.nan


def _height_above_baseline(centreline: Floats, baseline: float) -> Floats:
    """Height above the median of the trace, or above the baseline where there is no trace."""
    shown = np.isfinite(centreline).any()
    return (float(np.nanmedian(centreline)) if shown else baseline) - centreline


def _pulse_height(height: Floats, left: int, right: int, min_rows: int) -> float | None:
    """Height of the plateau in pixels if it is flat and equal in enough rows.

    It is measured from the trace left of the pulse, right of it, and from the row's median. Any of
    them may be cut off or covered by a label, so the one closest to a standard gain counts.
    """
    quarter = (right - left) // 4
    plateau = height[:, left + quarter : right - quarter]
    flat = np.ptp(plateau, axis=1) < MAX_PLATEAU_RANGE_PX
    tops = np.where(flat, plateau.mean(axis=1), np.nan)
    near, far = PX_PER_MM // 2, 2 * PX_PER_MM
    feet = [
        _row_medians(height[:, max(left - far, 0) : max(left - near, 0)]),
        _row_medians(height[:, right + near : right + far]),
        np.zeros(len(height)),
    ]
    heights = [_common_height(tops - foot, min_rows) for foot in feet]
    return min((h for h in heights if h is not None), key=_gain_deviation, default=None)


def _row_medians(height: Floats) -> Floats:
    """Median of each row, NaN where hardly any of it is shown."""
    medians = np.full(len(height), np.nan)
    shown = np.isfinite(height).sum(axis=1) > 2
    if shown.any():
        medians[shown] = np.nanmedian(height[shown], axis=1)
    return medians


def _common_height(heights: Floats, min_rows: int) -> float | None:
    """Median of the rows that agree, if there are at least ``min_rows``."""
    heights = heights[np.isfinite(heights)]
    if len(heights) < min_rows:
        return None
    median = np.median(heights)
    agree = np.abs(heights - median) < MAX_HEIGHT_DEVIATION * median
    return float(np.median(heights[agree])) if agree.sum() >= min_rows else None


def _gain_deviation(height: float) -> float:
    """Distance to the nearest standard gain, as a logarithm."""
    return float(np.abs(np.log(np.array(STANDARD_GAINS) * PX_PER_MM / height)).min())
