"""Ink inside a narrow complex, of which a path takes one run a column: the rest is joined to it.

Where both flanks of a peak meet, a fine gap between them splits a column into the ink of the tip
and a remainder below. A path that takes the remainder leaves a notch in the peak, or cuts it off.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns, label_strokes
from heartsense.digitizer.trace_extraction.path_following import TracePath
from heartsense.numeric import Indices

MAX_ENCLOSED_PX: Final = PX_PER_MM // 2
"""Columns over which ink may be enclosed. What a complex of a neighbouring row, or a letter,
encloses with the trace is wider."""


def join_enclosed_runs(runs: InkRuns, paths: list[TracePath]) -> tuple[InkRuns, list[TracePath]]:
    """Join to each path the strokes of no path that its runs touch on both sides.

    Parameters
    ----------
    runs : InkRuns
    paths : list of TracePath

    Returns
    -------
    InkRuns
        Each of those runs joined with the path's run in its column.
    list of TracePath
        The same paths through these runs.
    """
    top, bottom = runs.top.copy(), runs.bottom.copy()
    is_free = np.ones(len(runs.column), dtype=bool)
    is_free[np.concatenate([path.runs for path in paths])] = False
    is_joined = np.zeros_like(is_free)
    for path in paths:
        free = np.flatnonzero(is_free & ~is_joined)
        before, here, after = _beside(runs, path, free)
        free, before, here, after = (part[here >= 0] for part in (free, before, here, after))
        left, right = _touch(runs, free, before), _touch(runs, free, after)
        is_enclosed = _of_enclosed_strokes(runs, free, left, right)
        enclosed, own = free[is_enclosed], here[is_enclosed]
        np.minimum.at(top, own, runs.top[enclosed])
        np.maximum.at(bottom, own, runs.bottom[enclosed])
        is_joined[enclosed] = True
    new_index = np.cumsum(~is_joined) - 1
    joined = InkRuns(runs.column, top, bottom, runs.first).select(~is_joined)
    return joined, [replace(path, runs=new_index[path.runs]) for path in paths]


def _of_enclosed_strokes(
    runs: InkRuns, free: Indices, left: NDArray[np.bool_], right: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which free runs belong to short strokes that touch a path on both sides.

    Parameters
    ----------
    runs : InkRuns
    free : int64 array, shape (n,)
        Runs of no path, in columns of the path.
    left, right : bool array, shape (n,)
        Whether each touches the path's run in the column before, and in the one behind.
    """
    is_free = np.zeros(len(runs.column), dtype=bool)
    is_free[free] = True
    stroke = label_strokes(runs.select(is_free))
    count = int(stroke.max(initial=-1)) + 1
    first, last = np.full(count, runs.columns), np.full(count, -1)
    np.minimum.at(first, stroke, runs.column[free])
    np.maximum.at(last, stroke, runs.column[free])
    touches = [np.bincount(stroke, weights=side, minlength=count) > 0 for side in (left, right)]
    return np.asarray((touches[0] & touches[1] & (last - first < MAX_ENCLOSED_PX))[stroke])


def _beside(runs: InkRuns, path: TracePath, chosen: Indices) -> list[Indices]:
    """A path's runs in the column before each chosen run, in its column and behind; -1 for none."""
    of_column = np.full(runs.columns + 2, -1)
    of_column[runs.column[path.runs] + 1] = path.runs
    return [of_column[runs.column[chosen] + side] for side in range(3)]


def _touch(runs: InkRuns, one: Indices, other: Indices) -> NDArray[np.bool_]:
    """Whether runs of neighbouring columns overlap; not where the other is -1."""
    overlap = (runs.top[one] < runs.bottom[other]) & (runs.top[other] < runs.bottom[one])
    return np.asarray((other >= 0) & overlap)
