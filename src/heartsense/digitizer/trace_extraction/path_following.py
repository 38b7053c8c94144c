"""Path following: the trace of each row, from run to run across the page.

The path of a row is the cheapest chain of ink runs from left to right (dynamic programming,
Viterbi 1967). Runs that touch follow each other at no cost, gaps cost by their size, and distance
from the row's baseline costs a little in every column. So a path stays on its trace at crossings
and steep QRS complexes, where nearest-pixel tracking may change to a neighbouring trace.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.numeric import Floats, Indices

TOUCHING_PX: Final = 1.0
"""Runs with at most this much between them touch."""

BREAK_COST: Final = 1.0
"""Cost of any break, and of each column without ink that it bridges."""
MAX_GAP_HEIGHT_PX: Final = 8.0 * PX_PER_MM
EXCESS_GAP_COST_PER_MM: Final = 4.0
"""Additional cost beyond ``MAX_GAP_HEIGHT_PX``, at which it is cheaper to end the path."""
BASELINE_COST_PER_MM: Final = 0.015
"""Cost per column of each millimetre from the baseline: 33 mm cost as much as no ink."""
NO_INK_COST: Final = 0.5
"""Cost of each column in which the path has no run."""


@dataclass(frozen=True, slots=True)
class GapCosts:
    """What gaps in a trace cost.

    Attributes
    ----------
    max_gap_px : int
        Columns without ink that a path can bridge.
    per_mm : float
        Cost of each millimetre between two runs that do not touch.
    """

    max_gap_px: int
    per_mm: float

    @property
    def start(self) -> float:
        """Cost of starting a path, or of starting again after a gap it cannot bridge."""
        return NO_INK_COST * self.max_gap_px * 0.5


FLAT_PAGE: Final = GapCosts(max_gap_px=3 * PX_PER_MM, per_mm=0.6)

BENT_PAGE: Final = GapCosts(max_gap_px=6 * PX_PER_MM, per_mm=2.0)
"""Removed grid lines leave longer gaps, and creases and labels are nearer than the trace's end."""


@dataclass(frozen=True, slots=True)
class TracePath:
    """The trace of one row.

    Attributes
    ----------
    baseline : float
        Height of the row in pixels.
    runs : int64 array
        Indices into ``InkRuns``, in order of their columns.
    breaks : int
        Number of places where two successive runs do not touch.
    """

    baseline: float
    runs: Indices
    breaks: int


@dataclass(slots=True)
class _OpenEnds:
    """Runs at which a path may be continued, shape (n,); cost of the paths, shape (rows, n)."""

    run: Indices
    column: Indices
    cost: Floats


@dataclass(slots=True)
class _Idle:
    """Per row: cost of having no open path, and the last run before; -1 if there is none."""

    cost: Floats
    last_run: Indices


def follow_paths(
    runs: InkRuns, baselines: list[float], costs: GapCosts = FLAT_PAGE
) -> list[TracePath]:
    """Find the cheapest path of each row.

    Parameters
    ----------
    runs : InkRuns
    baselines : list of float
        Height of each row in pixels.
    """
    rows = len(baselines)
    baseline = np.array(baselines)[:, None]
    distance = np.maximum(np.maximum(runs.top - baseline, baseline - runs.bottom), 0.0)
    baseline_cost = BASELINE_COST_PER_MM / PX_PER_MM * distance
    predecessor = np.full((rows, len(runs.column)), -1, dtype=np.int64)
    idle = _Idle(np.zeros(rows), np.full(rows, -1, dtype=np.int64))
    ends = _OpenEnds(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((rows, 0)))
    for x in range(runs.columns):
        new = np.arange(runs.first[x], runs.first[x + 1])
        cost, previous = _continue(runs, ends, new, x, costs.per_mm)
        start = (idle.cost + costs.start)[:, None]
        starts = cost > start
        predecessor[:, new] = np.where(starts, idle.last_run[:, None], previous)
        cost = np.where(starts, start, cost) + baseline_cost[:, new]
        idle = _stay_idle(idle, ends, x)
        ends = _next_open_ends(runs, ends, new, cost, x, costs.max_gap_px)
    idle = _stay_idle(idle, ends, runs.columns)
    return [
        _backtrack(runs, baselines[row], predecessor[row], int(idle.last_run[row]))
        for row in range(rows)
    ]


