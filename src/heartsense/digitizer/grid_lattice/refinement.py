"""Refinement of a flattened page's lattice: what is left of the bends between its lines.

The lattice is followed on a reduced copy, to about half a rectified pixel: 2.5 ms of a QRS complex.
On the flattened page each line is seen at full resolution, along a whole box.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import GRID_BOX_PX
from heartsense.numeric import Floats, binomial_mean

REACH_PX: Final = 7
"""How far from its place a line is looked for."""

CENTRE_PX: Final = 3
"""Half the width of a line with its soft edges."""

ROW_STEP: Final = 2
"""Every second row along a line is looked at."""

MIN_DARKNESS: Final = 0.05
"""What is less dark than this against the paper beside it is no line."""

MAX_DEVIATION_PX: Final = 1.5
"""A line farther from its neighbours' median is something else, a trace or a bar."""

UNSEEN_WEIGHT: Final = 0.05
"""Of a box side where no line was seen: only its neighbours tell."""

SMOOTH_ROUNDS: Final = 4
"""Means of neighbours, one upon the other, on paper without creases."""


def node_offsets(page: NDArray[np.uint8], *, is_smooth: bool = False) -> Floats:
    """How far the nodes of a flattened page's grid lie from their places.

    Parameters
    ----------
    page : uint8 array, shape (height, width)
        A flattened page, whole boxes; its grid is darker than the paper.
    is_smooth : bool
        Whether the paper has no creases.

    Returns
    -------
    float64 array, shape (rows, columns, 2)
        (x, y) in pixels for each node, those on the edges included.
    """
    rounds = SMOOTH_ROUNDS if is_smooth else 1
    across = _smoothed(_line_offsets(page), rounds)
    down = _smoothed(_line_offsets(page.T), rounds).T
    return np.stack([_between(across), _between(down.T).T], axis=2)


def _line_offsets(page: NDArray[np.uint8]) -> Floats:
    """Offset of each upright line along each box; NaN where none is seen."""
    padded = np.pad(page, ((0, 0), (REACH_PX, REACH_PX + 1)), mode="edge")
    near = np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH_PX + 1, axis=1)
    near = near[::ROW_STEP, ::GRID_BOX_PX]
    boxes = near.reshape(len(page) // GRID_BOX_PX, -1, *near.shape[1:])
    seen = 1.0 - _median_row(boxes) / 255.0
    line = np.maximum(seen - np.percentile(seen, 40, axis=2, keepdims=True), 0.0)
    peak = line.argmax(axis=2)
    at = np.arange(-CENTRE_PX, CENTRE_PX + 1)
    around = np.clip(peak[..., None] + at, 0, 2 * REACH_PX)
    weight = np.take_along_axis(line, around, axis=2)
    centre = (weight * at).sum(axis=2) / np.maximum(weight.sum(axis=2), 1e-9)
    is_seen = (line.max(axis=2) >= MIN_DARKNESS) & (abs(peak - REACH_PX) <= REACH_PX - CENTRE_PX)
    is_seen[:, [0, -1]] = False  # cut by the page's edge
    # A pixel's centre lies half a pixel from its edge, where the node is.
    return np.where(is_seen, peak - REACH_PX + centre + 0.5, np.nan)


def _median_row(boxes: NDArray[np.uint8]) -> Floats:
    """Median over the second axis of bytes; NumPy has fast sorts for wider integers only."""
    half = boxes.shape[1] // 2  # of GRID_BOX_PX / ROW_STEP rows, an even number
    ordered = np.sort(boxes.astype(np.int32), axis=1)
    return np.asarray((ordered[:, half - 1] + ordered[:, half]) / 2)


def _smoothed(offsets: Floats, rounds: int) -> Floats:
    """Means of neighbouring boxes, without what is unlike them; repeated, they reach farther."""
    is_seen = np.isfinite(offsets)
    if not is_seen.any():
        return np.zeros_like(offsets)
    filled = np.where(is_seen, offsets, np.median(offsets[is_seen]))
    padded = np.pad(filled, 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5))
    middle = np.median(windows, axis=(2, 3))
    is_seen &= np.abs(filled - middle) <= MAX_DEVIATION_PX
    values = np.where(is_seen, filled, middle)
    weight = np.where(is_seen, 1.0, UNSEEN_WEIGHT)
    return binomial_mean(values, weight, rounds)


def _between(boxes: Floats) -> Floats:
    """Values at the ends of box sides, from those along them."""
    padded = np.pad(boxes, ((1, 1), (0, 0)), mode="edge")
    return np.asarray((padded[:-1] + padded[1:]) / 2)
