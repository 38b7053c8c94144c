"""How much the rows of a page run downwards against its grid.

Paper that is fed at an angle is printed aslant: then rows begin, and end, farther to one side the
lower they are. Where creases, or the paper's edge, hide that, all rows fall or rise alike. No heart
does that: of leads that obey Einthoven's law not all can rise.
"""

from itertools import combinations
from typing import Final

import numpy as np

from heartsense.digitizer.trace_extraction.row_traces import RowTraces
from heartsense.numeric import Floats

MIN_ROWS: Final = 3
MAX_END_DEVIATION_PX: Final = 1.5
MAX_END_DIFFERENCE: Final = 0.003
"""Rows whose ends lie on a line, their distance from it, and between the slopes of both lines."""

MIN_END_SLOPE: Final = 0.003
"""Less is within a pixel."""

MAX_CONTRADICTION: Final = 0.01
"""Between that and the median of the slopes of the rows themselves, which may wander."""

PARTS: Final = 4
"""Of a row, each with a level of its own: it may show as many leads. A strip shows one."""

STEP_PX: Final = 6
SLOPES: Final = np.arange(-0.045, 0.0451, 0.0015)
MIN_SLOPE: Final = 0.005
"""Less is within what the grid was followed to."""

MIN_STRIP_SLOPE: Final = 0.01
"""The same of a single row, which may also wander: what is taken from it is a slow trend."""

MIN_ALIKE: Final = 0.75
MAX_DIFFERENCE: Final = 0.006
"""Share of the rows that must fall alike, and between their slopes and the median."""


def print_slope(rows: RowTraces, *, bent: bool) -> float:
    """Pixels down for each to the right, of all rows; 0 where they are level or disagree.

    On flat pages only where rows begin and end tells: their own slope may be a slow trend.
    """
    by_ends = _slope_of_ends(rows)
    if by_ends is None and not bent:
        return 0.0
    slopes = _slopes(rows)
    if by_ends is not None and abs(by_ends) >= MIN_END_SLOPE and len(slopes):
        # Rows that only begin one after the other are level.
        return by_ends if abs(np.median(slopes) - by_ends) <= MAX_CONTRADICTION else 0.0
    return _common_slope(slopes) if bent else 0.0  # ends may lie on the paper's edge


def _slopes(rows: RowTraces) -> Floats:
    """Of each row of which enough is shown."""
    first, last = max(int(rows.start), 0), int(rows.end)
    parts = PARTS if len(rows.centrelines) > 1 else 1
    slopes = [_slope(line[first:last:STEP_PX], parts) for line in rows.centrelines]
    return np.array([slope for slope in slopes if slope is not None])


def _common_slope(shown: Floats) -> float:
    """The slope that all rows share; 0 where they are level or disagree."""
    if not len(shown):
        return 0.0
    middle = float(np.median(shown))
    alike = np.abs(shown - middle) <= MAX_DIFFERENCE
    least = MIN_SLOPE if len(shown) > 1 else MIN_STRIP_SLOPE
    if abs(middle) < least or alike.mean() < MIN_ALIKE:
        return 0.0
    return float(shown[alike].mean())


def _slope_of_ends(rows: RowTraces) -> float | None:
    """The slope by where rows begin and end; None where these are on no two parallel lines."""
    heights = np.array([path.baseline for path in rows.paths])
    if len(heights) < MIN_ROWS:
        return None
    ends = rows.runs.column[np.array([path.runs[[0, -1]] for path in rows.paths])].astype(float)
    slopes = [_slope_of_line(heights, side) for side in ends.T]
    if slopes[0] is None or slopes[1] is None or abs(slopes[0] - slopes[1]) > MAX_END_DIFFERENCE:
        return None
    return (slopes[0] + slopes[1]) / 2


def _slope_of_line(heights: Floats, columns: Floats) -> float | None:
    """How far rows lie to the left for each pixel down (Theil 1950); None for no line."""
    pairs = np.array(list(combinations(range(len(heights)), 2))).T
    pairs = pairs[:, np.diff(heights[pairs], axis=0)[0] != 0]
    if not pairs.size:
        return None
    slope = -float(np.median(np.diff(columns[pairs], axis=0) / np.diff(heights[pairs], axis=0)))
    level = columns + slope * heights
    deviation = np.abs(level - np.median(level))
    is_line = np.mean(deviation <= MAX_END_DEVIATION_PX) >= MIN_ALIKE
    return slope if is_line and np.sum(deviation <= MAX_END_DEVIATION_PX) >= MIN_ROWS else None


def _slope(line: Floats, parts: int) -> float | None:
    """The slope at which most of a row is level; None where too little of it is shown."""
    costs = np.zeros(len(SLOPES))
    count = 0
    for part in np.array_split(np.arange(len(line)), parts):
        x = part[np.isfinite(line[part])]
        if len(x) < len(part) / 2 or not len(x):
            continue
        level = line[x] - STEP_PX * x * SLOPES[:, None]
        middle = np.median(level, axis=1, keepdims=True)
        costs += np.abs(level - middle).mean(axis=1)
        count += 1
    return float(SLOPES[int(np.argmin(costs))]) if count else None
