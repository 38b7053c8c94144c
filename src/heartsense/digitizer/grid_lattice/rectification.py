"""Rectification of bent paper: each box of the grid becomes a square, by one resampling."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.digitizer.grid_lattice.paper import paper_boxes
from heartsense.digitizer.grid_lattice.refinement import node_offsets
from heartsense.digitizer.grid_lattice.smoothing import Surface
from heartsense.digitizer.ink.segmentation import FloatImage, ink_threshold, relative_darkness
from heartsense.digitizer.rectified_page import (
    FAINT_INK_RATIO,
    GRID_BOX_PX,
    RectifiedPage,
    grid_background,
    restore_ink,
)
from heartsense.numeric import Floats, Indices, histogram_quantile, value_of_rank

SUBDIVISION: Final = 2
"""Patches along each side of a box; each is resampled bilinearly."""

PATCH_PX: Final = GRID_BOX_PX // SUBDIVISION

EDGE_PX: Final = 12
"""What is so near to the paper's edge is the edge."""

LINE_REACH_PX: Final = 5
"""Half the width of the band that holds a grid line."""

LINE_WINDOW_PX: Final = 440
LINE_STEP_PX: Final = 20
LINE_SAMPLE_PX: Final = 8
LINES: Final = 4
"""Neighbouring lines on each side that a line is compared with."""

MAX_RELATIVE_LEVEL: Final = 1.15
"""Darkness of a line relative to the median of its neighbours."""

LINE_QUANTILE: Final = 0.5
"""Quantile of the darkness along a line: a trace that lies on it covers less of the window."""

MAX_REDUCTION_MARGIN: Final = 1.5
"""Original pixels for one rectified pixel above which the picture is reduced first."""


@dataclass(frozen=True, slots=True)
class MeshMap:
    """Bent paper: page pixels (x, y) of the corners of all patches, shape (rows, columns, 2)."""

    corners: Floats

    def page_points(self, x: Floats, y: Floats) -> NDArray[np.float32]:
        """Positions on the original page in pixels, shape (n, 2), bilinear within a patch."""
        rows, columns = self.corners.shape[:2]
        u, v = np.asarray(x) / PATCH_PX, np.asarray(y) / PATCH_PX
        i = np.clip(u.astype(np.int64), 0, columns - 2)
        j = np.clip(v.astype(np.int64), 0, rows - 2)
        right, down = (u - i)[:, None], (v - j)[:, None]
        upper = self.corners[j, i] * (1 - right) + self.corners[j, i + 1] * right
        lower = self.corners[j + 1, i] * (1 - right) + self.corners[j + 1, i + 1] * right
        return np.asarray(upper * (1 - down) + lower * down, dtype=np.float32)


def rectify_bent_page(channel: NDArray[np.uint8], surface: Surface) -> RectifiedPage:
    """Flatten a page along its grid and remove the grid.

    Parameters
    ----------
    channel : uint8 array, shape (height, width)
        The brightest colour channel of the picture.
    surface : Surface
        Nodes of the 5 mm grid in pixels of that picture.
    """
    margin = int(np.median(np.hypot(*np.moveaxis(np.diff(surface.nodes, axis=1), -1, 0))))
    # Beyond the picture's edge is blank paper, not black.
    padded = np.pad(channel, margin, constant_values=255)
    boxes = paper_boxes(channel, surface)
    table = ~_within(boxes, 0)
    first = MeshMap(_subdivided(surface.nodes))
    seen = _resample(padded, first.corners + margin, boxes)
    offsets = node_offsets(seen, is_smooth=surface.is_smooth)
    corners = _subdivided(_moved_nodes(first, offsets))
    flat = _resample(padded, corners + margin, boxes)
    flat[table] = _blank_level(flat, table)
    darkness = relative_darkness(flat)
    darkness[table] = 0.0
    ink = _remove_lines(darkness)
    ink[~_within(boxes, EDGE_PX)] = 0.0
    return RectifiedPage(
        ink, darkness, FAINT_INK_RATIO * ink_threshold(ink), MeshMap(corners), bent=True
    )


