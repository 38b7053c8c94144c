"""From a path of ink runs to one height for each column.

Ink is the curve widened by the pen. On a slope the middle of a run is the curve. At a peak
narrower than the pen a run holds both flanks, and its middle would lie half-way down: there the
curve is the upper edge of the ink, at a valley the lower edge, half a pen inside.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.runs import Runs
from heartsense.digitizer.sheet import PX_PER_MM
from heartsense.digitizer.tracing import REACH, Path

BASELINE_WINDOW: Final = 6 * PX_PER_MM
"""Columns each side whose median is the local baseline: 12 mm, longer than any QRS complex."""

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
    height = (top + bottom) / 2
    tall = bottom - top > 3 * pen
    peak = tall & _stands_out(-top, pen)
    valley = tall & _stands_out(bottom, pen)
    both = peak & valley
    if both.any():
        above = height < _local_median(height)
        peak &= ~both | above
        valley &= ~both | ~above
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


def _stands_out(edge: Floats, pen: float) -> NDArray[np.bool_]:
    """Whether each column is a summit of ``edge`` (upwards positive), higher than both sides."""
    reach = max(1, round(pen))
    away = 2 * reach + 2
    padded = np.pad(edge, away, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * away + 1)
    near = windows[:, away - reach : away + reach + 1]
    left, right = windows[:, 0], windows[:, -1]
    highest = np.fmax.reduce(near, axis=1)
    return (edge >= highest - 0.75) & (left < edge - pen) & (right < edge - pen)


def _local_median(values: Floats) -> Floats:
    """Running median at a coarse step, interpolated: the trend that peaks stand out from."""
    step = PX_PER_MM
    padded = np.pad(values, BASELINE_WINDOW, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * BASELINE_WINDOW + 1)[::step]
    shown = np.isfinite(windows).any(axis=1)
    if not shown.any():
        return np.full(len(values), np.nan)
    medians = np.nanmedian(windows[shown], axis=1)
    return np.interp(np.arange(len(values)), np.flatnonzero(shown) * step, medians)
