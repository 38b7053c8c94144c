"""The centreline of a trace: from a path of ink runs to one height per column.

Ink is the curve dilated by the pen. Eroding the upper edge of the ink by the pen gives a curve
that is right on slopes and at peaks; eroding the lower edge one that is right on slopes and in
valleys (morphological closing and opening, Serra 1982). Where the two differ, the run holds both
flanks of a peak or of a valley, and its side of the local baseline decides; where a peak and a
valley share a run, the nearer tip. A tip too fine to survive the erosion is set half a pen width
inside the ink.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.digitizer.trace_extraction.path_following import FLAT_PAGE, TracePath
from heartsense.numeric import Floats, Indices, centred_windows, true_runs

BASELINE_RADIUS_PX: Final = 6 * PX_PER_MM
"""Radius of the running median for the local baseline: 12 mm, longer than any QRS complex."""

EROSION_ANGLES: Final = np.deg2rad([30.0, 60.0, 90.0])
"""Directions from the pen's centre in which its round tip is sampled."""

PEN_SHARE: Final = 0.7
"""Strokes thinner than this part of the pen's width are not the pen's."""

MAX_THIN_PX: Final = 4
MIN_SPIKE_PX: Final = 0.75 * PX_PER_MM
"""Shorter ones are the uneven edge of a stroke."""

MIN_SIDE_PX: Final = PX_PER_MM
"""How far a run reaches above and below the local baseline to hold a peak and a valley at once."""

TIP_REACH_PX: Final = 2
MIN_TIP_DISTANCE_PX: Final = 0.5
"""Columns beside such runs in which their tips may lie, and between a peak and a valley."""

BESIDE_PX: Final = 2 * PX_PER_MM
"""Distance at which a QRS complex is left again."""

TIP_TOLERANCE_PX: Final = 0.75
"""Columns within this height of the highest one are part of the tip."""


@dataclass(frozen=True, slots=True)
class InkEdges:
    """The ink of one row's trace.

    Attributes
    ----------
    top, bottom : float64 arrays, shape (columns,)
        Rectified pixels, downwards. NaN before the first run, after the last, and in long gaps;
        shorter gaps are interpolated.
    pen : float
        Half the pen's width in pixels.
    """

    top: Floats
    bottom: Floats
    pen: float


def ink_edges(runs: InkRuns, path: TracePath, max_gap_px: int = FLAT_PAGE.max_gap_px) -> InkEdges:
    """The edges of the ink along a path, without strokes that are too thin to be the pen's.

    Gaps longer than ``max_gap_px`` stay open.
    """
    columns = runs.column[path.runs]
    if not len(columns):
        nothing = np.full(runs.columns, np.nan)
        return InkEdges(nothing, nothing, np.nan)
    drawn_top, drawn_bottom = _without_thin_strokes(runs.top[path.runs], runs.bottom[path.runs])
    top = _interpolated(columns, drawn_top, runs.columns, max_gap_px)
    bottom = _interpolated(columns, drawn_bottom, runs.columns, max_gap_px)
    return InkEdges(top, bottom, _pen_radius(bottom - top))


def trace_centreline(
    runs: InkRuns, path: TracePath, max_gap_px: int = FLAT_PAGE.max_gap_px
) -> Floats:
    """Centreline of one row's trace.

    Returns
    -------
    float64 array, shape (columns,)
        Rectified pixels, downwards positive. NaN before the first run, after the last, and in
        gaps longer than ``max_gap_px``; shorter gaps are interpolated.
    """
    if not len(path.runs):
        return np.full(runs.columns, np.nan)
    edges = ink_edges(runs, path, max_gap_px)
    top, bottom, pen = edges.top, edges.bottom, edges.pen
    upper, lower = _eroded(top, pen), -_eroded(-bottom, pen)
    middle = (upper + lower) / 2
    baseline = _local_baseline(middle)
    above = _by_nearest_tip(middle < baseline, top, bottom, baseline, pen)
    height = np.where(lower - upper > pen, np.where(above, upper, lower), middle)
    tall = bottom - top > 3 * pen
    peak = _tips(-top, pen) & tall & above
    valley = _tips(bottom, pen) & tall & ~above
    height[peak] = top[peak] + pen
    height[valley] = bottom[valley] - pen
    return height


def _by_nearest_tip(
    above: NDArray[np.bool_], top: Floats, bottom: Floats, baseline: Floats, pen: float
) -> NDArray[np.bool_]:
    """Which runs lie above, where a peak and a valley are so near that some runs hold both.

    Runs on the peak's side of the middle between both tips lie above, the others below: the
    larger of the two would hide the other.
    """
    height, depth = baseline - top, bottom - baseline
    least = max(3 * pen, MIN_SIDE_PX)
    decided = above.copy()
    for begin, end in true_runs((height > least) & (depth > least)).tolist():
        near = slice(max(begin - TIP_REACH_PX, 0), end + TIP_REACH_PX)
        peak, valley = (_tip(side[near]) + near.start for side in (height, depth))
        is_wave = _returns(height, begin, end) and _returns(depth, begin, end)
        if is_wave and abs(peak - valley) >= MIN_TIP_DISTANCE_PX:
            is_left = np.arange(begin, end) < (peak + valley) / 2
            decided[begin:end] = is_left == (peak < valley)
    return decided


