"""Short thick bars between leads, taken out of the ink before the trace is followed."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.ink_segmentation import FloatImage
from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.numeric import true_runs

MIN_WIDTH_PX: Final = 5
"""Narrowest bar; the strokes of a trace are thinner."""

MAX_WIDTH_PX: Final = 2 * PX_PER_MM
MIN_HEIGHT_PX: Final = int(2.5 * PX_PER_MM)
MAX_HEIGHT_PX: Final = 8 * PX_PER_MM

MIN_ROWS: Final = 3
"""Bars that stand in one column at least; QRS complexes of three leads are not equally tall."""

MAX_HEIGHT_RATIO: Final = 1.2
"""Between the bars of one column."""

BORDER_PX: Final = 2
"""Pixels about a bar that are taken out with it: its blurred edge."""


def remove_separator_ticks(ink: FloatImage, with_grid: FloatImage, threshold: float) -> FloatImage:
    """Take out the bars that stand in the same columns of several rows.

    Parameters
    ----------
    ink : float32 array, shape (height, width)
        Darkness without the grid.
    with_grid : float32 array, shape (height, width)
        Darkness before the grid was removed, in which no grid line cuts a bar.
    threshold : float
        Darkness in it above which a pixel is ink and no grid.

    Returns
    -------
    float32 array, shape (height, width)
        A copy.
    """
    solid = _opened(with_grid > threshold)
    without = ink.copy()
    for left, right in true_runs(solid.any(axis=0)).tolist():
        if right - left > MAX_WIDTH_PX:
            continue
        bars = true_runs(solid[:, left:right].any(axis=1))
        heights = np.diff(bars, axis=1)[:, 0]
        bars = bars[heights <= MAX_HEIGHT_PX]
        for top, bottom in _alike(bars).tolist():
            rows = slice(max(top - BORDER_PX, 0), bottom + BORDER_PX)
            without[rows, max(left - BORDER_PX, 0) : right + BORDER_PX] = 0.0
    return without


def _alike(bars: NDArray[np.int64]) -> NDArray[np.int64]:
    """The bars whose height most of the others share; none if they are too few."""
    heights = np.diff(bars, axis=1)[:, 0].astype(np.float64)
    if len(bars) < MIN_ROWS:
        return bars[:0]
    ratio = np.abs(np.log(heights / np.median(heights)))
    alike = bars[ratio < np.log(MAX_HEIGHT_RATIO)]
    return alike if len(alike) >= MIN_ROWS else bars[:0]


def _opened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Morphological opening by a bar of the least width and height (Serra 1982)."""
    eroded = _all_within(_all_within(mask, MIN_WIDTH_PX, 1), MIN_HEIGHT_PX, 0)
    return _dilated(eroded)


def _all_within(mask: NDArray[np.bool_], length: int, axis: int) -> NDArray[np.bool_]:
    """True where this pixel and the ``length - 1`` after it are all true."""
    moved = np.moveaxis(mask, axis, 0)
    run = moved.copy()
    for step in range(1, length):
        run[:-step] &= moved[step:]
    run[len(run) - length + 1 :] = False
    return np.moveaxis(run, 0, axis)


def _dilated(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The bars whose upper left corners a mask holds."""
    wide = mask.copy()
    for step in range(1, MIN_WIDTH_PX):
        wide[:, step:] |= mask[:, :-step]
    tall = wide.copy()
    for step in range(1, MIN_HEIGHT_PX):
        tall[step:] |= wide[:-step]
    return tall
