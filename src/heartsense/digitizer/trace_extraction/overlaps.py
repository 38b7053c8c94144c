"""Rows that overlap: ink that stays shared, and how much of it is not explained."""

from dataclasses import replace
from itertools import combinations
from typing import Final

import numpy as np

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.digitizer.trace_extraction.path_following import (
    MAX_LEVEL_PENS,
    TracePath,
    pen_width,
)
from heartsense.numeric import Floats, Indices

SIDE_COLUMNS: Final = 4
"""Columns on each side of shared ink in which the two traces are still apart."""

MAX_COMPLEX_PX: Final = 20 * PX_PER_MM
"""No complex is so wide: 0.8 s at 25 mm/s."""

MAX_CROSSING_PX: Final = 3 * PX_PER_MM
"""Level ink that is shared for longer is the trace of one row, which the other has lost."""

MAX_COLUMN_STEP: Final = 2
"""Shared columns up to this far apart are one span."""


def assign_shared_ink(runs: InkRuns, paths: list[TracePath]) -> tuple[list[TracePath], Floats]:
    """Give each span of shared ink to one of the two rows.

    Where a complex runs into a neighbouring trace, both are one run of ink. Just beside it the
    complex is already tall and the other trace is not: the taller one keeps the ink, the other one
    gets a gap, which is bridged later. What is longer than a complex, or level, is none: there a
    row has ended, or lost its trace, and its path went on along the next one.

    Returns
    -------
    list of TracePath
    float64 array, shape (columns,)
        Pixels of ink along which a row has lost its trace: its own goes on before and behind.
    """
    lost, pen = np.zeros(runs.columns), pen_width(runs, paths)
    kept = [np.ones(len(path.runs), dtype=bool) for path in paths]
    for a, b in combinations(range(len(paths)), 2):
        shared = np.intersect1d(paths[a].runs, paths[b].runs, assume_unique=True)
        for first, last in _column_spans(runs.column[shared]):
            here = shared[(runs.column[shared] >= first) & (runs.column[shared] <= last)]
            is_level = np.median(runs.height[here]) < MAX_LEVEL_PENS * pen
            if last - first > (MAX_CROSSING_PX if is_level else MAX_COMPLEX_PX):
                loser = _farther(runs, paths, here, a, b)
                own = runs.column[np.setdiff1d(paths[loser].runs, shared, assume_unique=True)]
                if _is_between(own, first, last):
                    np.add.at(lost, runs.column[here], runs.height[here])
            else:
                reach_a = _reach(runs, paths[a], paths[b], first, last)
                reach_b = _reach(runs, paths[b], paths[a], first, last)
                loser = a if reach_a < reach_b else b
            columns = runs.column[paths[loser].runs]
            kept[loser] &= (columns < first) | (columns > last)
    return [
        replace(path, runs=path.runs[mask]) if mask.sum() > 1 else path
        for path, mask in zip(paths, kept, strict=True)
    ], lost


def unexplained_overlap(
    missed: Floats, centrelines: list[Floats], start: float, end: float
) -> float:
    """How much of the strokes where rows overlap is not explained by any row's curve.

    Parameters
    ----------
    missed : float64 array, shape (columns,)
        Pixels of such strokes (see ``split_shared_ink``), and of ink along which rows lost their
        traces (see ``assign_shared_ink``).
    centrelines : list of float64 arrays, shape (columns,)
        What was read of each row.
    start, end : float
        First and last column of signal.

    Returns
    -------
    float
        Those of the signal over the root of all squared deflections. It is 0 where rows are apart
        or were taken apart, and compares pages of about ten seconds: it grows with the root of
        the length.
    """
    signal = slice(int(start), int(end))
    drawn = [line[signal] for line in centrelines]
    drawn = [line[np.isfinite(line)] for line in drawn]
    power = sum(float(((y - np.median(y)) ** 2).sum()) for y in drawn if len(y))
    return float(missed[signal].sum()) / float(np.sqrt(max(power, 1.0)))


def _is_between(own: Indices, first: int, last: int) -> bool:
    """Whether a row has ink of its own well before and well behind some columns."""
    return bool(
        len(own) and own.min() < first - MAX_COMPLEX_PX and own.max() > last + MAX_COMPLEX_PX
    )


def _farther(runs: InkRuns, paths: list[TracePath], shared: Indices, a: int, b: int) -> int:
    """Which of two rows is farther from their shared ink."""
    centre = runs.centre[shared]
    distance = [float(np.abs(centre - paths[row].baseline).mean()) for row in (a, b)]
    return a if distance[0] > distance[1] else b


def _column_spans(columns: Indices) -> list[tuple[int, int]]:
    """First and last column of each group of neighbouring columns."""
    if not len(columns):
        return []
    cuts = np.flatnonzero(np.diff(columns) > MAX_COLUMN_STEP)
    firsts = columns[np.concatenate([[0], cuts + 1])]
    lasts = columns[np.concatenate([cuts, [len(columns) - 1]])]
    return [(int(f), int(e)) for f, e in zip(firsts, lasts, strict=True)]


def _reach(runs: InkRuns, path: TracePath, other: TracePath, first: int, last: int) -> float:
    """How far the path's ink beside a span reaches towards the other row, in pixels."""
    columns = runs.column[path.runs]
    left = (columns >= first - SIDE_COLUMNS) & (columns < first)
    right = (columns > last) & (columns <= last + SIDE_COLUMNS)
    beside = path.runs[left | right]
    if not len(beside):
        return 0.0
    if other.baseline > path.baseline:
        return float((runs.bottom[beside] - path.baseline).max())
    return float((path.baseline - runs.top[beside]).max())
