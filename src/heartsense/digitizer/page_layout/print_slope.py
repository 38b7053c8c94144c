"""How much the rows of a bent page run downwards against its grid.

Paper that is fed at an angle is printed aslant: all rows fall or rise alike. No heart does that:
of leads that obey Einthoven's law not all can rise.
"""

from typing import Final

import numpy as np

from heartsense.digitizer.trace_extraction.row_traces import RowTraces
from heartsense.numeric import Floats

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


def print_slope(rows: RowTraces) -> float:
    """Pixels down for each to the right, of all rows; 0 where they are level or disagree."""
    first, last = max(int(rows.start), 0), int(rows.end)
    parts = PARTS if len(rows.centrelines) > 1 else 1
    slopes = [_slope(line[first:last:STEP_PX], parts) for line in rows.centrelines]
    shown = np.array([slope for slope in slopes if slope is not None])
    if not len(shown):
        return 0.0
    middle = float(np.median(shown))
    alike = np.abs(shown - middle) <= MAX_DIFFERENCE
    least = MIN_SLOPE if len(shown) > 1 else MIN_STRIP_SLOPE
    if abs(middle) < least or alike.mean() < MIN_ALIKE:
        return 0.0
    return float(shown[alike].mean())


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
