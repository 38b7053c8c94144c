"""Rectification: the page upright, at a fixed resolution, without its grid."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.grid.grid import Grid
from heartsense.digitizer.ink.network import InkNetwork
from heartsense.digitizer.ink.segmentation import DarknessMaps, FloatImage, ink_threshold
from heartsense.digitizer.resampling import resample, turn_matrix, turned
from heartsense.numeric import Floats, value_of_rank

_Value = TypeVar("_Value", bound=np.generic)

PX_PER_MM: Final = 8
"""Resolution of every rectified page: 200 px/s at 25 mm/s, 0.0125 mV/px at 10 mm/mV."""

GRID_BOX_PX: Final = 5 * PX_PER_MM
"""The grid repeats every 5 mm."""

MAX_AREA_MM2: Final = 160_000.0
"""Largest page that is digitized: 50 mm/s on a sheet over half a metre long."""

BLOCK_PX: Final = 16
THRESHOLD_STEP: Final = 4
INKED_PERCENTILES: Final = (0.2, 99.8)
INK_MARGIN_MM: Final = 10.0
"""Pixels of a side of the blocks in which ink is looked for, and between those that tell from where
on it is ink; which of the blocks tell where it begins and ends, specks aside; and what is shown
beside it."""

FAINT_INK_RATIO: Final = 0.45
"""Part of the ink threshold that counts as ink once the grid is removed, for faint traces."""

GRID_PERCENTILE: Final = 0.8
"""Quantile over all boxes of a region that is taken for the grid."""

MAX_LEVEL_SLOPE_PX: Final = 0.1
"""Rise of a page's lines from one edge to the other up to which it is not rotated."""


DARK_GRID_RATIO: Final = 2.0
"""How much more is dark with a grid than without, if that is as dark as the ink."""

MIN_BOXES: Final = 12
"""Fewer boxes in a region do not show what repeats."""


class PageMap(Protocol):
    """Where rectified positions lie on the original page."""

    def page_points(self, x: Floats, y: Floats) -> NDArray[np.float32]:
        """Positions on the original page in pixels, shape (n, 2)."""
        ...


@dataclass(frozen=True, slots=True)
class AffineMap:
    """A flat page, rotated and scaled; ``matrix`` has shape (2, 3)."""

    matrix: Floats

    def page_points(self, x: Floats, y: Floats) -> NDArray[np.float32]:
        points = self.matrix @ np.stack([x, y, np.ones_like(x)])
        return points.T.astype(np.float32)


@dataclass(frozen=True, slots=True)
class LevelMap:
    """A rectified page that was turned once more: ``matrix``, shape (2, 3), leads to the first."""

    first: PageMap
    matrix: Floats

    def page_points(self, x: Floats, y: Floats) -> NDArray[np.float32]:
        return self.first.page_points(*(self.matrix @ np.stack([x, y, np.ones_like(x)])))


