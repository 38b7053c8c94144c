"""Path following: the trace of each row, from run to run across the page.

The path of a row is the cheapest chain of ink runs from left to right (dynamic programming,
Viterbi 1967). Runs that touch follow each other at no cost, gaps cost by their size, and distance
from the row's baseline costs a little in every column. So a path stays on its trace at crossings
and steep QRS complexes, where nearest-pixel tracking may change to a neighbouring trace.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.numeric import Floats, Indices, concatenated_ranges

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


MAX_LEVEL_PENS: Final = 3.0
"""Runs less than so many pens tall are level: no part of a complex."""


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


@dataclass(frozen=True, slots=True)
class _Steps:
    """Steps from run to run that can be part of a cheapest path, by their target, then origin.

    Attributes
    ----------
    origin, target : int64 arrays, shape (steps,)
        Indices of runs. Each target has one step at least; if it cannot be reached, the origin is
        the number of runs.
    cost : float64 array, shape (steps,)
    first : int64 array, shape (runs + 1,)
        Run k is reached by the steps ``first[k]`` to ``first[k + 1]``, exclusive.
    """

    origin: Indices
    target: Indices
    cost: Floats
    first: Indices


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
    steps = _possible_steps(runs, costs)
    baseline = np.array(baselines)
    distance = np.maximum(runs.top[:, None] - baseline, baseline - runs.bottom[:, None])
    run_cost = BASELINE_COST_PER_MM / PX_PER_MM * np.maximum(distance, 0.0, out=distance)
    cost, idle = _lowest_costs(runs, steps, run_cost, costs.start)
    last_run = _last_runs(runs, cost, idle)
    # Row by row in memory, since each is followed on its own.
    cost = np.ascontiguousarray(cost.T)
    start = np.ascontiguousarray(idle[runs.column].T) + costs.start
    before = np.ascontiguousarray(last_run[runs.column].T)
    paths = []
    for row, height in enumerate(baselines):
        previous = _predecessors(steps, cost[row], start[row], before[row])
        paths.append(_backtrack(runs, height, previous, int(last_run[-1, row])))
    return paths


def _possible_steps(runs: InkRuns, costs: GapCosts) -> _Steps:
    """Steps that cost no more than ending a path and starting it anew.

    A run that one in the next column touches is left only there; others also across a gap. Ending
    costs ``NO_INK_COST`` a column (one more at most beside the run itself), starting
    ``costs.start``: what costs more is never taken, so traces of other rows are out of reach.
    """
    count, spacing = len(runs.column), runs.bottom.max(initial=0.0) + costs.max_gap_px * PX_PER_MM
    key_top, key_bottom = runs.column * spacing + runs.top, runs.column * spacing + runs.bottom
    origin = np.arange(count)
    found: list[tuple[Indices, Indices, Floats]] = []
    for skipped in range(int(BREAK_COST / NO_INK_COST * costs.start) + 1):
        budget = costs.start + NO_INK_COST * max(skipped, 1) + 1e-6
        left_for_gap = max(budget - BREAK_COST * (skipped + 1), 0.0)
        reach = TOUCHING_PX + left_for_gap * PX_PER_MM / costs.per_mm
        ahead = (runs.column[origin] + skipped + 1) * spacing
        begin = np.searchsorted(key_bottom, ahead + runs.top[origin] - reach)
        counts = np.searchsorted(key_top, ahead + runs.bottom[origin] + reach, "right") - begin
        counts = np.maximum(counts, 0)
        pair = np.repeat(origin, counts)
        target = np.repeat(begin, counts) + concatenated_ranges(counts)
        gap = _gap(runs, pair, target)
        cost = _gap_cost(gap, costs) + BREAK_COST * ((gap > 0) + skipped)
        affordable = cost <= budget
        found.append((pair[affordable], target[affordable], cost[affordable]))
        if not skipped:
            touched = np.zeros(count, dtype=bool)
            touched[pair[gap <= 0]] = True
            origin = np.flatnonzero(~touched)
    return _sorted_steps(found, count)


def _gap(runs: InkRuns, one: Indices, other: Indices) -> Floats:
    """Vertical pixels between runs beyond those of touching ones; 0 where they touch."""
    gap = np.maximum(runs.top[other] - runs.bottom[one], runs.top[one] - runs.bottom[other])
    return np.maximum(gap - TOUCHING_PX, 0.0)


def _gap_cost(gap: Floats, costs: GapCosts) -> Floats:
    excess = np.maximum(gap - MAX_GAP_HEIGHT_PX, 0.0)
    return (costs.per_mm * gap + EXCESS_GAP_COST_PER_MM * excess) / PX_PER_MM


def _sorted_steps(found: list[tuple[Indices, Indices, Floats]], count: int) -> _Steps:
    """The steps by target and origin, with one from nowhere to each run that has none."""
    origin, target, cost = (np.concatenate(part) for part in zip(*found, strict=True))
    unreached = np.flatnonzero(np.bincount(target, minlength=count) == 0)
    origin = np.concatenate([origin, np.full(len(unreached), count)])
    target = np.concatenate([target, unreached])
    cost = np.concatenate([cost, np.zeros(len(unreached))])
    order = np.lexsort((origin, target))
    first = np.concatenate([[0], np.cumsum(np.bincount(target, minlength=count))])
    return _Steps(origin[order], target[order], cost[order], first)


def _lowest_costs(
    runs: InkRuns, steps: _Steps, run_cost: Floats, start: float
) -> tuple[Floats, Floats]:
    """Cost of the cheapest path of each row up to each run, and of having none.

    Returns
    -------
    float64 array, shape (runs + 1, rows)
        The last is infinite.
    float64 array, shape (columns + 2, rows)
        Of having no path before each column, and after one more than all of them.
    """
    cost = np.full((len(run_cost) + 1, run_cost.shape[1]), np.inf)
    idle = np.zeros((runs.columns + 2, run_cost.shape[1]))
    lowest = cost[-1]
    run_bounds, step_bounds = runs.first.tolist(), steps.first[runs.first].tolist()
    step_cost = steps.cost[:, None]
    for x, (here, after) in enumerate(pairwise(idle[:-1])):
        np.minimum(here, lowest, out=after)
        after += NO_INK_COST
        a, b = run_bounds[x], run_bounds[x + 1]
        if a == b:
            lowest = cost[-1]
            continue
        p, q = step_bounds[x], step_bounds[x + 1]
        reached = cost.take(steps.origin[p:q], axis=0)
        reached += step_cost[p:q]
        if q - p > b - a:
            reached = np.minimum.reduceat(reached, steps.first[a:b] - p, axis=0)
        np.minimum(reached, here + start, out=reached)
        reached = np.add(reached, run_cost[a:b], out=cost[a:b])
        lowest = reached[0] if b - a == 1 else np.minimum.reduce(reached)
    np.minimum(idle[-2], lowest, out=idle[-1])
    idle[-1] += NO_INK_COST
    return cost, idle


def _last_runs(runs: InkRuns, cost: Floats, idle: Floats) -> Indices:
    """The last run of the paths whose cost ``idle`` is, of the same shape; -1 for none."""
    last = np.full(idle.shape, -1)
    inked = np.flatnonzero(np.diff(runs.first))
    if len(inked):
        begin = runs.first[inked]
        lowest = np.minimum.reduceat(cost[:-1], begin, axis=0)
        order = np.arange(len(runs.column))[:, None]
        is_lowest = cost[:-1] == np.repeat(lowest, np.diff(runs.first)[inked], axis=0)
        cheapest = np.minimum.reduceat(np.where(is_lowest, order, len(order)), begin, axis=0)
        last[inked + 2] = np.where(lowest < idle[inked + 1], cheapest, -1)
    return np.asarray(np.maximum.accumulate(last, axis=0))


def _predecessors(steps: _Steps, cost: Floats, start: Floats, last_run: Indices) -> Indices:
    """The run before each run on the cheapest path of one row; -1 where it begins."""
    reached = cost.take(steps.origin)
    reached += steps.cost
    lowest = np.minimum.reduceat(reached, steps.first[:-1]) if len(reached) else reached
    best = np.flatnonzero(reached == np.repeat(lowest, np.diff(steps.first)))[::-1]
    previous = np.empty(len(lowest), dtype=np.int64)
    previous[steps.target[best]] = steps.origin[best]  # of equal ones the first stays
    return np.where(lowest > start, last_run, previous)


def _backtrack(runs: InkRuns, baseline: float, previous: Indices, last: int) -> TracePath:
    """Follow the predecessors from the last run to the first."""
    chain, before = [], previous.tolist()
    while last >= 0:
        chain.append(last)
        last = before[last]
    path = np.array(chain[::-1], dtype=np.int64)
    return TracePath(baseline, path, int(path_breaks(runs, path).sum()))


def pen_width(runs: InkRuns, paths: list[TracePath]) -> float:
    """Width of the pen in pixels: on level stretches, a run is as tall as the pen is wide."""
    taken = np.concatenate([path.runs for path in paths])
    return max(float(np.percentile(runs.height[taken], 25)), 1.0) if len(taken) else 1.0


def path_breaks(runs: InkRuns, path: Indices) -> NDArray[np.bool_]:
    """Whether each run of a path and the next do not touch, shape (len(path) - 1,)."""
    x, top, bottom = runs.column[path], runs.top[path], runs.bottom[path]
    gap = np.maximum(top[1:] - bottom[:-1], top[:-1] - bottom[1:])
    return (gap > TOUCHING_PX) | (np.diff(x) > 1)
