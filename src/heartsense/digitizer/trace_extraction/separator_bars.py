"""Short thick bars between leads, taken out of the ink before the trace is followed."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.numeric import Indices, true_runs

MIN_WIDTH_PX: Final = 5
"""Narrowest bar; the strokes of a trace are thinner."""

MAX_WIDTH_PX: Final = 2 * PX_PER_MM
MIN_HEIGHT_PX: Final = int(2.5 * PX_PER_MM)
MAX_HEIGHT_PX: Final = 11 * PX_PER_MM
"""Of a bar: some reach from 5 mm above the trace to 5 mm below it."""

MAX_BARS: Final = 400
"""More are a pattern; each is compared with each."""

MIN_ROWS: Final = 3
"""Bars that stand in one column at least."""

MAX_HEIGHT_RATIO: Final = 1.2
"""Between the bars of one column."""

MIN_DISTANCE_PX: Final = 20 * PX_PER_MM
"""Between two columns of bars."""

MAX_OFFSET_PX: Final = PX_PER_MM // 2
"""Between the ends of the bars of one row: each row has its bars at one height."""

BESIDE_PX: Final = 3
"""Columns on each side of a bar in which the trace is looked for."""

BORDER_PX: Final = 3
"""Pixels about a bar that may be taken out with it: its blurred edge."""

MIN_EDGE_FILL: Final = 0.7
"""Part of the height of a bar and its border that its blurred edge fills."""


def remove_separator_bars(
    ink: FloatImage, with_grid: FloatImage, threshold: float
) -> tuple[FloatImage, Indices]:
    """Take out the bars between leads and draw the trace across their places.

    Bars stand in the same columns of several rows, equally tall, and in several columns of a row
    at the same height. The waves of an ECG do not.

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
        A copy of the ink; the ink itself where there are no bars.
    int64 array
        Columns of the bars.
    """
    bars = _bars(_opened(with_grid > threshold))
    bars = bars[_repeated_in_row(bars)] if len(bars) <= MAX_BARS else bars[:0]
    if not len(bars):
        return ink, np.zeros(0, np.int64)
    without = ink.copy()
    for left, right, top, bottom in bars.tolist():
        rows = slice(max(top - BORDER_PX, 0), bottom + BORDER_PX)
        inked = ink[rows] > threshold / 2
        first, last = _with_blurred_edges(inked, left, right)
        without[rows, first:last] = 0.0
        _bridge(without[rows], inked, (first, last), (left, right))
    return without, np.unique(bars[:, :2].mean(axis=1).astype(np.int64))


def _bars(solid: NDArray[np.bool_]) -> Indices:
    """Bars that stand below others of their height: left, right, top, bottom; shape (n, 4)."""
    found = []
    for left, right in true_runs(np.asarray(solid.any(axis=0))).tolist():
        if right - left <= MAX_WIDTH_PX:
            bars = true_runs(np.asarray(solid[:, left:right].any(axis=1)))
            bars = bars[np.diff(bars, axis=1)[:, 0] <= MAX_HEIGHT_PX]
            found += [(left, right, top, bottom) for top, bottom in _alike(bars).tolist()]
    return np.array(found, np.int64).reshape(-1, 4)


def _repeated_in_row(bars: Indices) -> NDArray[np.bool_]:
    """Which bars have another one at their height in a distant column."""
    apart = np.abs(np.subtract.outer(bars[:, 0], bars[:, 0])) >= MIN_DISTANCE_PX
    level = np.abs(bars[:, None, 2:] - bars[None, :, 2:]).max(axis=2, initial=0) <= MAX_OFFSET_PX
    return np.asarray((apart & level).any(axis=1))


def _with_blurred_edges(inked: NDArray[np.bool_], left: int, right: int) -> tuple[int, int]:
    """First column of a bar and the one after its last, with those that its blurred edges fill.

    A wave beside the bar, which fills less of its height, is left.
    """
    fill = inked[:, max(left - BORDER_PX, 0) : right + BORDER_PX].mean(axis=0)
    is_edge = fill >= MIN_EDGE_FILL
    start = max(left - BORDER_PX, 0)
    first, last = left, right
    while first > start and is_edge[first - 1 - start]:
        first -= 1
    while last - start < len(is_edge) and is_edge[last - start]:
        last += 1
    return first, last


def _bridge(
    ink: FloatImage,
    inked: NDArray[np.bool_],
    place: tuple[int, int],
    solid: tuple[int, int],
) -> None:
    """Draw the trace across the place of a bar, in place, from the ink on either side.

    ``place`` are its first column and the one after its last with blurred edges, ``solid``
    without. Where a steep wave comes out of the bar's upper or lower end, it is drawn up to there.
    """
    first, last = place
    sides = (inked[:, max(first - BESIDE_PX, 0) : first], inked[:, last : last + BESIDE_PX])
    ends = _nearest_ends(*(true_runs(np.asarray(side.any(axis=1))) for side in sides))
    if ends is None:
        return
    for column in range(first, last):
        height = round(ends[0] + (ends[1] - ends[0]) * (column - first + 1) / (last - first + 1))
        is_inside = solid[0] <= column < solid[1]  # a name may touch the border
        top = 0 if is_inside and inked[0, column] else max(height - 1, 0)
        bottom = len(ink) if is_inside and inked[-1, column] else height + 1
        ink[top:bottom, column] = 1.0


def _nearest_ends(left: Indices, right: Indices) -> tuple[float, float] | None:
    """Heights at which the runs of ink that are nearest to each other face each other.

    Beside a bar there may also be the name of the lead. None without ink on either side.
    """
    if not len(left) or not len(right):
        return None
    gap = np.maximum(left[:, None, 0] - right[None, :, 1], right[None, :, 0] - left[:, None, 1])
    i, j = np.unravel_index(int(np.argmin(gap)), gap.shape)
    inside = [(begin, end - 1) for begin, end in (left[i], right[j])]
    middles = [float(np.mean(run)) for run in inside]
    return float(np.clip(middles[1], *inside[0])), float(np.clip(middles[0], *inside[1]))


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
    run, reach = moved.copy(), 1
    while reach < length:
        step = min(reach, length - reach)
        run[:-step] &= run[step:]
        reach += step
    run[len(run) - length + 1 :] = False
    return np.moveaxis(run, 0, axis)


def _dilated(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The bars whose upper left corners a mask holds."""
    grown = mask.copy()
    for image, length in ((grown.T, MIN_WIDTH_PX), (grown, MIN_HEIGHT_PX)):
        reach = 1
        while reach < length:
            step = min(reach, length - reach)
            image[step:] |= image[:-step]
            reach += step
    return grown
