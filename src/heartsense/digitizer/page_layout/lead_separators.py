"""Short upright marks that machines draw where one lead ends and the next begins."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import Runs
from heartsense.digitizer.trace_extraction.path_following import Path

Floats = NDArray[np.float64]

NEAR: Final = int(1.2 * PX_PER_MM)
"""Columns on each side of a border in which its mark may stand."""

TALL: Final = 2.0 * PX_PER_MM
WIDE: Final = 7
"""A mark is taller than ``TALL`` and at most this many columns wide; a QRS complex is wider."""


def without_marks(
    runs: Runs, paths: list[Path], curves: list[Floats], borders: Floats
) -> list[Floats]:
    """Bridge each row's curve where most rows have a mark at the same border.

    Parameters
    ----------
    paths, curves : of the rows that are divided into columns
    borders : float64 array
        Sheet columns at which one lead ends and the next begins.
    """
    tall = np.zeros((len(paths), runs.columns), dtype=bool)
    for row, path in enumerate(paths):
        tall[row, runs.column[path.chosen[runs.height[path.chosen] > TALL]]] = True
    marked = tall.sum(axis=0) >= max(2, round(0.6 * len(paths)))
    bridged = [curve.copy() for curve in curves]
    for border in borders:
        columns = _mark(marked, round(float(border)))
        if columns is not None:
            for curve in bridged:
                _bridge(curve, *columns)
    return bridged


def _mark(marked: NDArray[np.bool_], border: int) -> tuple[int, int] | None:
    """First and last column of the mark at a border, None where there is none."""
    first = max(border - NEAR, 0)
    at = np.flatnonzero(marked[first : border + NEAR + 1]) + first
    if not len(at) or at[-1] - at[0] >= WIDE:
        return None
    return int(at[0]) - 2, int(at[-1]) + 2


def _bridge(curve: Floats, first: int, last: int) -> None:
    """Draw a straight line over the columns from ``first`` to ``last``."""
    left, right = first - 1, last + 1
    if left < 0 or right >= len(curve) or not np.isfinite(curve[[left, right]]).all():
        return
    curve[left : right + 1] = np.linspace(curve[left], curve[right], right - left + 1)
