"""Which boxes of the grid lie on the paper, also where the grid itself was not found."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.grid_lattice.smoothing import Flags, Surface, spread
from heartsense.numeric import Floats

REACH: Final = 3
"""Boxes that paper may reach beyond those whose grid was found."""

SAMPLES: Final = np.linspace(0.1, 0.9, 5)
"""Positions across a box at which its brightness is looked up."""

MIN_BRIGHTNESS, MAX_BRIGHTNESS = 0.8, 1.15
"""Of paper, relative to the paper beside it: a table is darker, a lamp's reflection brighter."""


def paper_boxes(channel: NDArray[np.uint8], surface: Surface) -> Flags:
    """Boxes of the grid that lie on the paper.

    Creases, reflections, thick traces and stamps hide the grid. Where paper whose grid was found
    lies on both sides, or near, and the picture is as bright, there is paper too.

    Parameters
    ----------
    channel : uint8 array, shape (height, width)
        The brightest colour channel of the picture.
    surface : Surface
        Nodes in pixels of that picture.

    Returns
    -------
    bool array, shape (rows - 1, columns - 1)
    """
    size = np.array(channel.shape[::-1])
    step = np.median(np.hypot(*np.moveaxis(np.diff(surface.nodes, axis=1), -1, 0)))
    inside = ((surface.nodes > -step) & (surface.nodes < size + step)).all(axis=2)
    found = _corners(surface.paper & inside)
    missing = _between(found) & _corners(inside) & ~found
    if not missing.any():
        return found
    bright = _brightness(channel, surface.nodes)
    relative = bright / np.maximum(spread(bright[..., None], found)[..., 0], 1.0)
    return found | (missing & (relative > MIN_BRIGHTNESS) & (relative < MAX_BRIGHTNESS))


def _corners(nodes: Flags) -> Flags:
    """Boxes all of whose corners are among the nodes."""
    return np.asarray(nodes[:-1, :-1] & nodes[1:, :-1] & nodes[1:, 1:] & nodes[:-1, 1:])


def _between(found: Flags) -> Flags:
    """Boxes between found ones of their row or column, and those within ``REACH`` of these."""
    filled = found.copy()
    for axis in (0, 1):
        first = np.maximum.accumulate(found, axis=axis)
        last = np.flip(np.maximum.accumulate(np.flip(found, axis), axis=axis), axis)
        filled |= first & last
    for _ in range(REACH):
        padded = np.pad(filled, 1)
        filled |= padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    return filled


def _brightness(channel: NDArray[np.uint8], nodes: Floats) -> Floats:
    """Brightness of the blank paper in each box, shape (rows - 1, columns - 1)."""
    samples = []
    for down in SAMPLES:
        left = nodes[:-1, :-1] * (1 - down) + nodes[1:, :-1] * down
        right = nodes[:-1, 1:] * (1 - down) + nodes[1:, 1:] * down
        for across in SAMPLES:
            x, y = np.moveaxis(np.rint(left * (1 - across) + right * across), -1, 0)
            x = np.clip(x, 0, channel.shape[1] - 1).astype(np.int64)
            y = np.clip(y, 0, channel.shape[0] - 1).astype(np.int64)
            samples.append(channel[y, x])
    return np.asarray(np.percentile(np.stack(samples), 75, axis=0))
