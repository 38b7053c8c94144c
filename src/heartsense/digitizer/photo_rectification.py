"""Rectification along the grid: of photographs, and of scans whose grid is dark.

A photograph's grid is followed on a reduced copy, and the original flattened along it. That of a
scan is nearly even.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.digitizer.grid import Grid
from heartsense.digitizer.grid_lattice import (
    MIN_BOLD_NODES,
    MIN_NODES,
    Lattice,
    LatticeSeed,
    Surface,
    bold_lattice,
    complete,
    find_seeds,
    follow_grid,
    grow_lattice,
    is_bent,
    join_parts,
    largest_lattice,
)
from heartsense.digitizer.grid_lattice.rectification import rectify_bent_page
from heartsense.digitizer.ink.segmentation import FloatImage, brightest_channel, grid_darkness
from heartsense.digitizer.rectified_page import GRID_BOX_PX, MAX_AREA_MM2, RectifiedPage
from heartsense.numeric import Floats

WORKING_SIDE: Final = 1600
"""Longer side of the copy on which the grid is followed: 3 to 5 pixels a millimetre of paper."""

GLANCE_SIDE: Final = 2400
"""A picture with a longer side above this is looked at before it is read as a flat page."""

BOX_MM: Final = 5.0
"""Between two lines of the lattice: photographs show the bold lines."""

MAX_UNEVENNESS: Final = 0.07
"""Cells, root mean square, by which the nodes of a flat page miss an even grid at most: 0.35 mm.
All 40 drawn photos with more that could be read both ways were read better along the lattice, by 2
to 30 dB; 17 of 18 drawn scans had 0.06 or less. Chosen on these: records of LUDB, seed 771."""

MAX_NODES_OF_SHEET: Final = 3000
"""Of 5 mm on a sheet of A4, and some more: with more of them, the lines may be those of 1 mm."""

MIN_SIDEWAYS: Final = 20.0
"""Degrees between the grid's rows and the picture's from which rows may be columns: of a page that
is turned far, what looks like a row of the flat picture need be none."""

STARTS: Final = (0.3, 0.5, 0.7)
"""Where a lattice is begun whose steps are known, as shares of the picture's sides."""


@dataclass(frozen=True)
class ReducedPhoto:
    """The copy on which the grid is followed.

    Attributes
    ----------
    dark : float32 array, shape (height, width)
        Darkness in the darkest colour channel, in which the grid is most visible.
    factor : float
        Its size relative to the picture's.
    seeds : list of LatticeSeed
        The grid in tiles of it, the clearest first.
    """

    dark: FloatImage
    factor: float
    seeds: list[LatticeSeed]

    @cached_property
    def is_bent(self) -> bool:
        """Whether the paper is bent or tilted, as far as can be told at a glance."""
        return is_bent(self.dark, self.seeds)

    @cached_property
    def lattice(self) -> Lattice | None:
        """Its grid, followed as far as it goes; None where there is no grid of a page."""
        lattice = self.bold_lattice or self._followed
        return None if lattice is None else join_parts(self.dark, lattice)

    @cached_property
    def bold_lattice(self) -> Lattice | None:
        """The bold lines, where the grid that was followed is one of 1 mm; else None."""
        if self._followed is None or int(self._followed.found.sum()) <= MAX_NODES_OF_SHEET:
            return None
        return bold_lattice(self.dark, self._followed)

    @cached_property
    def _followed(self) -> Lattice | None:
        return follow_grid(self.dark, self.seeds)

    @cached_property
    def is_uneven(self) -> bool:
        """Whether no single pitch and angle fits the grid that was followed."""
        return self.lattice is not None and self.lattice.unevenness > MAX_UNEVENNESS

    @property
    def pitches(self) -> tuple[float, float] | None:
        """Pixels of the picture for a millimetre along the followed grid's rows and columns."""
        if self.lattice is None:
            return None
        right, down = self.lattice.pitches
        return right / self.factor / BOX_MM, down / self.factor / BOX_MM

    @property
    def may_be_sideways(self) -> bool:
        """Whether the page is turned so far that its rows may be taken for columns."""
        return self.lattice is not None and abs(self.lattice.rotation) > MIN_SIDEWAYS


