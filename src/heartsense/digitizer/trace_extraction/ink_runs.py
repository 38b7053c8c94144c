"""Vertical runs of ink: what a trace looks like in one pixel column."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM, RectifiedPage
from heartsense.numeric import concatenated_ranges, connected_components

MEND: Final = 0.6 * PX_PER_MM
"""Runs of a column closer than this, with darkness between, are one: a grid line that was taken
away cut a steep stroke."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Every run of ink of a sheet, ordered by column, then from top to bottom.

    ``column`` is int64; ``top`` and ``bottom`` are float64 sheet pixels, placed where the darkness
    crosses the threshold, so they are finer than a pixel. ``first[x]`` to ``first[x + 1]`` are the
    runs of column x.
    """

    column: NDArray[np.int64]
    top: NDArray[np.float64]
    bottom: NDArray[np.float64]
    first: NDArray[np.int64]

    @property
    def centre(self) -> NDArray[np.float64]:
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> NDArray[np.float64]:
        return self.bottom - self.top

    @property
    def columns(self) -> int:
        return len(self.first) - 1

    def keep(self, chosen: NDArray[np.bool_]) -> "Runs":
        """The chosen runs alone."""
        counts = np.bincount(self.column[chosen], minlength=self.columns)
        first = np.concatenate([[0], np.cumsum(counts)])
        return Runs(self.column[chosen], self.top[chosen], self.bottom[chosen], first)


def find_runs(sheet: RectifiedPage) -> Runs:
    """All runs of ink of a sheet."""
    dark = np.pad(sheet.ink, ((1, 1), (0, 0))).T
    marked = dark > sheet.threshold
    edges = np.diff(marked.astype(np.int8), axis=1)
    column, before = np.nonzero(edges == 1)
    _, last = np.nonzero(edges == -1)
    top = _crossing(dark, column, before, before + 1, sheet.threshold) - 1.0
    bottom = _crossing(dark, column, last + 1, last, sheet.threshold) - 1.0
    mended = np.zeros(len(column) + 1, dtype=bool)  # whether run i and the one before it are one
    near = (np.diff(column) == 0) & (top[1:] - bottom[:-1] < MEND)
    between = np.round((top[1:] + bottom[:-1]) / 2).astype(np.int64)
    mended[1:-1] = near & (sheet.with_grid[between, column[1:]] > sheet.threshold)
    column, top, bottom = column[~mended[:-1]], top[~mended[:-1]], bottom[~mended[1:]]
    counts = np.bincount(column, minlength=len(dark))
    first = np.concatenate([[0], np.cumsum(counts)])
    return Runs(column, top, bottom, first)


def _crossing(
    dark: NDArray[np.float32],
    column: NDArray[np.int64],
    outside: NDArray[np.int64],
    inside: NDArray[np.int64],
    threshold: float,
) -> NDArray[np.float64]:
    """Where, between a pixel outside and its neighbour inside, the darkness is the threshold."""
    low, high = dark[column, outside].astype(float), dark[column, inside].astype(float)
    part = (threshold - low) / np.maximum(high - low, 1e-6)
    return np.asarray(outside + part * (inside - outside))


def without_specks(runs: Runs) -> Runs:
    """Leave out strokes under half a millimetre either way: dust and remnants of the grid."""
    extent = stroke_extents(runs)
    return runs.keep(extent.max(axis=1) >= 0.5 * PX_PER_MM)


def stroke_extents(runs: Runs) -> NDArray[np.float64]:
    """Width and height in pixels of the connected stroke that each run is part of, shape (n, 2)."""
    label = strokes(runs)
    left, right, top, bottom = bounding_boxes(runs, label).T
    return np.column_stack([right - left, bottom - top])[label]


def bounding_boxes(runs: Runs, label: NDArray[np.int64]) -> NDArray[np.float64]:
    """Left, right, top and bottom of each stroke, shape (strokes, 4)."""
    count = label.max(initial=-1) + 1
    box = np.tile([np.inf, -np.inf, np.inf, -np.inf], (count, 1))
    np.minimum.at(box[:, 0], label, runs.column)
    np.maximum.at(box[:, 1], label, runs.column + 1)
    np.minimum.at(box[:, 2], label, runs.top)
    np.maximum.at(box[:, 3], label, runs.bottom)
    return box


def strokes(runs: Runs) -> NDArray[np.int64]:
    """Label the connected strokes: runs of neighbouring columns that overlap are one stroke."""
    left, right = touching_pairs(runs)
    return connected_components(len(runs.column), left, right)


def touching_pairs(runs: Runs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Index pairs of runs in neighbouring columns that overlap vertically."""
    order = np.arange(len(runs.column))
    big = runs.bottom.max(initial=0.0) + 10.0
    key_top = runs.column * big + runs.top
    key_bottom = runs.column * big + runs.bottom
    start = np.searchsorted(key_bottom, (runs.column + 1) * big + runs.top - 0.5)
    stop = np.searchsorted(key_top, (runs.column + 1) * big + runs.bottom + 0.5)
    counts = np.maximum(stop - start, 0)
    left = np.repeat(order, counts)
    return left, np.repeat(start, counts) + concatenated_ranges(counts)
