"""From a path of ink runs to one height for each column.

Ink is the curve dilated by the pen. Eroding the upper edge of the ink by the pen gives a curve
that is right on slopes and at peaks, eroding the lower edge one that is right on slopes and at
valleys (closing and opening, Serra 1982). Where they differ a run holds both flanks of a peak or
of a valley, and the side of the baseline it lies on tells which. A tip too fine to survive the
erosion is put back half a pen inside the ink.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import Runs
from heartsense.digitizer.trace_extraction.path_following import REACH, Path
from heartsense.numeric import centred_windows, true_runs

BASELINE_WINDOW: Final = 6 * PX_PER_MM
"""Columns each side whose median is the local baseline: 12 mm, longer than any QRS complex."""

EROSION_ANGLES: Final = np.deg2rad([30.0, 60.0, 90.0])
"""Points of the pen's round tip at which it may touch the edge of the ink."""

Floats = NDArray[np.float64]


def curve(runs: Runs, path: Path) -> Floats:
    """Height of the trace in each column of the sheet, float64, shape (columns,).

    Sheet pixels, downwards positive. NaN before the first run, after the last, and in breaks
    longer than ``REACH``; shorter breaks are bridged by a straight line.
    """
    columns = runs.column[path.chosen]
    if not len(columns):
        return np.full(runs.columns, np.nan)
    top = _bridged(columns, runs.top[path.chosen], runs.columns)
    bottom = _bridged(columns, runs.bottom[path.chosen], runs.columns)
    pen = _pen_radius(bottom - top)
    high, low = _eroded(top, pen), -_eroded(-bottom, pen)
    middle = (high + low) / 2
    raised = middle < _local_median(middle)
    height = np.where(low - high > pen, np.where(raised, high, low), middle)
    tall = bottom - top > 3 * pen
    peak = _tips(-top, pen) & tall & raised
    valley = _tips(bottom, pen) & tall & ~raised
    height[peak] = top[peak] + pen
    height[valley] = bottom[valley] - pen
    return height


def _bridged(columns: NDArray[np.int64], values: Floats, length: int) -> Floats:
    """Values on every column, short breaks interpolated, long ones NaN."""
    every = np.arange(length)
    filled = np.interp(every, columns, values, left=np.nan, right=np.nan)
    after = np.searchsorted(columns, every)
    before = np.clip(after - 1, 0, len(columns) - 1)
    after = np.clip(after, 0, len(columns) - 1)
    filled[columns[after] - columns[before] > REACH] = np.nan
    filled[columns] = values
    return filled


def _pen_radius(heights: Floats) -> float:
    """Half the pen's width in pixels: on flat stretches a run is as tall as the pen is wide."""
    return float(np.nanpercentile(heights, 25)) / 2


def _eroded(edge: Floats, pen: float) -> Floats:
    """The curve whose dilation by a round pen has this upper edge (y downwards)."""
    result = edge + pen
    for angle in EROSION_ANGLES:
        across, down = pen * np.sin(angle), pen * np.cos(angle)
        for offset in (across, -across):
            result = np.fmax(result, _shifted(edge, offset) + down)
    return np.asarray(result)


def _shifted(values: Floats, offset: float) -> Floats:
    """Values read ``offset`` columns further right, linear between columns."""
    whole = int(np.floor(offset))
    part = offset - whole
    reach = abs(whole) + 1
    padded = np.pad(values, reach, mode="edge")
    near = padded[reach + whole :][: len(values)]
    next_ = padded[reach + whole + 1 :][: len(values)]
    return np.asarray(near * (1 - part) + next_ * part) if part else near


def _tips(edge: Floats, pen: float) -> NDArray[np.bool_]:
    """The middle column of each summit of ``edge`` (upwards positive), higher than both sides."""
    reach = max(1, round(pen))
    away = 2 * reach + 2
    windows = centred_windows(edge, away, fill=np.nan)
    highest = np.fmax.reduce(windows[:, away - reach : away + reach + 1], axis=1)
    left, right = windows[:, 0], windows[:, -1]
    summit = (edge >= highest - 0.75) & (left < edge - pen) & (right < edge - pen)
    tips = np.zeros(len(edge), dtype=bool)
    tips[(true_runs(summit).sum(axis=1) - 1) // 2] = True
    return tips


def _local_median(values: Floats) -> Floats:
    """Running median at a coarse step, interpolated: the trend that peaks stand out from."""
    step = PX_PER_MM
    windows = centred_windows(values, BASELINE_WINDOW, fill=np.nan)[::step]
    shown = np.isfinite(windows).any(axis=1)
    if not shown.any():
        return np.full(len(values), np.nan)
    medians = np.nanmedian(windows[shown], axis=1)
    return np.interp(np.arange(len(values)), np.flatnonzero(shown) * step, medians)