def reduce_photo(pixels: NDArray[np.uint8]) -> ReducedPhoto:
    """Reduce a picture to ``WORKING_SIDE`` and look for its grid.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        RGB.
    """
    image = Image.fromarray(pixels)
    factor = min(1.0, WORKING_SIDE / max(image.size))
    size = (round(image.width * factor), round(image.height * factor))
    copy = np.asarray(image.resize(size, Image.Resampling.BOX)) if factor < 1 else pixels
    dark = grid_darkness(copy)
    return ReducedPhoto(dark, factor, find_seeds(dark))


def rectify_photo(
    pixels: NDArray[np.uint8], reduced: ReducedPhoto, grid: Grid | None = None
) -> tuple[RectifiedPage, Grid] | None:
    """Flatten a photographed page along its grid.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        RGB.
    reduced : ReducedPhoto
    grid : Grid, optional
        The grid as the flat page shows it: where given, it is followed by its steps. They tell the
        bold lines where these are hardly darker than the fine ones.

    Returns
    -------
    RectifiedPage, Grid
        The flat page, and the mean pitch and rotation of its grid on the photograph; None where
        no grid of a page can be followed.
    """
    factor = reduced.factor
    lattice = reduced.lattice if grid is None else _lattice_of(grid, reduced)
    if lattice is None:
        return None
    surface = complete(lattice)
    rows, columns = surface.paper.shape
    least = MIN_BOLD_NODES if grid is None and reduced.bold_lattice is not None else MIN_NODES
    if rows * columns * BOX_MM**2 > MAX_AREA_MM2 or int(surface.paper.sum()) < least:
        return None
    # A pixel's centre lies half a pixel from its index.
    surface = replace(surface, nodes=(surface.nodes + 0.5) / factor)
    page = rectify_bent_page(brightest_channel(pixels), surface)
    pitch = lattice.pitch / factor / BOX_MM
    return page, Grid(pitch, pitch, lattice.rotation)


def straighten_page(pixels: NDArray[np.uint8], flat: RectifiedPage) -> RectifiedPage:
    """Flatten a scanned page along its nearly even grid: printers and scanners stretch paper.

    Of three scans with known signals two gained 4 dB by this: complexes were up to 10 ms off.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        RGB.
    flat : RectifiedPage
        The page by its mean pitch and rotation.
    """
    height, width = flat.ink.shape
    left, top = flat.grid_origin
    x, y = np.meshgrid(_lines(left, width), _lines(top, height))
    nodes = flat.page_points(x.ravel() + 0.5, y.ravel() + 0.5).astype(np.float64)
    surface = Surface(nodes.reshape(*x.shape, 2), np.ones(x.shape, dtype=bool), is_smooth=True)
    return rectify_bent_page(brightest_channel(pixels), surface)


def _lines(first: int, length: int) -> Floats:
    """Where bold lines lie on a rectified page, and one more on each side of it."""
    return np.arange(first - GRID_BOX_PX, length + 2 * GRID_BOX_PX, GRID_BOX_PX, dtype=np.float64)


def _lattice_of(grid: Grid, reduced: ReducedPhoto) -> Lattice | None:
    """The grid followed by about the steps of a flat one, from several places."""
    angle = np.deg2rad(grid.rotation)
    right = BOX_MM * grid.pitch_x * reduced.factor * np.array([np.cos(angle), -np.sin(angle)])
    down = BOX_MM * grid.pitch_y * reduced.factor * np.array([np.sin(angle), np.cos(angle)])
    height, width = reduced.dark.shape
    lattice = largest_lattice(
        grow_lattice(reduced.dark, LatticeSeed(np.array([x * width, y * height]), right, down, 0.0))
        for y in STARTS
        for x in STARTS
    )
    return None if lattice is None else join_parts(reduced.dark, lattice)
