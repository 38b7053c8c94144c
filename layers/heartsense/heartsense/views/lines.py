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
    ink : float32 array, shape (height, width)
        Share of each pixel that is inked, 0 to 1. Parts of the line outside are left out.
    points : array, shape (n, 2)
        x and y in pixels, (0, 0) the centre of the first pixel. NaN lifts the pen.
    width : float
        Width of the pen in pixels.
    """
    starts, steps = _short_pieces(np.asarray(points, dtype=np.float64))
    if not len(starts):
        return
    reach = int(np.ceil(width / 2 + 1.5))
    offset = np.arange(-reach, reach + 1)
    columns = np.rint(starts[:, 0]).astype(np.intp)[:, None, None] + offset[None, None, :]
    rows = np.rint(starts[:, 1]).astype(np.intp)[:, None, None] + offset[None, :, None]
    across, down = columns - starts[:, 0, None, None], rows - starts[:, 1, None, None]
    dx, dy = steps[:, 0, None, None], steps[:, 1, None, None]
    length2 = np.maximum(dx * dx + dy * dy, 1e-12)
    along = np.clip((across * dx + down * dy) / length2, 0, 1)
    distance = np.hypot(across - along * dx, down - along * dy)
    cover = np.clip(width / 2 + 0.5 - distance, 0, min(width, 1)).astype(np.float32)
    columns, rows = np.broadcast_arrays(columns, rows)
    height, breadth = ink.shape
    inside = (columns >= 0) & (columns < breadth) & (rows >= 0) & (rows < height) & (cover > 0)
    np.maximum.at(ink, (rows[inside], columns[inside]), cover[inside])


def _short_pieces(
    points: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Starts and steps, shape (m, 2), of the same line in pieces of at most one pixel."""
    starts, steps = points[:-1], np.diff(points, axis=0)
    drawn = np.isfinite(steps).all(axis=1)
    starts, steps = starts[drawn], steps[drawn]
    count = np.maximum(np.ceil(np.hypot(steps[:, 0], steps[:, 1])), 1).astype(np.intp)
    piece = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    short = np.repeat(steps / count[:, None], count, axis=0)
    return np.repeat(starts, count, axis=0) + piece[:, None] * short, short