def _continue(
    runs: InkRuns, ends: _OpenEnds, new: Indices, x: int, cost_per_mm: float
) -> tuple[Floats, Indices]:
    """Lowest cost and predecessor of each new run in column x; shapes (rows, new)."""
    rows = ends.cost.shape[0]
    if not len(ends.run) or not len(new):
        return np.full((rows, len(new)), np.inf), np.full((rows, len(new)), -1)
    gap = np.maximum(
        runs.top[new][None, :] - runs.bottom[ends.run][:, None],
        runs.top[ends.run][:, None] - runs.bottom[new][None, :],
    )
    skipped = (x - ends.column - 1)[:, None]
    gap = np.maximum(gap - TOUCHING_PX, 0.0)
    excess = np.maximum(gap - MAX_GAP_HEIGHT_PX, 0.0)
    gap_cost = (cost_per_mm * gap + EXCESS_GAP_COST_PER_MM * excess) / PX_PER_MM
    step = gap_cost + BREAK_COST * ((gap > 0) + skipped)
    total = ends.cost[:, :, None] + step[None]
    best = np.argmin(total, axis=1)
    cost = np.take_along_axis(total, best[:, None, :], axis=1)[:, 0]
    return cost, ends.run[best]


def _stay_idle(idle: _Idle, ends: _OpenEnds, x: int) -> _Idle:
    """Cost of having no run up to column x: idle before, or after the cheapest open end."""
    waiting = idle.cost + NO_INK_COST
    if not len(ends.run):
        return _Idle(waiting, idle.last_run)
    ended = ends.cost + NO_INK_COST * (x - ends.column)[None, :]
    best = np.argmin(ended, axis=1)
    cheapest = ended[np.arange(len(waiting)), best]
    ends_here = cheapest < waiting
    return _Idle(
        np.where(ends_here, cheapest, waiting),
        np.where(ends_here, ends.run[best], idle.last_run),
    )


def _next_open_ends(
    runs: InkRuns, ends: _OpenEnds, new: Indices, cost: Floats, x: int, max_gap_px: int
) -> _OpenEnds:
    """The new runs, and recent ends that none of them touches."""
    kept = x - ends.column < max_gap_px
    if len(new) and len(ends.run):
        touches = (runs.top[new][None, :] <= runs.bottom[ends.run][:, None] + TOUCHING_PX) & (
            runs.bottom[new][None, :] >= runs.top[ends.run][:, None] - TOUCHING_PX
        )
        kept &= ~(touches.any(axis=1) & (ends.column == x - 1))
    return _OpenEnds(
        run=np.concatenate([ends.run[kept], new]),
        column=np.concatenate([ends.column[kept], np.full(len(new), x)]),
        cost=np.concatenate([ends.cost[:, kept], cost], axis=1),
    )


def _backtrack(runs: InkRuns, baseline: float, predecessor: Indices, last: int) -> TracePath:
    """Follow the predecessors from the last run to the first."""
    chain = []
    while last >= 0:
        chain.append(last)
        last = int(predecessor[last])
    path = np.array(chain[::-1], dtype=np.int64)
    return TracePath(baseline, path, int(path_breaks(runs, path).sum()))


def path_breaks(runs: InkRuns, path: Indices) -> NDArray[np.bool_]:
    """Whether each run of a path and the next do not touch, shape (len(path) - 1,)."""
    x, top, bottom = runs.column[path], runs.top[path], runs.bottom[path]
    gap = np.maximum(top[1:] - bottom[:-1], top[:-1] - bottom[1:])
    return (gap > TOUCHING_PX) | (np.diff(x) > 1)
