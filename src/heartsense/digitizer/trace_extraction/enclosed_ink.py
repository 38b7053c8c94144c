"""Ink inside a narrow complex, of which a path takes one run a column: the rest is joined to it.

Where both flanks of a peak meet, a fine gap between them splits a column into the ink of the tip
and a remainder below. A path that takes the remainder leaves a notch in the peak, or cuts it off.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.digitizer.trace_extraction.path_following import TracePath
from heartsense.numeric import Indices


def join_enclosed_runs(runs: InkRuns, paths: list[TracePath]) -> tuple[InkRuns, list[TracePath]]:
    """Join to each path the runs of no path that its runs touch on both sides.

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
        is_enclosed = (here >= 0) & _touch(runs, free, before) & _touch(runs, free, after)
        enclosed, own = free[is_enclosed], here[is_enclosed]
        np.minimum.at(top, own, runs.top[enclosed])
        np.maximum.at(bottom, own, runs.bottom[enclosed])
        is_joined[enclosed] = True
    new_index = np.cumsum(~is_joined) - 1
    joined = InkRuns(runs.column, top, bottom, runs.first).select(~is_joined)
    return joined, [replace(path, runs=new_index[path.runs]) for path in paths]


def _beside(runs: InkRuns, path: TracePath, chosen: Indices) -> list[Indices]:
    """A path's runs in the column before each chosen run, in its column and behind; -1 for none."""
    of_column = np.full(runs.columns + 2, -1)
    of_column[runs.column[path.runs] + 1] = path.runs
    return [of_column[runs.column[chosen] + side] for side in range(3)]


def _touch(runs: InkRuns, one: Indices, other: Indices) -> NDArray[np.bool_]:
    """Whether runs of neighbouring columns overlap; not where the other is -1."""
    overlap = (runs.top[one] < runs.bottom[other]) & (runs.top[other] < runs.bottom[one])
    return np.asarray((other >= 0) & overlap)
