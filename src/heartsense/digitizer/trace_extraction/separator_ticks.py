"""Ticks between leads: short upright strokes through each row where one lead ends.

A tick is a rectangle that reaches above and below its row. Ticks of one column are equally tall,
and each row has its ticks at one height; QRS complexes lean and are not.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns, bounding_boxes
from heartsense.digitizer.trace_extraction.separator_lines import (
    MAX_LINES,
    MIN_LINE_DISTANCE_PX,
)
from heartsense.numeric import Floats, Indices, concatenated_ranges, connected_components

MIN_HEIGHT_PX, MAX_HEIGHT_PX = 2.5 * PX_PER_MM, 12.0 * PX_PER_MM
MIN_WIDTH_PX, MAX_WIDTH_PX = 2, PX_PER_MM
"""Of a tick."""

MAX_UNEVENNESS_PX: Final = 1.5
"""Between the ends of neighbouring runs of a tick."""

MIN_SIDE_SHARE: Final = 0.2
"""Of a tick's height, how far it reaches above and below its row; a pulse stands on it."""

MAX_OFFSET_PX: Final = 2.0
"""Between the middles of the ticks of one column; twice that between the upper ends of those of one
row, and between the heights of all. Less of a wave does not stand out of a tick."""

MIN_ROWS, MIN_ROW_SHARE = 3, 1 / 3
"""With a tick, of all rows."""

MIN_ROWS_OF_COLUMN: Final = 2
"""A wave may hide the others."""

MAX_TALL_RUNS, MAX_RECTANGLES = 4, 400
"""Tall runs per column, and rectangles; more are a pattern, and each is compared with each."""

MIN_COVERED_SHARE: Final = 0.8
"""Of a tick's height that ink covers where a wave hides its ends."""


@dataclass(frozen=True, slots=True)
class SeparatorTicks:
    """The ticks of a page.

    Attributes
    ----------
    columns : int64 array, shape (n, 2)
        First and last column of each column of ticks.
    rows : float64 array, shape (m, 2)
        Top and bottom of the ticks of each row.
    """

    columns: Indices
    rows: Floats


def find_separator_ticks(runs: InkRuns, baselines: list[float]) -> SeparatorTicks | None:
    """Find the ticks between the leads of a page; None where there are none.

    Parameters
    ----------
    runs : InkRuns
    baselines : list of float
        Heights of the rows in pixels, ascending.
    """
    levels = np.array(baselines)
    boxes, rows = _rectangles(runs, levels)
    groups = _columns_of_ticks(boxes, rows)
    every = np.concatenate([*groups, np.zeros(0, dtype=np.int64)])
    marked = np.unique(rows[every])
    if len(groups) > MAX_LINES or len(marked) < max(MIN_ROWS, MIN_ROW_SHARE * len(baselines)):
        return None
    ends = np.array([np.median(boxes[every[rows[every] == row], 2:], axis=0) for row in marked])
    extents = levels[:, None] + np.median(ends - levels[marked, None], axis=0)
    extents[marked] = ends
    columns = [(boxes[group, 0].min(), boxes[group, 1].max() - 1) for group in groups]
    return SeparatorTicks(np.array(columns, dtype=np.int64), extents)


def without_ticks(runs: InkRuns, ticks: SeparatorTicks) -> tuple[InkRuns, Indices]:
    """Take ticks out of the ink.

    Returns
    -------
    InkRuns
        What stands out above and below a tick stays.
    int64 array
        Columns in which something was taken out.
    """
    width = np.diff(ticks.columns, axis=1)[:, 0] + 3
    near = np.zeros(runs.columns, dtype=bool)
    at = np.repeat(ticks.columns[:, 0] - 1, width) + concatenated_ranges(width)
    near[at[(at >= 0) & (at < runs.columns)]] = True
    column, top, bottom = runs.column, runs.top, runs.bottom
    hidden = np.zeros(runs.columns, dtype=bool)
    for above, below in ticks.rows.tolist():
        covered = np.minimum(bottom, below) - np.maximum(top, above)
        is_cut = near[column] & (covered > MIN_COVERED_SHARE * (below - above))
        hidden[column[is_cut]] = True
        upper = is_cut & (above - top > MAX_OFFSET_PX)
        lower = is_cut & (bottom - below > MAX_OFFSET_PX)
        rest = ~is_cut
        column, top, bottom = (
            np.concatenate([column[rest], column[upper], column[lower]]),
            np.concatenate([top[rest], top[upper], np.full(lower.sum(), below)]),
            np.concatenate([bottom[rest], np.full(upper.sum(), above), bottom[lower]]),
        )
    order = np.lexsort((top, column))
    column = column[order]
    first = np.searchsorted(column, np.arange(runs.columns + 1))
    return InkRuns(column, top[order], bottom[order], first), np.flatnonzero(hidden)