def _moved_nodes(page: MeshMap, offsets: Floats) -> Floats:
    """The nodes where the lines are seen on the flattened page."""
    rows, columns = offsets.shape[:2]
    y, x = GRID_BOX_PX * np.mgrid[:rows, :columns]
    at = offsets + np.stack([x, y], axis=2)
    moved = page.page_points(at[..., 0].ravel(), at[..., 1].ravel())
    return moved.astype(np.float64).reshape(offsets.shape)


def _blank_level(flat: NDArray[np.uint8], table: NDArray[np.bool_]) -> int:
    """Brightness of blank paper: the 85th percentile of the pixels that are not the table."""
    counts = np.array(Image.fromarray(flat).histogram(Image.fromarray(~table)))
    return int(histogram_quantile(counts, 0.85)) if counts.any() else 255


def _remove_lines(darkness: FloatImage) -> FloatImage:
    """Subtract the grid, also where single lines are darker than most."""
    background = grid_background(darkness)
    np.maximum(background, _line_background(darkness), out=background)
    return restore_ink(darkness, background)


def _line_background(darkness: FloatImage) -> FloatImage:
    """Each grid line as it is over the boxes around: a quantile along it, widened by a pixel."""
    background = np.zeros_like(darkness)
    _add_lines(background, darkness)
    _add_lines(background.T, darkness.T)
    return background


def _add_lines(background: FloatImage, darkness: FloatImage) -> None:
    """Add the lines that run along the second axis.

    A line is no darker than the lines beside it allow: a trace that lies on it for long stays.
    """
    height, width = darkness.shape
    tops = np.arange(0, height + 1, GRID_BOX_PX)
    level = _line_levels(darkness, tops)
    level = np.maximum.reduce([level, np.roll(level, 1, axis=1), np.roll(level, -1, axis=1)])
    beside = np.stack([np.roll(level, step, axis=0) for step in range(-LINES, LINES + 1)])
    level = np.minimum(level, MAX_RELATIVE_LEVEL * np.sort(beside, axis=0)[LINES])
    smooth = np.asarray(  # one line below the other: widened only
        Image.fromarray(level.reshape(-1, level.shape[2])).resize(
            (width, level.shape[0] * level.shape[1]), Image.Resampling.BILINEAR
        )
    ).reshape(*level.shape[:2], width)
    reach = LINE_REACH_PX
    for top, band in zip(tops, smooth, strict=True):
        first, last = max(0, top - reach), min(height, top + reach)
        part = band[first - top + reach : last - top + reach]
        np.maximum(background[first:last], part, out=background[first:last])


