"""Vertical runs of ink, the trace's cross-section in each pixel column, and their strokes."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.numeric import Floats, Indices, concatenated_ranges, connected_components

MAX_GRID_LINE_PX: Final = 0.6 * PX_PER_MM
"""Runs of one column that are closer than this, with darkness between them, are joined: removing
a grid line has cut a steep stroke."""

FAINT_SHARE: Final = 0.25
"""Mean darkness of faint ink, relative to the threshold."""

MIN_STROKE_PX: Final = 0.5 * PX_PER_MM
"""Smaller strokes are dust or remains of the grid."""

MIN_OVERLAP_PX: Final = -0.5
"""Overlap of runs in neighbouring columns from which they are one stroke; below 0 is a gap."""


@dataclass(frozen=True, slots=True)
class InkRuns:
    """All runs of ink of a page, ordered by column, then by their tops.

    Those of a column are apart, but for the parts of ink that rows share.

    Attributes
    ----------
    column : int64 array, shape (n,)
        Pixel column of each run.
    top, bottom : float64 arrays, shape (n,)
        Rectified pixels, downwards, interpolated to where the darkness crosses the threshold.
    first : int64 array, shape (columns + 1,)
        Column x holds the runs ``first[x]`` to ``first[x + 1]``, exclusive.
    """

    column: Indices
    top: Floats
    bottom: Floats
    first: Indices

    @property
    def centre(self) -> Floats:
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> Floats:
        return self.bottom - self.top

    @property
    def columns(self) -> int:
        """Width of the page in pixels."""
        return len(self.first) - 1

    def has_ink(self, chosen: Indices) -> NDArray[np.bool_]:
        """In which columns the chosen runs lie, shape (columns,)."""
        inked = np.zeros(self.columns, dtype=bool)
        inked[self.column[chosen]] = True
        return inked

    def select(self, mask: NDArray[np.bool_]) -> "InkRuns":
        """Only the runs of a mask, shape (n,)."""
        counts = np.bincount(self.column[mask], minlength=self.columns)
        first = np.concatenate([[0], np.cumsum(counts)])
        return InkRuns(self.column[mask], self.top[mask], self.bottom[mask], first)


def find_ink_runs(
    ink: FloatImage, threshold: float, before_grid_removal: FloatImage, max_faint_px: int = 0
) -> InkRuns:
    """Find all vertical runs of ink.

    Parameters
    ----------
    ink : float32 array, shape (height, width)
        Darkness without the grid.
    threshold : float
        Darkness above which a pixel is ink.
    before_grid_removal : float32 array, shape (height, width)
        Darkness with the grid, in which strokes are not cut.
    max_faint_px : int
        Longest stretch of faint ink between two runs of one column that joins them: a steep stroke
        along an upright grid line, which was removed with most of it.
    """
    height, width = ink.shape
    # One column after the other: each begins and ends without ink, so the edges alternate.
    inked = np.zeros((width, height + 2), dtype=bool)
    inked[:, 1:-1] = (ink > threshold).T
    flat = inked.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    column, first_row = np.divmod(edges[::2], height + 2)
    last_row = edges[1::2] % (height + 2) - 1
    top = _threshold_crossing(ink, column, first_row - 1, first_row, threshold)
    bottom = _threshold_crossing(ink, column, last_row + 1, last_row, threshold)
    joined = np.zeros(len(column) + 1, dtype=bool)  # run i with the one before it
    close = (np.diff(column) == 0) & (top[1:] - bottom[:-1] < MAX_GRID_LINE_PX)
    between = np.round((top[1:] + bottom[:-1]) / 2).astype(np.int64)
    joined[1:-1] = close & (before_grid_removal[between, column[1:]] > threshold)
    if max_faint_px:
        near = (np.diff(column) == 0) & (last_row[:-1] + max_faint_px >= first_row[1:])
        near[near] = _mean_between(ink, column[1:], last_row[:-1], first_row[1:], near) > (
            FAINT_SHARE * threshold
        )
        joined[1:-1] |= near
    column, top, bottom = column[~joined[:-1]], top[~joined[:-1]], bottom[~joined[1:]]
    counts = np.bincount(column, minlength=width)
    first = np.concatenate([[0], np.cumsum(counts)])
    return InkRuns(column, top, bottom, first)


def _mean_between(
    darkness: FloatImage, column: Indices, above: Indices, below: Indices, chosen: NDArray[np.bool_]
) -> Floats:
    """Mean darkness between the last row above and the first below, of the chosen pairs of runs."""
    first, count = above[chosen] + 1, (below - above - 1)[chosen]
    if not len(count):
        return np.zeros(0)
    row = np.repeat(first, count) + concatenated_ranges(count)
    values = darkness[row, np.repeat(column[chosen], count)].astype(np.float64)
    return np.asarray(np.add.reduceat(values, np.cumsum(count) - count) / np.maximum(count, 1))


def _threshold_crossing(
    darkness: FloatImage, column: Indices, outside: Indices, inside: Indices, threshold: float
) -> Floats:
    """Position of the threshold between a pixel outside a run and its neighbour inside.

    Beyond the page it is as light as paper.
    """
    on_page = np.clip(outside, 0, len(darkness) - 1)
    low = np.where(outside == on_page, darkness[on_page, column], 0.0).astype(float)
    high = darkness[inside, column].astype(float)
    part = (threshold - low) / np.maximum(high - low, 1e-6)
    return np.asarray(outside + part * (inside - outside))


def remove_specks(runs: InkRuns) -> InkRuns:
    """Remove strokes under ``MIN_STROKE_PX`` both ways."""
    return runs.select(stroke_sizes(runs).max(axis=1) >= MIN_STROKE_PX)


def stroke_sizes(runs: InkRuns) -> Floats:
    """Width and height in pixels of the stroke that each run belongs to, shape (n, 2)."""
    label = label_strokes(runs)
    left, right, top, bottom = bounding_boxes(runs, label).T
    return np.column_stack([right - left, bottom - top])[label]


def bounding_boxes(runs: InkRuns, label: Indices) -> Floats:
    """Left, right, top, bottom of each stroke in pixels, shape (strokes, 4)."""
    count = label.max(initial=-1) + 1
    box = np.tile([np.inf, -np.inf, np.inf, -np.inf], (count, 1))
    np.minimum.at(box[:, 0], label, runs.column)
    np.maximum.at(box[:, 1], label, runs.column + 1)
    np.minimum.at(box[:, 2], label, runs.top)
    np.maximum.at(box[:, 3], label, runs.bottom)
    return box


def label_strokes(runs: InkRuns) -> Indices:
    """Label the strokes: connected components of runs that overlap in neighbouring columns."""
    left, right = adjacent_runs(runs)
    return connected_components(len(runs.column), left, right)


def adjacent_runs(runs: InkRuns) -> tuple[Indices, Indices]:
    """Index pairs of runs in neighbouring columns that overlap vertically."""
    order = np.arange(len(runs.column))
    page_height = runs.bottom.max(initial=0.0) + 10.0
    key_top = runs.column * page_height + runs.top  # sorted: column first, then height
    key_bottom = runs.column * page_height + runs.bottom
    next_column = (runs.column + 1) * page_height
    start = np.searchsorted(key_bottom, next_column + runs.top + MIN_OVERLAP_PX)
    stop = np.searchsorted(key_top, next_column + runs.bottom - MIN_OVERLAP_PX)
    counts = np.maximum(stop - start, 0)
    left = np.repeat(order, counts)
    return left, np.repeat(start, counts) + concatenated_ranges(counts)
