"""Anti-aliased polylines in plain numpy."""

import numpy as np
from numpy.typing import NDArray

from heartsense.numeric import concatenated_ranges

Floats = NDArray[np.float32]


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
    # A piece reaches half a pixel from its middle, which is within half a pixel of a pixel centre.
    reach = int(np.ceil(width / 2 + 1.5)) - 1
    offset = np.arange(-reach, reach + 1)
    columns = np.rint(midpoints[:, 0]).astype(np.intp)[:, None, None] + offset[None, None, :]
    rows = np.rint(midpoints[:, 1]).astype(np.intp)[:, None, None] + offset[None, :, None]
    across = (columns - midpoints[:, 0, None, None]).astype(np.float32)
    down = (rows - midpoints[:, 1, None, None]).astype(np.float32)
    dx, dy = half_vectors.astype(np.float32).T[:, :, None, None]
    length2 = np.maximum(dx * dx + dy * dy, np.float32(1e-12))
    along = np.clip((across * dx + down * dy) / length2, -1, 1)
    distance = np.sqrt((across - along * dx) ** 2 + (down - along * dy) ** 2)
    coverage = np.clip(np.float32(width / 2 + 0.5) - distance, 0, np.float32(min(width, 1)))
    image_height, image_width = ink.shape
    inside = (
        (columns >= 0)
        & (columns < image_width)
        & (rows >= 0)
        & (rows < image_height)
        & (coverage > 0)
    )
    pixel = (rows * image_width + columns)[inside]
    np.maximum.at(ink.reshape(-1), pixel, coverage[inside])


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
