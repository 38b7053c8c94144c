"""How much bolder the lines of a lattice are than all that lies between them."""

from typing import Final

import numpy as np

from heartsense.digitizer.grid_lattice.lattice import Lattice
from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.numeric import Floats

CELLS: Final = 400
"""Cells that are looked at, at most."""

ACROSS: Final = np.arange(-20, 20) / 40
"""Sample positions across a line, cells."""

ALONG: Final = (np.arange(12) + 0.5) / 12
"""Sample positions along it, cells: their median is the line's, without what crosses it."""

NEAR: Final = 0.1
"""Cells beside a line that are the line's."""

MAX_DARKNESS: Final = 0.6
"""Darkness at which a pixel counts no more."""


def boldness(dark: FloatImage, lattice: Lattice) -> float:
    """Darkness of the lines relative to the darkest lines between them, in the worse direction.

    Averaged over cells: the lines of a lattice with another pitch than the bold lines lie between
    these by all fractions, and are no darker than their own fractions. That is about 1.

    Parameters
    ----------
    dark : float32 array, shape (height, width)
        Darkness in the channel that shows the grid best.
    lattice : Lattice
        Of which nodes of neighbouring rows and columns were found.
    """
    nodes, found = lattice.nodes, lattice.found
    cells = np.argwhere(found[:-1, :-1] & found[1:, :-1] & found[:-1, 1:])
    if not len(cells):
        return 0.0
    rows, columns = cells[:: -(-len(cells) // CELLS)].T
    corner = nodes[rows, columns]
    right, down = nodes[rows, columns + 1] - corner, nodes[rows + 1, columns] - corner
    return min(_ratio(dark, corner, right, down), _ratio(dark, corner, down, right))


def _ratio(dark: FloatImage, corner: Floats, across: Floats, along: Floats) -> float:
    """The same of the lines along one direction; vectors have the shape (cells, 2)."""
    places = corner[:, None, None] + ACROSS[:, None, None] * across[:, None, None]
    x, y = np.moveaxis(np.rint(places + ALONG[:, None] * along[:, None, None]), -1, 0)
    height, width = dark.shape
    columns = np.clip(x, 0, width - 1).astype(np.int64)
    profile = np.median(dark[np.clip(y, 0, height - 1).astype(np.int64), columns], axis=2)
    profile = np.minimum(profile, MAX_DARKNESS)
    mean = (profile - np.median(profile, axis=1, keepdims=True)).mean(axis=0)
    mean = (np.roll(mean, 1) + 2 * mean + np.roll(mean, -1)) / 4
    is_near = np.abs(ACROSS) <= NEAR
    return float(mean[is_near].max() / max(mean[~is_near].max(), 1e-3))
