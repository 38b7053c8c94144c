"""Rectification of a photographed page: find its grid on a reduced copy, flatten the original."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.digitizer.grid_detection import Grid
from heartsense.digitizer.grid_lattice import MIN_NODES, complete, follow_grid
from heartsense.digitizer.grid_lattice.rectification import rectify_bent_page
from heartsense.digitizer.ink_segmentation import darkness_maps
from heartsense.digitizer.rectified_page import MAX_AREA_MM2, RectifiedPage

WORKING_SIDE: Final = 1600
"""Longer side of the copy on which the grid is followed: 3 to 5 pixels a millimetre of paper."""

BOX_MM: Final = 5.0
"""Between two lines of the lattice: photographs show the bold lines."""


def rectify_photo(pixels: NDArray[np.uint8]) -> tuple[RectifiedPage, Grid] | None:
    """Flatten a photographed page along its grid.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        RGB.

    Returns
    -------
    RectifiedPage, Grid
        The flat page, and the mean pitch and rotation of its grid on the photograph; None where
        no grid of a page can be followed.
    """
    image = Image.fromarray(pixels)
    factor = min(1.0, WORKING_SIDE / max(image.size))
    size = (round(image.width * factor), round(image.height * factor))
    copy = np.asarray(image.resize(size, Image.Resampling.BOX)) if factor < 1 else pixels
    lattice = follow_grid(darkness_maps(copy).grid)
    if lattice is None:
        return None
    surface = complete(lattice)
    rows, columns = surface.paper.shape
    if rows * columns * BOX_MM**2 > MAX_AREA_MM2 or int(surface.paper.sum()) < MIN_NODES:
        return None
    # A pixel's centre lies half a pixel from its index.
    surface = replace(surface, nodes=(surface.nodes + 0.5) / factor)
    red, green, blue = np.moveaxis(pixels, 2, 0)
    page = rectify_bent_page(np.maximum(np.maximum(red, green), blue), surface)
    pitch = lattice.pitch / factor / BOX_MM
    return page, Grid(pitch, pitch, lattice.rotation)