def _rectangles(runs: InkRuns, baselines: Floats) -> tuple[Floats, Indices]:
    """Rectangles through rows: left, right, top, bottom, shape (n, 4), and the row of each."""
    is_tall = (runs.height >= MIN_HEIGHT_PX) & (runs.height <= MAX_HEIGHT_PX)
    if is_tall.sum() > MAX_TALL_RUNS * runs.columns:
        return np.zeros((0, 4)), np.zeros(0, dtype=np.int64)
    tall = runs.select(is_tall)
    left, right = _even_neighbours(tall)
    label = connected_components(len(tall.column), left, right)
    boxes = bounding_boxes(tall, label)
    width = boxes[:, 1] - boxes[:, 0]
    row = np.abs(boxes[:, 2:].mean(axis=1)[:, None] - baselines).argmin(axis=1)
    margin = np.minimum(baselines[row] - boxes[:, 2], boxes[:, 3] - baselines[row])
    is_tick = (width >= MIN_WIDTH_PX) & (width <= MAX_WIDTH_PX)
    is_tick &= margin >= MIN_SIDE_SHARE * (boxes[:, 3] - boxes[:, 2])
    if is_tick.sum() > MAX_RECTANGLES:
        return boxes[:0], row[:0]
    boxes, row = boxes[is_tick], row[is_tick]
    is_single = ~_in_pairs(boxes, row)
    return boxes[is_single], row[is_single]


def _even_neighbours(runs: InkRuns) -> tuple[Indices, Indices]:
    """Pairs of runs in neighbouring columns that begin and end at the same height."""
    counts = np.diff(runs.first)[np.minimum(runs.column + 1, runs.columns - 1)]
    counts[runs.column + 1 >= runs.columns] = 0
    left = np.repeat(np.arange(len(runs.column)), counts)
    start = runs.first[np.minimum(runs.column + 1, runs.columns - 1)]
    right = np.repeat(start, counts) + concatenated_ranges(counts)
    even = np.abs(runs.top[left] - runs.top[right]) <= MAX_UNEVENNESS_PX
    even &= np.abs(runs.bottom[left] - runs.bottom[right]) <= MAX_UNEVENNESS_PX
    return left[even], right[even]


def _columns_of_ticks(boxes: Floats, rows: Indices) -> list[Indices]:
    """Rectangles of several rows, one below the other and equally tall, from left to right.

    The column with most of them tells how tall they are, and each row's height.
    """
    middle = boxes[:, :2].mean(axis=1)
    apart, alike = np.abs(np.subtract.outer(middle, middle)), _alike(boxes, rows)
    groups: list[Indices] = []
    free = np.ones(len(boxes), dtype=bool)
    while free.any():
        near = (apart <= MAX_OFFSET_PX) & alike & free & free[:, None]
        box = int(np.argmax([len(np.unique(rows[mates])) for mates in near]))
        group = np.flatnonzero(near[box])
        if len(np.unique(rows[group])) < MIN_ROWS_OF_COLUMN:
            break
        groups.append(group)
        free &= alike[group].all(axis=0) & (apart[box] >= MIN_LINE_DISTANCE_PX)
    return sorted(groups, key=lambda group: float(middle[group[0]]))


def _in_pairs(boxes: Floats, rows: Indices) -> NDArray[np.bool_]:
    """Which have another one nearby in their row at their height: the edges of a pulse."""
    apart = np.abs(np.subtract.outer(boxes[:, 0], boxes[:, 0]))
    near = (apart > MAX_WIDTH_PX) & (apart < MIN_LINE_DISTANCE_PX) & (rows[:, None] == rows)
    return np.asarray((near & _alike(boxes, rows)).any(axis=1))


def _alike(boxes: Floats, rows: Indices) -> NDArray[np.bool_]:
    """Which pairs are equally tall and, in one row, at one height, shape (n, n)."""
    top, bottom = boxes[:, 2], boxes[:, 3]
    height = bottom - top
    alike = np.abs(np.subtract.outer(height, height)) <= 2 * MAX_OFFSET_PX
    level = np.abs(np.subtract.outer(top, top)) <= 2 * MAX_OFFSET_PX
    return np.asarray(alike & (level | (rows[:, None] != rows)))
