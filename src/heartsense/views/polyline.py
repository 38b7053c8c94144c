"""The one line drawing routine: anti-aliased polylines in plain numpy."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def draw_polyline(ink: Floats, points: NDArray[np.floating], width: float) -> None:
    """Draw a polyline into a picture of ink, in place.

    Every pixel near the line gets the share of its area that the pen covers, taken from the
    distance of its centre to the line; where strokes meet the larger share stays.

    Parameters
    ----------
    ink : float32 array, shape (height, width), C-contiguous
        Share of each pixel that is inked, 0 to 1. Parts of the line outside are left out.
    points : array, shape (n, 2)
        x and y in pixels, (0, 0) the centre of the first pixel. NaN lifts the pen.
    width : float
        Width of the pen in pixels.
    """
    middles, halves = _short_pieces(np.asarray(points, dtype=np.float64))
    # A piece reaches half a pixel from its middle, and its middle half a pixel from a centre.
    reach = int(np.ceil(width / 2 + 1.5)) - 1
    offset = np.arange(-reach, reach + 1)
    columns = np.rint(middles[:, 0]).astype(np.intp)[:, None, None] + offset[None, None, :]
    rows = np.rint(middles[:, 1]).astype(np.intp)[:, None, None] + offset[None, :, None]
    across = (columns - middles[:, 0, None, None]).astype(np.float32)
    down = (rows - middles[:, 1, None, None]).astype(np.float32)
    dx, dy = halves.astype(np.float32).T[:, :, None, None]
    length2 = np.maximum(dx * dx + dy * dy, np.float32(1e-12))
    along = np.clip((across * dx + down * dy) / length2, -1, 1)
    distance = np.sqrt((across - along * dx) ** 2 + (down - along * dy) ** 2)
    cover = np.clip(np.float32(width / 2 + 0.5) - distance, 0, np.float32(min(width, 1)))
    height, breadth = ink.shape
    inside = (columns >= 0) & (columns < breadth) & (rows >= 0) & (rows < height) & (cover > 0)
    pixel = (rows * breadth + columns)[inside]
    np.maximum.at(ink.reshape(-1), pixel, cover[inside])


def _short_pieces(
    points: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same line in pieces of at most a pixel: their middles and half their steps."""
    starts, steps = points[:-1], np.diff(points, axis=0)
    drawn = np.isfinite(steps).all(axis=1)
    starts, steps = starts[drawn], steps[drawn]
    count = np.maximum(np.ceil(np.hypot(steps[:, 0], steps[:, 1])), 1).astype(np.intp)
    piece = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    short = np.repeat(steps / count[:, None], count, axis=0)
    return np.repeat(starts, count, axis=0) + (piece[:, None] + 0.5) * short, short / 2