def _line_levels(darkness: FloatImage, tops: Indices) -> FloatImage:
    """Darkness along the pixels of each line, a quantile for each ``LINE_STEP_PX``.

    Returns
    -------
    float32 array, shape (lines, 2 * LINE_REACH_PX, steps)
        Beyond the page it is as its mirror image.
    """
    rows, columns = (
        np.pad(np.arange(count), beyond, mode="reflect")
        for count, beyond in zip(darkness.shape, (LINE_REACH_PX, LINE_WINDOW_PX // 2), strict=True)
    )
    across = rows[tops[:, None] + np.arange(2 * LINE_REACH_PX)]
    starts = np.arange(0, darkness.shape[1] + 1, LINE_STEP_PX)
    along = columns[starts[:, None] + np.arange(0, LINE_WINDOW_PX, LINE_SAMPLE_PX)]
    samples = darkness[across].take(along, axis=2)
    return value_of_rank(samples, int(LINE_QUANTILE * samples.shape[3]))


def _subdivided(nodes: Floats) -> Floats:
    """Corners of all patches: Catmull-Rom splines through the nodes in both directions."""
    rows, columns = (_spline(count) for count in nodes.shape[:2])
    return np.stack([rows @ nodes[..., axis] @ columns.T for axis in (0, 1)], axis=2)


def _spline(count: int) -> Floats:
    """Matrix from ``count`` nodes to their positions and those between, linear beyond the ends."""
    at = np.arange((count - 1) * SUBDIVISION + 1) / SUBDIVISION
    first = np.minimum(at.astype(np.int64), count - 2)
    t = at - first
    weights = np.stack(
        [
            -0.5 * t**3 + t**2 - 0.5 * t,
            1.5 * t**3 - 2.5 * t**2 + 1,
            -1.5 * t**3 + 2 * t**2 + 0.5 * t,
            0.5 * t**3 - 0.5 * t**2,
        ]
    )
    matrix = np.zeros((len(at), count + 2))
    for offset, weight in enumerate(weights):
        matrix[np.arange(len(at)), first + offset] += weight
    inner = matrix[:, 1:-1].copy()
    inner[:, 0] += 2 * matrix[:, 0]
    inner[:, 1] -= matrix[:, 0]
    inner[:, -1] += 2 * matrix[:, -1]
    inner[:, -2] -= matrix[:, -1]
    return inner


def _resample(
    channel: NDArray[np.uint8], corners: Floats, boxes: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """The boxes of the paper seen through the mesh, 0 elsewhere.

    A fine photograph is reduced first against aliasing.
    """
    image = Image.fromarray(channel)
    steps = np.hypot(*np.moveaxis(np.diff(corners, axis=1), -1, 0))
    reduction = max(1, int(np.median(steps) / PATCH_PX / MAX_REDUCTION_MARGIN))
    if reduction > 1:
        image = image.reduce(reduction)
        corners = corners / reduction
    patches = np.argwhere(boxes.repeat(SUBDIVISION, axis=0).repeat(SUBDIVISION, axis=1))
    flat = Image.new("L", ((corners.shape[1] - 1) * PATCH_PX, (corners.shape[0] - 1) * PATCH_PX))
    # Image.transform would take three times as long to ask for thousands of small patches.
    source, target = image.im, flat.im
    left_top = (patches[:, ::-1] * PATCH_PX).tolist()
    for (x, y), patch in zip(left_top, _bilinear_maps(corners, patches), strict=True):
        box = (x, y, x + PATCH_PX, y + PATCH_PX)
        target.transform(box, source, Image.Transform.QUAD, patch, Image.Resampling.BILINEAR, True)
    return np.array(flat)


def _bilinear_maps(corners: Floats, patches: Indices) -> list[list[float]]:
    """From pixels of each patch to the picture: x = a0 + a1 i + a2 j + a3 i j, and y alike."""
    down, across = patches.T
    upper_left, upper_right = corners[down, across], corners[down, across + 1]
    lower_left, lower_right = corners[down + 1, across], corners[down + 1, across + 1]
    step = 1.0 / PATCH_PX
    maps = [
        upper_left,
        (upper_right - upper_left) * step,
        (lower_left - upper_left) * step,
        (lower_right - lower_left - upper_right + upper_left) * step * step,
    ]
    return np.stack(maps, axis=2).reshape(len(patches), 8).tolist()


def _within(boxes: NDArray[np.bool_], distance: int) -> NDArray[np.bool_]:
    """Rectified pixels in a box of the paper and no nearer to the others than ``distance``."""
    paper = np.pad(boxes, 1)
    for axis in (1, 0):  # whole rows last: they are copied fast
        pixels = np.arange(boxes.shape[axis] * GRID_BOX_PX)
        before, after = (
            (pixels + reach) // GRID_BOX_PX + 1 for reach in (-distance, max(distance - 1, 0))
        )
        paper = paper.take(before, axis=axis) & paper.take(after, axis=axis)
    return np.asarray(paper)
