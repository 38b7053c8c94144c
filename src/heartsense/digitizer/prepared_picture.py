"""What is found on a picture before its rows are read: once, whichever way up it is read.

Grid, paper and light are the same for a picture and the picture turned by right angles. So only
flat pages are turned, not the work that leads to them.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.evidence.stroke_direction import rows_lie_level
from heartsense.digitizer.grid import Grid, detect_clearer_grid, detect_grid
from heartsense.digitizer.ink.network import released_ink_network
from heartsense.digitizer.ink.segmentation import DarknessMaps, FloatImage, darkness_maps
from heartsense.digitizer.photo_rectification import (
    GLANCE_SIDE,
    ReducedPhoto,
    rectify_photo,
    reduce_photo,
    straighten_page,
)
from heartsense.digitizer.rectified_page import (
    MAX_AREA_MM2,
    PX_PER_MM,
    PageMap,
    RectifiedPage,
    page_frame,
    rectify_page,
)
from heartsense.numeric import Floats

MAX_STRETCH: Final = 0.0025
"""By which the followed grid's pitch differs at most from the flat page's, relative."""

MAX_PITCH_DIFFERENCE: Final = 0.03
MAX_LEVEL_ROTATION: Final = 1.0
"""What differs by more, or is turned by more degrees when it should lie level, is another grid."""

FlatPage = tuple[RectifiedPage, Grid]
"""A page flattened along its grid, and the grid's mean pitch and rotation in the picture."""


class PreparedPicture:
    """A picture and what is found on it, each when it is first asked for.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        RGB.
    """

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self.pixels = pixels

    @cached_property
    def reduced(self) -> ReducedPhoto:
        """The copy on which a grid is followed over bent paper."""
        return reduce_photo(self.pixels)

    @property
    def is_large(self) -> bool:
        """Whether it is so large that a look at the reduced copy comes first."""
        return bool(max(self.pixels.shape[:2]) > GLANCE_SIDE)

    @property
    def is_bent(self) -> bool:
        """Whether the paper is bent or tilted, as far as can be told at a glance."""
        return self.reduced.is_bent

    @property
    def is_uneven(self) -> bool:
        """Whether the grid, followed node by node, is not that of a flat page."""
        return self.reduced.is_uneven

    @property
    def is_flattened_first(self) -> bool:
        """Whether the page is read along its grid, node by node, before it is read as flat."""
        return self.is_bent and (self.is_large or self.is_uneven)

    @property
    def may_be_sideways(self) -> bool:
        """Whether a page flattened along its grid may lie on its side."""
        return self.reduced.may_be_sideways

    @property
    def may_have_no_grid(self) -> bool:
        """Whether it is worth a look without a grid."""
        return True

    @property
    def is_turned(self) -> bool:
        """Whether it is turned for another look."""
        return False

    @cached_property
    def flattened(self) -> FlatPage | None:
        """The page flattened along its grid; None where it has none. See ``rectify_photo``.

        Where no page's grid is followed on the reduced copy, that of the flat page is.
        """
        flat = rectify_photo(self.pixels, self.reduced)
        if flat is None and self.grid is not None:
            flat = rectify_photo(self.pixels, self.reduced, self.grid)
        return None if flat is None else (_seen_by_network(flat[0]), flat[1])

    @cached_property
    def darkness(self) -> DarknessMaps:
        """How dark ink and grid are."""
        return darkness_maps(self.pixels)

    @cached_property
    def grid(self) -> Grid | None:
        """The grid of a flat page, also of one that is turned far."""
        grid = detect_clearer_grid(self.darkness)
        if grid is None or grid.lies_straight:
            return grid
        return _measured_level(self.darkness.grid, grid)

    @cached_property
    def flat_page(self) -> RectifiedPage | None:
        """The page by its grid, as if it were flat; None without a grid, or if it is too large."""
        grid = self.grid
        if grid is None:
            return None
        frame = page_frame(self.darkness, grid)
        if frame.area_mm2 > MAX_AREA_MM2:
            return None
        page = rectify_page(self.darkness, frame, has_grid=True)
        return replace(page, grid_is_ink=grid.is_ink)

    @cached_property
    def straightened_page(self) -> RectifiedPage | None:
        """The flat page with each line of its grid where it belongs, if they are dark; else None.

        See ``straighten_page``.
        """
        flat = self.flat_page
        if flat is None or not flat.has_dark_grid:
            return None
        return _seen_by_network(straighten_page(self.pixels, flat))

    @property
    def is_stretched(self) -> bool:
        """Whether the grid, followed node by node, has another pitch than the flat page's grid.

        Where paper is stretched here and there, the pitch of a part of it is taken for the page's.
        """
        followed, grid = self.reduced.pitches, self.grid
        if followed is None or grid is None:
            return False
        along, down = np.abs(np.array(followed) / np.array([grid.pitch_x, grid.pitch_y]) - 1)
        return bool(MAX_STRETCH < max(along, down) < MAX_PITCH_DIFFERENCE)

    @cached_property
    def rows_lie_level(self) -> bool | None:
        """Whether rows run from left to right, not up or down; None where that cannot be told."""
        page = self._first_page
        return None if page is None else rows_lie_level(page)

    @property
    def lies_on_its_side(self) -> bool:
        """Whether rows surely run up or down: told before they are read, where it costs little."""
        page = self._first_page
        is_seen = page is not None and page.probability is not None
        return is_seen and self.rows_lie_level is False

    @property
    def _first_page(self) -> RectifiedPage | None:
        """The page as it is read first; None where no grid was found."""
        if self.is_flattened_first and self.flattened is not None:
            return self.flattened[0]
        if self.flat_page is not None:
            return self.straightened_page or self.flat_page
        return None if self.flattened is None else self.flattened[0]

    def release(self) -> None:
        """Let go of what turned pages with a grid do not need: 8 bytes a pixel."""
        if "darkness" in self.__dict__ and self.grid is not None and self.flat_page is not None:
            del self.darkness