@dataclass(frozen=True, slots=True)
class RectifiedPage:
    """Ink of the rectified page, ``PX_PER_MM`` pixels per millimetre.

    Attributes
    ----------
    ink : float32 array, shape (height, width)
        Darkness, 0 to 1, without the grid.
    with_grid : float32 array, shape (height, width)
        Darkness, 0 to 1, before the grid was removed.
    threshold : float
        Darkness that separates ink from the rest.
    page_map : PageMap
        From rectified positions to pixels of the original page.
    bent : bool
        Whether the page is a photograph of bent or tilted paper, flattened along its grid, or a
        flat one whose grid is as dark as the ink and that the ink network was asked about: its
        lines are uneven, and where they were removed traces have gaps.
    probability : float32 array, shape (height, width), optional
        Of a trace at each pixel, 0 to 1, where the ink network was asked.
    grid_is_ink : bool
        Whether the grid was found among the ink: a scanner in black and white left pieces of it,
        each as dark as the trace.
    """

    ink: FloatImage
    with_grid: FloatImage
    threshold: float
    page_map: PageMap
    bent: bool = False
    probability: FloatImage | None = None
    grid_is_ink: bool = False

    def page_points(self, x: Floats, y: Floats) -> NDArray[np.float32]:
        """Positions on the original page in pixels, shape (n, 2)."""
        return self.page_map.page_points(x, y)

    @property
    def has_dark_grid(self) -> bool:
        """Whether the grid is as dark as the ink, so that the trace has gaps where it was."""
        if self.grid_is_ink:
            return True
        dark, inked = (np.count_nonzero(m > self.threshold) for m in (self.with_grid, self.ink))
        return bool(dark > DARK_GRID_RATIO * inked)

    @property
    def is_read_by_network(self) -> bool:
        """Whether the ink network is asked first: the ink has gaps, and pieces of the grid."""
        return self.bent or self.has_dark_grid

    @property
    def grid_origin(self) -> tuple[int, int]:
        """Where the first upright and the first level bold line lie: x and y in pixels."""
        if self.bent:  # flattened so that they lie at its edges
            return 0, 0
        x, y = (_first_line(self.with_grid.mean(axis=axis)) for axis in (0, 1))
        return x, y

    def in_whole_boxes(self, *images: NDArray[_Value]) -> list[NDArray[_Value]]:
        """Images of the page, with 0 before them so that bold lines lie at multiples of 5 mm."""
        left, top = (-line % GRID_BOX_PX for line in self.grid_origin)
        if not left and not top:
            return list(images)
        return [np.pad(image, ((top, 0), (left, 0))) for image in images]

    def seen_by(self, network: InkNetwork) -> "RectifiedPage":
        """The page with what the ink network takes for a trace."""
        height, width = self.ink.shape
        probability = network(*self.in_whole_boxes(self.with_grid, self.ink))
        return replace(self, probability=probability[-height:, -width:])

    def turned(self, slope: float) -> "RectifiedPage":
        """The page turned so that what runs ``slope`` pixels down for each to the right is level.

        Its grid is level no more: it must have been removed.
        """
        height, width = self.ink.shape
        seen = self.probability
        return replace(
            self,
            ink=turned(self.ink, slope),
            with_grid=turned(self.with_grid, slope),
            probability=None if seen is None else turned(seen, slope),
            page_map=LevelMap(self.page_map, turn_matrix(slope, width, height)),
        )


def _first_line(profile: FloatImage) -> int:
    """Where in a box the mean darkness of the grid is highest."""
    boxes = profile[: len(profile) // GRID_BOX_PX * GRID_BOX_PX].reshape(-1, GRID_BOX_PX)
    return int(np.argmax(boxes.mean(axis=0))) if len(boxes) else 0


@dataclass(frozen=True, slots=True)
class PageFrame:
    """Where a flat page lies in its picture.

    Attributes
    ----------
    to_picture : float64 array, shape (2, 3)
        Affine map from rectified pixels to those of the picture.
    size : tuple of int
        Width and height of the rectified page in pixels.
    area_mm2 : float
        Of a page that lies straight, the size of the picture.
    """

    to_picture: Floats
    size: tuple[int, int]
    area_mm2: float


def page_frame(darkness: DarknessMaps, grid: Grid) -> PageFrame:
    """Find where the page lies that is rotated upright and scaled to ``PX_PER_MM``.

    Of a page that is turned farther than ``Grid.lies_straight`` it is the part with ink: the box
    round the whole picture has up to twice its area.
    """
    angle = np.deg2rad(-grid.rotation)
    scale = np.diag([grid.pitch_x, grid.pitch_y]) / PX_PER_MM
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ scale
    height, width = darkness.ink.shape
    centre = np.array([width, height]) / 2
    if grid.lies_straight:
        corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], float)
        extent = 2 * np.abs(np.linalg.solve(linear, (corners - centre).T)).max(axis=1)
        if abs(np.sin(angle)) * extent.max() < MAX_LEVEL_SLOPE_PX:
            linear = scale
        area = height * width / (grid.pitch_x * grid.pitch_y)
    else:
        first, last = _inked_box(darkness.ink, linear, centre)
        extent = last - first
        centre = centre + linear @ ((first + last) / 2)
        area = float(extent.prod()) / PX_PER_MM**2
    across, down = np.ceil(extent).astype(int).tolist()
    offset = centre - linear @ (np.array([across, down]) / 2)
    return PageFrame(np.column_stack([linear, offset]), (across, down), area)


