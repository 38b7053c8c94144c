"""The straightened page: upright, eight pixels a millimetre, ink alone."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.digitizer.ink import Darkness, Map, ink_threshold

PX_PER_MM: Final = 8
"""Resolution of every sheet: 200 samples a second at 25 mm/s, 0.0125 mV a pixel at 10 mm/mV."""

BOX: Final = 5 * PX_PER_MM
"""The grid repeats every 5 mm."""

MAX_AREA: Final = 160_000.0
"""Square millimetres of the largest page read: 50 mm/s on a sheet over half a metre long."""

FAINT: Final = 0.45
"""Share of the ink threshold that still counts as ink once the grid is gone: thin, faint traces."""


@dataclass(frozen=True, slots=True)
class RectifiedPage:
    """Ink on a straight, evenly scaled page.

    Attributes
    ----------
    ink : float32 array, shape (height, width)
        Darkness above the grid, 0 to 1, at ``PX_PER_MM``.
    with_grid : float32 array, shape (height, width)
        Darkness before the grid was taken away.
    threshold : float
        Darkness that separates ink from the rest.
    to_page : float64 array, shape (2, 3)
        Affine map from sheet (x, y, 1) to the pixels of the picture as handed in.
    """

    ink: Map
    with_grid: Map
    threshold: float
    to_page: NDArray[np.float64]

    def on_page(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float32]:
        """Sheet positions as page pixels, shape (n, 2)."""
        points = self.to_page @ np.stack([x, y, np.ones_like(x)])
        return points.T.astype(np.float32)


def straighten(
    dark: Darkness, pitch_x: float, pitch_y: float, rotation: float, *, grid: bool
) -> RectifiedPage:
    """Turn the page upright, scale it to ``PX_PER_MM`` and take the grid away.

    Parameters
    ----------
    pitch_x, pitch_y : float
        Page pixels a millimetre.
    rotation : float
        Degrees the page was turned, counter-clockwise positive.
    grid : bool
        Whether there is a grid to take away.
    """
    height, width = dark.ink.shape
    to_page, size = _placement(width, height, pitch_x, pitch_y, rotation)
    with_grid = _resample(dark.ink, to_page, size)
    ink = _above(with_grid, _repeating(with_grid)) if grid else with_grid
    return RectifiedPage(ink, with_grid, FAINT * ink_threshold(ink), to_page)


def _placement(
    width: int, height: int, pitch_x: float, pitch_y: float, rotation: float
) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """Affine map sheet -> page about the page's centre, and the sheet's size in pixels."""
    tilt = np.deg2rad(-rotation)
    scale = np.diag([pitch_x, pitch_y]) / PX_PER_MM
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    linear = turn @ scale
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], float)
    centre = np.array([width, height]) / 2
    reach = np.abs(np.linalg.solve(linear, (corners - centre).T)).max(axis=1)
    size = np.ceil(2 * reach).astype(int)
    offset = centre - linear @ (size / 2)
    return np.column_stack([linear, offset]), (int(size[0]), int(size[1]))


def _resample(dark: Map, to_page: NDArray[np.float64], size: tuple[int, int]) -> Map:
    """The darkness map seen through ``to_page``; a fine scan is reduced first, so none aliases."""
    shrink = max(1, int(np.hypot(*to_page[:, 0]) / 1.5))
    picture = Image.fromarray(dark)
    if shrink > 1:
        picture = picture.reduce(shrink)
    coefficients = tuple((to_page / shrink).ravel())
    turned = picture.transform(size, Image.Transform.AFFINE, coefficients, Image.Resampling.BICUBIC)
    return np.asarray(np.clip(np.asarray(turned), 0.0, 1.0))


def _above(ink: Map, grid: Map) -> Map:
    """Darkness that the grid does not explain; what is clearly ink keeps all of its darkness."""
    left = np.maximum(ink - grid, 0.0)
    return np.where(left > FAINT * ink_threshold(left), ink, left)


def _repeating(ink: Map) -> Map:
    """What repeats in every 5 mm box, lines or dots alike: the grid, seen in the ink's channel.

    The trace covers so little of any one place in the box that a high percentile over all boxes
    of a region does not see it.
    """
    height, width = ink.shape
    grid = np.zeros_like(ink)
    for y0, y1 in _regions(height):
        for x0, x1 in _regions(width):
            region = ink[y0:y1, x0:x1]
            rows, columns = region.shape[0] // BOX, region.shape[1] // BOX
            if rows * columns < 12:
                continue
            boxes = region[: rows * BOX, : columns * BOX].reshape(rows, BOX, columns, BOX)
            stacked = boxes.transpose(0, 2, 1, 3).reshape(rows * columns, BOX, BOX)
            tile = np.partition(stacked, int(0.8 * len(stacked)), axis=0)[int(0.8 * len(stacked))]
            whole = np.tile(tile, (rows + 1, columns + 1))
            grid[y0:y1, x0:x1] = whole[: y1 - y0, : x1 - x0]
    return grid


def _regions(length: int) -> list[tuple[int, int]]:
    count = max(1, round(length / (14 * BOX)))
    edges = [round(i * length / count) for i in range(count + 1)]
    return list(pairwise(edges))
