"""Anti-aliased polylines in plain numpy."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from heartsense.numeric import concatenated_ranges

Floats = NDArray[np.float32]

_ROUNDING = 1e-6


def draw_polyline(ink: Floats, points: NDArray[np.floating], width: float) -> None:
    """Draw a polyline into an image of ink coverage, in place.

    A pixel's coverage is taken from the distance of its centre to the line; where strokes overlap
    the larger coverage stays.

    Parameters
    ----------
    ink : float32 array, shape (height, width), C-contiguous
        Ink coverage of each pixel, 0 to 1. Parts of the line outside the image are clipped.
    points : array, shape (n, 2)
        x and y in pixels, (0, 0) the centre of the first pixel. NaN lifts the pen.
    width : float
        Line width in pixels.
    """
    midpoints, half_vectors = _split_into_pixel_steps(np.asarray(points, dtype=np.float64))
    # The middle of a piece is within half a pixel of a pixel's centre, and its ink ends half a
    # pixel beyond the pen: further pixels are out of its reach.
    reach = np.ceil(width / 2 + np.abs(half_vectors) + _ROUNDING).astype(np.intp)
    nearest = int(np.ceil(width / 2 + _ROUNDING))
    for x, y in product((nearest, nearest + 1), repeat=2):
        same = np.flatnonzero((reach[:, 0] == x) & (reach[:, 1] == y))
        if len(same):
            _stamp(ink, midpoints[same], half_vectors[same], width, (x, y))


def _stamp(
    ink: Floats,
    midpoints: NDArray[np.float64],
    half_vectors: NDArray[np.float64],
    width: float,
    reach: tuple[int, int],
) -> None:
    """Draw pieces of a line that all reach this many pixels from theirs, across and down."""
    across_reach, down_reach = (np.arange(-pixels, pixels + 1)[:, None] for pixels in reach)
    columns = np.rint(midpoints[:, 0]).astype(np.intp) + across_reach  # pieces last: long loops
    rows = np.rint(midpoints[:, 1]).astype(np.intp) + down_reach
    across = (columns - midpoints[:, 0]).astype(np.float32)
    down = (rows - midpoints[:, 1]).astype(np.float32)[:, None, :]
    dx, dy = half_vectors.astype(np.float32).T
    length2 = np.maximum(dx * dx + dy * dy, np.float32(1e-12))
    along = across * dx + down * dy
    along /= length2
    np.minimum(np.maximum(along, -1, out=along), 1, out=along)
    distance = np.sqrt(np.square(across - along * dx) + np.square(down - along * dy))
    coverage = np.float32(width / 2 + 0.5) - distance
    np.minimum(coverage, np.float32(min(width, 1)), out=coverage)
    image_height, image_width = ink.shape
    is_column = (columns >= 0) & (columns < image_width)
    is_row = (rows >= 0) & (rows < image_height)
    inked = np.flatnonzero((coverage > 0) & is_column & is_row[:, None, :])
    pixel = (rows[:, None, :] * image_width + columns).take(inked)
    np.maximum.at(ink.reshape(-1), pixel, coverage.take(inked))


def _split_into_pixel_steps(
    points: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Split the line into pieces of at most one pixel: their midpoints and half vectors."""
    starts, steps = points[:-1], np.diff(points, axis=0)
    drawn = np.isfinite(steps).all(axis=1)
    starts, steps = starts[drawn], steps[drawn]
    count = np.maximum(np.ceil(np.hypot(steps[:, 0], steps[:, 1])), 1).astype(np.intp)
    piece = concatenated_ranges(count)
    short = np.repeat(steps / count[:, None], count, axis=0)
    return np.repeat(starts, count, axis=0) + (piece[:, None] + 0.5) * short, short / 2