def rectify_page(darkness: DarknessMaps, frame: PageFrame, *, has_grid: bool) -> RectifiedPage:
    """Rotate the page upright, scale it to ``PX_PER_MM`` and remove the grid.

    Parameters
    ----------
    darkness : DarknessMaps
    frame : PageFrame
        Where the page lies in the picture.
    has_grid : bool
        Whether there is a grid to remove.
    """
    with_grid = resample(darkness.ink, frame.to_picture, frame.size)
    ink = remove_grid(with_grid) if has_grid else with_grid
    threshold = FAINT_INK_RATIO * ink_threshold(ink)
    return RectifiedPage(ink, with_grid, threshold, AffineMap(frame.to_picture))


def _inked_box(ink: FloatImage, linear: Floats, centre: Floats) -> tuple[Floats, Floats]:
    """First and last rectified pixel, x and y from a centre, of where a picture has ink.

    Parameters
    ----------
    ink : float32 array, shape (height, width)
    linear : float64 array, shape (2, 2)
        Leads from rectified to picture pixels.
    centre : float64 array, shape (2,)
        Picture pixels (x, y).

    Returns
    -------
    two float64 arrays, shape (2,)
    """
    rows, columns = (n // BLOCK_PX for n in ink.shape)
    blocks = ink[: rows * BLOCK_PX, : columns * BLOCK_PX]
    darkest = blocks.reshape(rows, BLOCK_PX, columns, BLOCK_PX).max(axis=(1, 3))
    threshold = ink_threshold(np.ascontiguousarray(ink[::THRESHOLD_STEP, ::THRESHOLD_STEP]))
    y, x = np.nonzero(darkest > FAINT_INK_RATIO * threshold)
    places = BLOCK_PX * (np.stack([x, y], axis=1) + 0.5) if len(x) else centre[None]
    rectified = np.linalg.solve(linear, (places - centre).T)
    first, last = np.percentile(rectified, INKED_PERCENTILES, axis=1)
    margin = INK_MARGIN_MM * PX_PER_MM
    return first - margin, last + margin


def remove_grid(darkness: FloatImage) -> FloatImage:
    """Subtract the grid; what is clearly ink keeps its full darkness."""
    return restore_ink(darkness, grid_background(darkness))


def restore_ink(darkness: FloatImage, background: FloatImage) -> FloatImage:
    """Subtract a background, in its place; what is clearly ink keeps its full darkness."""
    residual = np.subtract(darkness, background, out=background)
    np.maximum(residual, 0.0, out=residual)
    is_ink = residual > FAINT_INK_RATIO * ink_threshold(residual)
    residual[is_ink] = darkness[is_ink]
    return residual


def grid_background(darkness: FloatImage) -> FloatImage:
    """What repeats in every 5 mm box, lines or dots: the grid as it shows in the ink map.

    At any place in the box the trace covers so few boxes of a region that a high quantile
    over them leaves it out.
    """
    height, width = darkness.shape
    grid = np.zeros_like(darkness)
    for y0, y1 in _regions(height):
        for x0, x1 in _regions(width):
            region = darkness[y0:y1, x0:x1]
            rows, columns = (n // GRID_BOX_PX for n in region.shape)
            if rows * columns < MIN_BOXES:
                continue
            boxes = region[: rows * GRID_BOX_PX, : columns * GRID_BOX_PX]
            boxes = boxes.reshape(rows, GRID_BOX_PX, columns, GRID_BOX_PX).transpose(1, 3, 0, 2)
            stacked = boxes.reshape(GRID_BOX_PX, GRID_BOX_PX, rows * columns)
            box = value_of_rank(stacked, int(GRID_PERCENTILE * stacked.shape[2]))
            grid[y0:y1, x0:x1] = np.tile(box, (rows + 1, columns + 1))[: y1 - y0, : x1 - x0]
    return grid


def _regions(length: int) -> list[tuple[int, int]]:
    count = max(1, round(length / (14 * GRID_BOX_PX)))
    edges = [round(i * length / count) for i in range(count + 1)]
    return list(pairwise(edges))