class TurnedPicture(PreparedPicture):
    """A picture turned counter-clockwise by right angles; points are those of the upright one."""

    def __init__(self, upright: PreparedPicture, quarters: int) -> None:
        super().__init__(upright.pixels)
        self._upright, self._quarters = upright, quarters

    @cached_property
    def reduced(self) -> ReducedPhoto:
        return self._upright.reduced

    @property
    def is_turned(self) -> bool:
        return True

    @property
    def may_have_no_grid(self) -> bool:
        return self.grid is None or not self.grid.is_sure  # else pages are turned by it

    @cached_property
    def flattened(self) -> FlatPage | None:
        flat = self._upright.flattened
        return None if flat is None else (self._turned_page(flat[0]), self._turned_grid(flat[1]))

    @cached_property
    def darkness(self) -> DarknessMaps:
        maps = self._upright.darkness
        ink, grid = (
            np.ascontiguousarray(np.rot90(m, self._quarters)) for m in (maps.ink, maps.grid)
        )
        return DarknessMaps(ink, grid)

    @cached_property
    def grid(self) -> Grid | None:
        grid = self._upright.grid
        return None if grid is None else self._turned_grid(grid)

    @cached_property
    def flat_page(self) -> RectifiedPage | None:
        page = self._upright.flat_page
        return None if page is None else self._turned_page(page)

    @cached_property
    def straightened_page(self) -> RectifiedPage | None:
        page = self._upright.straightened_page
        return None if page is None else self._turned_page(page)

    def _turned_grid(self, grid: Grid) -> Grid:
        if self._quarters % 2:
            return replace(grid, pitch_x=grid.pitch_y, pitch_y=grid.pitch_x)
        return grid

    def _turned_page(self, page: RectifiedPage) -> RectifiedPage:
        ink, with_grid = (np.rot90(image, self._quarters) for image in (page.ink, page.with_grid))
        page_map = TurnedMap(page.page_map, self._quarters, *page.ink.shape)
        turned = replace(page, ink=ink, with_grid=with_grid, page_map=page_map)
        if page.probability is None:
            return turned
        if self._quarters % 2:  # the network sees the strokes of level rows more clearly
            return _seen_by_network(replace(turned, probability=None))
        return replace(turned, probability=np.rot90(page.probability, self._quarters))


def _seen_by_network(page: RectifiedPage) -> RectifiedPage:
    """The page with what the ink network sees on it; without, where there is no network."""
    network = released_ink_network()
    return page if network is None else page.seen_by(network)


def _measured_level(darkness: FloatImage, grid: Grid) -> Grid:
    """The grid of a page that is turned far, measured on it once more when it lies level.

    The paper's edges run along the lines, across the blocks in which phases are measured: the pitch
    of a drawn strip turned by 150 degrees was 0.3 % off, and its ten seconds by 48 ms.
    """
    maps = DarknessMaps(darkness, darkness)
    frame = page_frame(maps, grid)
    if frame.area_mm2 > MAX_AREA_MM2:
        return grid
    found = detect_grid(rectify_page(maps, frame, has_grid=False).with_grid)
    if found is None:
        return grid
    across, down = found.pitch_x / PX_PER_MM, found.pitch_y / PX_PER_MM
    is_another = max(abs(across - 1), abs(down - 1)) > MAX_PITCH_DIFFERENCE
    if is_another or abs(found.rotation) > MAX_LEVEL_ROTATION:
        return grid
    return replace(
        grid,
        pitch_x=grid.pitch_x * across,
        pitch_y=grid.pitch_y * down,
        rotation=grid.rotation + found.rotation,
    )


@dataclass(frozen=True, slots=True)
class TurnedMap:
    """From a rectified page turned by right angles to the picture that was not turned.

    Attributes
    ----------
    upright : PageMap
    quarters : int
    height, width : int
        Of the rectified page before it was turned.
    """

    upright: PageMap
    quarters: int
    height: int
    width: int

    def page_points(self, x: Floats, y: Floats) -> NDArray[np.float32]:
        """Positions on the original page in pixels, shape (n, 2)."""
        return self.upright.page_points(*_before_turn(x, y, self.quarters, self.height, self.width))


def _before_turn(
    x: Floats, y: Floats, quarters: int, height: int, width: int
) -> tuple[Floats, Floats]:
    """Where positions on a turned page were before.

    Parameters
    ----------
    x, y : float64 arrays, shape (n,)
        Pixels of the page after it was turned counter-clockwise.
    quarters : int
        Right angles by which it was turned.
    height, width : int
        Of the page before it was turned.
    """
    if quarters == 1:
        return width - 1 - y, x
    if quarters == 2:
        return width - 1 - x, height - 1 - y
    return (y, height - 1 - x) if quarters == 3 else (x, y)
