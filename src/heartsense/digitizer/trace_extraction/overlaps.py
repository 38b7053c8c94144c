"""Ink that two rows claim: a tall QRS complex that runs into its neighbour's trace."""

from dataclasses import replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.trace_extraction.ink_runs import Runs
from heartsense.digitizer.trace_extraction.path_following import Path

BESIDE: Final = 4
"""Columns on each side of shared ink in which the two traces still lie apart."""


def settle(runs: Runs, paths: list[Path]) -> list[Path]:
    """Give each stretch of shared ink to one row.

    Where a complex runs into the neighbouring trace both are one run of ink. Just beside, the
    complex is already tall and the other trace is not: the taller keeps the ink, the other row is
    bridged.
    """
    kept = [np.ones(len(path.chosen), dtype=bool) for path in paths]
    for a, b in combinations(range(len(paths)), 2):
        shared = np.intersect1d(paths[a].chosen, paths[b].chosen)
        for stretch in _stretches(runs.column[shared]):
            reach = [_reach(runs, paths[i], paths[j], stretch) for i, j in ((a, b), (b, a))]
            loser = a if reach[0] < reach[1] else b
            columns = runs.column[paths[loser].chosen]
            kept[loser] &= (columns < stretch[0]) | (columns > stretch[1])
    return [
        replace(path, chosen=path.chosen[mine]) if mine.sum() > 1 else path
        for path, mine in zip(paths, kept, strict=True)
    ]


def _stretches(columns: NDArray[np.int64]) -> list[tuple[int, int]]:
    """First and last column of each group of neighbouring columns."""
    if not len(columns):
        return []
    cuts = np.flatnonzero(np.diff(columns) > 2)
    firsts = columns[np.concatenate([[0], cuts + 1])]
    lasts = columns[np.concatenate([cuts, [len(columns) - 1]])]
    return [(int(f), int(e)) for f, e in zip(firsts, lasts, strict=True)]


def _reach(runs: Runs, path: Path, other: Path, stretch: tuple[int, int]) -> float:
    """How far the path's own ink beside a stretch reaches towards the other row, pixels."""
    columns = runs.column[path.chosen]
    left = (columns >= stretch[0] - BESIDE) & (columns < stretch[0])
    right = (columns > stretch[1]) & (columns <= stretch[1] + BESIDE)
    beside = path.chosen[left | right]
    if not len(beside):
        return 0.0
    if other.baseline > path.baseline:
        return float((runs.bottom[beside] - path.baseline).max())
    return float((path.baseline - runs.top[beside]).max())