def _tip(extent: Floats) -> float:
    """Mean column at which ink reaches farthest from the baseline."""
    return float(np.flatnonzero(extent >= np.nanmax(extent) - TIP_TOLERANCE_PX).mean())


def _returns(extent: Floats, begin: int, end: int) -> bool:
    """Whether ink reaches less than half as far on both sides: a pulse's edge does not return."""
    left, right = max(begin - BESIDE_PX, 0), min(end + BESIDE_PX, len(extent)) - 1
    farthest = float(np.nanmax(extent[left : right + 1]))
    return bool(np.nanmax(extent[[left, right]], initial=-np.inf) <= farthest / 2)


def _without_thin_strokes(top: Floats, bottom: Floats) -> tuple[Floats, Floats]:
    """The edges of the ink without upright strokes that are thinner than the pen.

    They are remains of the grid: whatever the pen draws is at least as wide as the pen.
    """
    width = int(np.clip(PEN_SHARE * np.percentile(bottom - top, 25), 1, MAX_THIN_PX))
    wide_top, wide_bottom = _closed(top, width), -_closed(-bottom, width)
    return (
        np.where(wide_top - top > MIN_SPIKE_PX, wide_top, top),
        np.where(bottom - wide_bottom > MIN_SPIKE_PX, wide_bottom, bottom),
    )


def _closed(values: Floats, width: int) -> Floats:
    """Fill valleys of the values that are narrower than ``width`` (closing, Serra 1982)."""
    before, after = width // 2, width - 1 - width // 2
    window = np.lib.stride_tricks.sliding_window_view
    highest = window(np.pad(values, (before, after), mode="edge"), width).max(axis=1)
    return np.asarray(window(np.pad(highest, (after, before), mode="edge"), width).min(axis=1))


def _interpolated(columns: Indices, values: Floats, length: int, max_gap_px: int) -> Floats:
    """Values on every column; short gaps interpolated, long ones NaN."""
    every = np.arange(length)
    filled = np.interp(every, columns, values, left=np.nan, right=np.nan)
    after = np.searchsorted(columns, every)
    before = np.clip(after - 1, 0, len(columns) - 1)
    after = np.clip(after, 0, len(columns) - 1)
    filled[columns[after] - columns[before] > max_gap_px] = np.nan
    filled[columns] = values
    return filled


def _pen_radius(run_heights: Floats) -> float:
    """Half the pen's width in pixels: on flat stretches a run is as tall as the pen is wide."""
    return float(np.nanpercentile(run_heights, 25)) / 2


def _eroded(edge: Floats, pen: float) -> Floats:
    """The curve whose dilation by a round pen has this upper edge (y downwards)."""
    result = edge + pen
    for angle in EROSION_ANGLES:
        across, down = pen * np.sin(angle), pen * np.cos(angle)
        for offset in (across, -across):
            result = np.fmax(result, _shifted(edge, offset) + down)
    return np.asarray(result)


def _shifted(values: Floats, offset: float) -> Floats:
    """Values ``offset`` columns further right, linear between columns."""
    whole = int(np.floor(offset))
    part = offset - whole
    margin = abs(whole) + 1
    padded = np.pad(values, margin, mode="edge")
    left = padded[margin + whole :][: len(values)]
    right = padded[margin + whole + 1 :][: len(values)]
    return np.asarray(left * (1 - part) + right * part) if part else left


def _tips(edge: Floats, pen: float) -> NDArray[np.bool_]:
    """Middle column of each local maximum of ``edge`` that is a pen's radius above both sides."""
    near = max(1, round(pen))
    radius = 2 * near + 2
    windows = centred_windows(edge, radius, fill=np.nan)
    highest = np.fmax.reduce(windows[:, radius - near : radius + near + 1], axis=1)
    left, right = windows[:, 0], windows[:, -1]
    is_top = (edge >= highest - TIP_TOLERANCE_PX) & (left < edge - pen) & (right < edge - pen)
    tips = np.zeros(len(edge), dtype=bool)
    tips[(true_runs(is_top).sum(axis=1) - 1) // 2] = True
    return tips


def _local_baseline(values: Floats) -> Floats:
    """Running median, computed once per millimetre and interpolated."""
    step = PX_PER_MM
    windows = centred_windows(values, BASELINE_RADIUS_PX, fill=np.nan)[::step]
    shown = np.isfinite(windows).any(axis=1)
    if not shown.any():
        return np.full(len(values), np.nan)
    medians = np.nanmedian(windows[shown], axis=1)
    return np.interp(np.arange(len(values)), np.flatnonzero(shown) * step, medians)
