"""The ends of leads: where one lead of a row gives way to the next, each is read from its own side.

A path follows a row across the border between two leads, where the ink of one ends and that of the
other begins at another height, often within a QRS complex, and a line or tick may hide both. So
near a border the ink is followed anew from within each lead. What a line hides is extrapolated.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.centreline import trace_centreline
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.digitizer.trace_extraction.path_following import (
    TOUCHING_PX,
    TracePath,
    path_breaks,
)
from heartsense.numeric import Floats, Indices, true_runs

NEAR_PX: Final = PX_PER_MM
"""Distance from a border from which on the ink is followed anew."""

CONTEXT_PX: Final = 20 * PX_PER_MM
"""Of a lead, from which the width of the pen and the level of the lead are known."""

MAX_GAP_PX: Final = 1.0 * PX_PER_MM
"""Between two runs of a path that are still taken for one stroke."""

MAX_HIDDEN_PX: Final = PX_PER_MM
"""Width of a line across a rhythm strip up to which a wave can be guessed from both sides."""

SLOPE_WEIGHTS: Final = np.array([0.68, 0.9, 0.8, 0.5, 0.2, 0.0, -0.15, -0.2])
LEVEL_WEIGHTS: Final = np.array([0.14, 0.33, 0.5, 0.65, 0.73, 0.78, 0.8, 0.8])
"""How far a lead follows its last slope, and returns to its level, so many columns (5 ms) after
the last one that is seen: least squares over steep samples of 60 records of PTB-XL."""


@dataclass(frozen=True, slots=True)
class LeadEnd:
    """One end of a lead.

    Attributes
    ----------
    columns : int64 array, shape (n,)
        Pixel columns that are read anew, from the outermost inwards.
    heights : float64 array, shape (n,)
        Rectified pixels, downwards.
    """

    columns: Indices
    heights: Floats


def read_lead_end(
    runs: InkRuns, path: TracePath, border: int, step: int, hidden: NDArray[np.bool_], max_gap: int
) -> tuple[int, Floats] | None:
    """Read the end of a lead from within.

    Parameters
    ----------
    runs : InkRuns
    path : TracePath
        Of the row.
    border : int
        Outermost column of the lead.
    step : int
        1 at the end of a lead, -1 at its beginning.
    hidden : bool array, shape (columns,)
        Columns of lines and ticks.
    """
    columns = runs.column[path.runs]
    if not _breaks_near(runs, path, border):
        return None
    inner = border - step * NEAR_PX
    while 0 <= inner < runs.columns and hidden[inner]:
        inner -= step
    inside = (columns - inner) * step
    chosen = path.runs[(inside <= 0) & (inside > -CONTEXT_PX)]
    if not len(chosen):
        return None
    last = chosen[-1] if step > 0 else chosen[0]
    if abs(int(runs.column[last]) - inner) > NEAR_PX:
        return None
    followed = _followed(runs, path, int(last), border, step, hidden)
    chosen = np.concatenate([chosen, followed] if step > 0 else [followed[::-1], chosen])
    first = int(runs.column[chosen[0]])
    length = int(runs.column[chosen[-1]]) - first + 1
    near = InkRuns(
        runs.column[chosen] - first,
        runs.top[chosen],
        runs.bottom[chosen],
        np.searchsorted(runs.column[chosen] - first, np.arange(length + 1)),
    )
    line = trace_centreline(near, TracePath(path.baseline, np.arange(len(chosen)), 0), max_gap)
    start = first + length - 1 if step > 0 else first
    missing = (border - start) * step
    if step < 0:
        line = line[::-1]
    if missing > 0:
        line = np.concatenate([line, _extrapolated(line, missing)])
    keep = min(abs(border - inner) + 1, len(line))
    line = line[-keep:]
    return (border - keep + 1, line) if step > 0 else (border, line[::-1])


def bridged_lines(
    runs: InkRuns, path: TracePath, centreline: Floats, hidden: NDArray[np.bool_], max_gap: int
) -> Floats:
    """A row's centreline, led smoothly across the lines that hide it.

    It is read up to a line from either side; between them it is the cubic with the slopes of both
    (Hermite), which follows a wave whose top a line hides better than a straight line.
    """
    bridged = centreline.copy()
    for first, stop in true_runs(hidden).tolist():
        if stop - first > MAX_HIDDEN_PX or first < 2 or stop > len(centreline) - 2:
            continue
        left = read_lead_end(runs, path, first - 1, 1, hidden, max_gap)
        right = read_lead_end(runs, path, stop, -1, hidden, max_gap)
        if left is None or right is None:
            continue
        (start, before), (_, after) = left, right
        if min(len(before), len(after)) < 2 or not np.isfinite([*before[-2:], *after[:2]]).all():
            continue
        bridged[start:first] = before
        bridged[stop : stop + len(after)] = after
        bridged[first:stop] = _hermite(before[-2:], after[:2], stop - first)
    return bridged


def _hermite(before: Floats, after: Floats, count: int) -> Floats:
    """``count`` heights between two pairs of neighbouring ones."""
    width = count + 1
    at = np.arange(1, width) / width
    slopes = (before[1] - before[0]) * width, (after[1] - after[0]) * width
    return np.asarray(
        (2 * at**3 - 3 * at**2 + 1) * before[1]
        + (at**3 - 2 * at**2 + at) * slopes[0]
        + (3 * at**2 - 2 * at**3) * after[0]
        + (at**3 - at**2) * slopes[1]
    )


def _breaks_near(runs: InkRuns, path: TracePath, border: int) -> bool:
    """Whether the path has a gap or a jump near a border."""
    columns = runs.column[path.runs]
    near = path.runs[np.abs(columns - border) <= NEAR_PX]
    reaches = len(near) > 1 and np.ptp(runs.column[near]) >= 2 * NEAR_PX
    return not reaches or bool(path_breaks(runs, near).any())


def _followed(
    runs: InkRuns, path: TracePath, last: int, border: int, step: int, hidden: NDArray[np.bool_]
) -> Indices:
    """Runs that follow on a run towards the border, each touching the one before it."""
    own = {int(runs.column[run]): int(run) for run in path.runs}
    found: list[int] = []
    for column in range(int(runs.column[last]) + step, border + step, step):
        if not 0 <= column < runs.columns or hidden[column]:
            break
        near = np.arange(runs.first[column], runs.first[column + 1])
        overlap = np.minimum(runs.bottom[near], runs.bottom[last]) - np.maximum(
            runs.top[near], runs.top[last]
        )
        if not len(near):
            continue
        best = int(np.argmax(overlap))
        own_run = np.flatnonzero(near == own.get(column, -1))
        for at in own_run.tolist():
            if overlap[at] >= -TOUCHING_PX or overlap[best] < -TOUCHING_PX:
                best = at
        if overlap[best] < -MAX_GAP_PX:
            break
        if overlap[best] < -TOUCHING_PX and best not in own_run:
            break
        last = int(near[best])
        found.append(last)
    return np.array(found, dtype=np.int64)


def _extrapolated(line: Floats, count: int) -> Floats:
    """Heights that are expected behind the end of a line."""
    level = float(np.nanmedian(line))
    slope = line[-1] - line[-2] if len(line) > 1 else 0.0
    at = np.minimum(np.arange(count), len(SLOPE_WEIGHTS) - 1)
    return np.asarray(line[-1] + SLOPE_WEIGHTS[at] * slope + LEVEL_WEIGHTS[at] * (level - line[-1]))
