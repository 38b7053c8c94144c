"""One path a row: the trace followed from run to run across the sheet.

A path is the cheapest chain of runs from left to right (dynamic programming, Viterbi 1967): runs
that touch follow each other for nothing, gaps cost by their size, and staying away from the row's
own baseline costs a little in every column. So a path goes through crossings and steep QRS
complexes, where nearest-pixel tracking would change to a neighbouring trace.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import Runs

REACH: Final = 3 * PX_PER_MM
"""Columns that a break in the trace may span while the path still remembers where it was."""

BREAK: Final = 1.0
"""Cost of any break, and of each column without ink."""
JUMP: Final = 0.6
"""Cost of each millimetre between two runs that do not touch."""
MAX_JUMP: Final = 8.0 * PX_PER_MM
LEAP: Final = 4.0
"""Beyond this gap each millimetre costs so much more that a path rather ends."""
STRAY: Final = 0.015
"""Cost of each millimetre from the baseline, in every column: 33 mm cost as much as no ink."""
EMPTY: Final = 0.5
"""Cost of a column for which the path has no run."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Path:
    """The runs of one row's trace: indices into ``Runs``, in order of their columns."""

    baseline: float
    chosen: Ints
    breaks: int


@dataclass(slots=True)
class _Frontier:
    """Ends of paths that the next column may continue: their runs, columns, and cost by row."""

    run: Ints
    column: Ints
    cost: Floats


def follow(runs: Runs, baselines: list[float]) -> list[Path]:
    """The cheapest path of each row.

    Parameters
    ----------
    baselines : list of float
        Sheet heights, one a row.
    """
    rows = len(baselines)
    base = np.array(baselines)[:, None]
    away = np.maximum(np.maximum(runs.top - base, base - runs.bottom), 0.0)
    stray = STRAY / PX_PER_MM * away
    back = np.full((rows, len(runs.column)), -1, dtype=np.int64)
    free = np.zeros(rows)  # cost of having no run at all so far, or since a break was given up
    free_end = np.full(rows, -1, dtype=np.int64)
    front = _Frontier(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((rows, 0)))
    for x in range(runs.columns):
        new = np.arange(runs.first[x], runs.first[x + 1])
        cost, came = _extend(runs, front, new, x)
        fresh = (free + EMPTY * REACH * 0.5)[:, None]
        take_free = cost > fresh
        back[:, new] = np.where(take_free, free_end[:, None], came)
        cost = np.where(take_free, fresh, cost) + stray[:, new]
        free, free_end = _rest(free, free_end, front, x)
        front = _advance(runs, front, new, cost, x)
    free, free_end = _rest(free, free_end, front, runs.columns)
    return [_walk(runs, baselines[r], back[r], int(free_end[r])) for r in range(rows)]


def _extend(runs: Runs, front: _Frontier, new: Ints, x: int) -> tuple[Floats, Ints]:
    """Cheapest cost and predecessor of each new run, by row; shapes (rows, new)."""
    rows = front.cost.shape[0]
    if not len(front.run) or not len(new):
        return np.full((rows, len(new)), np.inf), np.full((rows, len(new)), -1)
    gap = np.maximum(
        runs.top[new][None, :] - runs.bottom[front.run][:, None],
        runs.top[front.run][:, None] - runs.bottom[new][None, :],
    )
    skipped = (x - front.column - 1)[:, None]
    apart = np.maximum(gap - 1.0, 0.0)
    leap = np.maximum(apart - MAX_JUMP, 0.0)
    step = (JUMP * apart + LEAP * leap) / PX_PER_MM + BREAK * ((apart > 0) + skipped)
    total = front.cost[:, :, None] + step[None]
    best = np.argmin(total, axis=1)
    cost = np.take_along_axis(total, best[:, None, :], axis=1)[:, 0]
    return cost, front.run[best]


def _rest(free: Floats, free_end: Ints, front: _Frontier, x: int) -> tuple[Floats, Ints]:
    """Let a row have no run in this column; its best end so far is where it may end for good."""
    waiting = free + EMPTY
    if not len(front.run):
        return waiting, free_end
    ended = front.cost + EMPTY * (x - front.column)[None, :]
    best = np.argmin(ended, axis=1)
    cheapest = ended[np.arange(len(free)), best]
    better = cheapest < waiting
    return np.where(better, cheapest, waiting), np.where(better, front.run[best], free_end)


def _advance(runs: Runs, front: _Frontier, new: Ints, cost: Floats, x: int) -> _Frontier:
    """The ends that the next column may continue: the new runs, and young ends nothing touches."""
    young = x - front.column < REACH
    if len(new) and len(front.run):
        touches = (runs.top[new][None, :] <= runs.bottom[front.run][:, None] + 1.0) & (
            runs.bottom[new][None, :] >= runs.top[front.run][:, None] - 1.0
        )
        young &= ~(touches.any(axis=1) & (front.column == x - 1))
    return _Frontier(
        run=np.concatenate([front.run[young], new]),
        column=np.concatenate([front.column[young], np.full(len(new), x)]),
        cost=np.concatenate([front.cost[:, young], cost], axis=1),
    )


def _walk(runs: Runs, baseline: float, back: Ints, end: int) -> Path:
    """Follow the predecessors from the last run to the first."""
    chain = []
    while end >= 0:
        chain.append(end)
        end = int(back[end])
    chosen = np.array(chain[::-1], dtype=np.int64)
    x, top, bottom = runs.column[chosen], runs.top[chosen], runs.bottom[chosen]
    apart = np.maximum(top[1:] - bottom[:-1], top[:-1] - bottom[1:]) > 1.0
    return Path(baseline, chosen, int((apart | (np.diff(x) > 1)).sum()))
