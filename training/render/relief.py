"""A sheet that is not flat: curled, folded or crumpled, as seen by a camera, and its shading."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.render.geometry import (
    PATCH_PX,
    Matrix,
    PageMap,
    Points,
    inverse,
    plane_of,
    project,
    sample_nodes,
)
from training.render.spec import Relief

STEP_MM: Final = 1.0
"""Between two heights of a surface."""
_FOLD_REACH_MM: Final = 60.0
"""So far from a fold the paper lies flat again."""
_ROUNDS: Final = 12
"""Of the search for the point of the sheet that a pixel shows."""

Heights = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Height of the sheet above the table and its shift along it, all in mm.

    Attributes
    ----------
    points : float64 array, shape (rows, columns, 3)
        Where each mm of the sheet lies: shift in x and y, and height.
    shade : float64 array, shape (rows, columns)
        Light that it reflects, 1 where it lies flat.
    """

    points: Points
    shade: Heights

    def at(self, sheet: Points) -> Points:
        """Position in space of points of the sheet, shape (n, 2): (n, 3)."""
        rows, columns = self.points.shape[:2]
        inside = np.clip(sheet / STEP_MM, 0, (columns - 1, rows - 1))
        moved = sample_nodes(self.points, inside)
        moved[:, :2] += sheet
        return moved


def random_surface(size: tuple[float, float], relief: Relief, rng: np.random.Generator) -> Surface:
    """Bend, fold and crumple a sheet of ``size`` mm."""
    columns, rows = (round(side / STEP_MM) + 2 for side in size)
    y, x = np.mgrid[0:rows, 0:columns] * STEP_MM
    height = np.zeros((rows, columns))
    if relief.curl:
        height += _curl(x, y, size, relief.curl, rng)
    for _ in range(relief.folds):
        height += _fold(x, y, size, relief.fold_slope, rng)
    if relief.crumple:
        height += _crumple(x, y, size, relief.crumple, rng)
    height -= height.min()
    down, across = np.gradient(height, STEP_MM)
    return Surface(
        np.dstack([-_shrinkage(across, 1), -_shrinkage(down, 0), height]),
        _shading(across, down, relief.light, rng),
    )


def _curl(
    x: Heights, y: Heights, size: tuple[float, float], height: float, rng: np.random.Generator
) -> Heights:
    """A smooth bend along a random direction, and up to two corners that rise."""
    angle = rng.uniform(0, np.pi)
    along = x / size[0] * np.cos(angle) + y / size[1] * np.sin(angle)
    bend = height * np.sin(2 * np.pi * (along * rng.uniform(0.3, 1.0) + rng.random()))
    for _ in range(int(rng.integers(3))):
        corner = rng.integers(2, size=2) * size
        near = 1 - np.hypot(x - corner[0], y - corner[1]) / rng.uniform(50, 120)
        bend = bend + 1.5 * height * np.maximum(near, 0) ** 2
    return np.asarray(bend)


def _fold(
    x: Heights, y: Heights, size: tuple[float, float], slope: float, rng: np.random.Generator
) -> Heights:
    """A sharp ridge or valley through a random point of the sheet's middle."""
    straight = rng.random() < 0.5
    angle = rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.03 if straight else 0.6)
    point = np.array(size) * rng.uniform(0.2, 0.8, 2)
    distance = np.abs((x - point[0]) * np.cos(angle) + (y - point[1]) * np.sin(angle))
    # A tenth of a mm around the crease is round.
    distance = np.hypot(distance, 0.4)
    sign = rng.choice([-1.0, 1.0])
    return np.asarray(sign * slope * _FOLD_REACH_MM * (1 - np.exp(-distance / _FOLD_REACH_MM)))


def _crumple(
    x: Heights, y: Heights, size: tuple[float, float], height: float, rng: np.random.Generator
) -> Heights:
    """Many short creases, each a ridge that fades along and across."""
    total = np.zeros_like(x)
    for _ in range(int(rng.integers(25, 60))):
        angle = rng.uniform(0, np.pi)
        along, across = rng.uniform(20, 90), rng.uniform(8, 35)
        px, py = rng.uniform(0, 1, 2) * size
        reach = 2.2 * max(along, across)
        rows = slice(max(int(py - reach), 0), max(int(py + reach), 1))
        columns = slice(max(int(px - reach), 0), max(int(px + reach), 1))
        dx, dy = x[rows, columns] - px, y[rows, columns] - py
        u = dx * np.cos(angle) + dy * np.sin(angle)
        v = dy * np.cos(angle) - dx * np.sin(angle)
        fade = np.exp(-0.5 * ((u / along) ** 2 + (v / across) ** 2) * 4)
        ridge = np.hypot(v, 0.5) / across
        total[rows, columns] += rng.choice([-1, 1]) * rng.uniform(0.3, 1) * fade * (1 - ridge)
    return np.asarray(height * total)


def _shrinkage(slope: Heights, axis: int) -> Heights:
    """How far slopes draw the sheet towards its middle: paper does not stretch."""
    drawn = np.cumsum(np.minimum(slope**2, 0.3) / 2, axis=axis) * STEP_MM
    middle = np.take(drawn, [drawn.shape[axis] // 2], axis=axis)
    return np.asarray(drawn - middle)


def _shading(across: Heights, down: Heights, elevation: float, rng: np.random.Generator) -> Heights:
    """Lambert's law for a far light at ``elevation`` degrees, 1 on flat paper."""
    direction = rng.uniform(0, 2 * np.pi)
    tangent = 1 / np.tan(np.deg2rad(elevation))
    facing = 1 - tangent * (across * np.cos(direction) + down * np.sin(direction))
    shade = facing / np.sqrt(1 + across**2 + down**2)
    return np.asarray(np.clip(0.25 + 0.75 * shade, 0.15, 1.25))


def bent_map(surface: Surface, projection: Matrix, size: tuple[int, int]) -> PageMap:
    """The map of a picture of ``size`` pixels of a surface, as ``projection`` sees it.

    Each node is found by repeatedly shifting a point of the sheet by as much as its picture
    misses the node, measured on the table (fixed point; the surface's slopes are below 1).
    """
    plane = plane_of(projection)
    back = inverse(plane)
    columns, rows = (-(-side // PATCH_PX) + 1 for side in size)
    y, x = np.mgrid[0:rows, 0:columns] * float(PATCH_PX) - 0.5
    goal = project(np.column_stack([x.ravel(), y.ravel()]), back)
    sheet = goal.copy()
    for _ in range(_ROUNDS):
        seen = project(surface.at(sheet), projection)
        sheet = sheet + goal - project(seen, back)
    return PageMap(plane, sheet.reshape(rows, columns, 2))


def shade_sheet(page: Image.Image, surface: Surface, size: tuple[float, float]) -> Image.Image:
    """The page, RGB, in the light that each part of the surface reflects.

    Parameters
    ----------
    page : Image
    surface : Surface
    size : tuple of float
        Width and height of the page in mm.
    """
    bright = max(float(np.percentile(surface.shade, 99)), 1.0)
    shade = Image.fromarray(np.clip(surface.shade / bright * 255, 0, 255).astype(np.uint8))
    half = 0.5 / STEP_MM  # a pixel's centre lies half a pixel from its edge
    box = (half, half, size[0] / STEP_MM + half, size[1] / STEP_MM + half)
    light = shade.resize(page.size, Image.Resampling.BICUBIC, box)
    return Image.composite(page, Image.new("RGB", page.size), light)
