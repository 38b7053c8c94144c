"""Patches of rectified pages, varied at random, as the network is trained on them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.ink.network import CELL_PX, network_input
from heartsense.digitizer.ink.segmentation import FloatImage

PATCH_CELLS: Final = (96, 160)
"""Height and width of a patch in cells of the network."""

IN_ROWS: Final = 0.75
"""Share of the patches that lie where the traces are."""

MAX_CREASES: Final = 3

Batch = tuple[FloatImage, FloatImage, FloatImage]
"""Input, label and weight."""


@dataclass(frozen=True, slots=True)
class TrainingPage:
    """A rectified page whose traces are known.

    Attributes
    ----------
    name : str
    darkness, ink : uint8 arrays, shape (height, width)
        Before and after the grid was removed, 255 is black.
    label : uint8 array, shape (height, width)
        How much of a pixel the traces cover.
    weight : uint8 array, shape (height, width)
        0 where it is not known what is printed, else 1.
    box : tuple of int
        Left, right, top, bottom of the rows.
    """

    name: str
    darkness: NDArray[np.uint8]
    ink: NDArray[np.uint8]
    label: NDArray[np.uint8]
    weight: NDArray[np.uint8]
    box: tuple[int, int, int, int]


def random_batch(pages: list[TrainingPage], count: int, rng: np.random.Generator) -> Batch:
    """Input, label and weight of ``count`` patches, in cells; shapes (count, rows, columns, n)."""
    patches = [_random_patch(pages[int(rng.integers(len(pages)))], rng) for _ in range(count)]
    cells, label, weight = (np.stack(part) for part in zip(*patches, strict=True))
    return cells, label, weight


def _random_patch(
    page: TrainingPage, rng: np.random.Generator
) -> tuple[FloatImage, FloatImage, FloatImage]:
    height, width = (CELL_PX * n for n in PATCH_CELLS)
    left, right, top, bottom = page.box
    if rng.random() > IN_ROWS:
        left, right, top, bottom = 0, page.label.shape[1], 0, page.label.shape[0]
    x = _start(left, right, width, page.label.shape[1], rng)
    y = _start(top, bottom, height, page.label.shape[0], rng)
    part = np.s_[y : y + height, x : x + width]
    darkness, ink = _varied(page.darkness[part] / 255.0, page.ink[part] / 255.0, rng)
    label, weight = page.label[part] / 255.0, page.weight[part]
    down, across = rng.choice([1, -1], 2)  # a mirrored trace is one too
    x, y = (x if across > 0 else 1 - x - width), (y if down > 0 else 1 - y - height)
    mirrored = np.s_[::down, ::across]
    darkness, ink, label, weight = (
        darkness[mirrored],
        ink[mirrored],
        label[mirrored],
        weight[mirrored],
    )
    cells = network_input(darkness, ink, x, y)
    return cells, _in_cells(label), _in_cells(weight)


def _start(first: int, last: int, length: int, size: int, rng: np.random.Generator) -> int:
    """Where a patch begins: a whole cell from which it lies on the page."""
    start = int(rng.integers(first - length // 3, max(last - 2 * length // 3, first) + 1))
    return CELL_PX * (int(np.clip(start, 0, size - length)) // CELL_PX)


def _in_cells(values: NDArray[np.generic]) -> FloatImage:
    rows, columns = (n // CELL_PX for n in values.shape)
    cells = values.reshape(rows, CELL_PX, columns, CELL_PX).transpose(0, 2, 1, 3)
    return cells.reshape(rows, columns, CELL_PX**2).astype(np.float32)


def _varied(
    darkness: NDArray[np.floating], ink: NDArray[np.floating], rng: np.random.Generator
) -> tuple[FloatImage, FloatImage]:
    """Another grid strength, contrast, creases, shadows, blur and noise."""
    grid = (darkness - ink) * rng.uniform(0.3, 1.3)
    strength = rng.uniform(0.6, 1.3)
    ink = ink * strength
    darkness = ink + grid
    for _ in range(int(rng.integers(MAX_CREASES + 1)) if rng.random() < 0.5 else 0):
        crease = _crease(ink.shape, rng)
        ink, darkness = np.maximum(ink, crease), darkness + crease
    if rng.random() < 0.2:
        ink, darkness = _blurred(ink), _blurred(darkness)
    noise = rng.normal(0, rng.uniform(0, 0.04), ink.shape)
    return (
        np.clip(darkness + noise, 0, 1).astype(np.float32),
        np.clip(ink + noise * (ink > 0), 0, 1).astype(np.float32),
    )


def _crease(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.floating]:
    """A straight, textured band: the darker side of a fold, or a shadow's edge."""
    height, width = shape
    angle = rng.choice([0.0, np.pi / 2, rng.uniform(0, np.pi)]) + rng.normal(0, 0.05)
    y, x = np.mgrid[:height, :width]
    at = (x - rng.uniform(0, width)) * np.cos(angle) + (y - rng.uniform(0, height)) * np.sin(angle)
    band = np.exp(-0.5 * (at / rng.uniform(2, 20)) ** 2)
    if rng.random() < 0.5:  # one side in the light
        band = np.where(at > 0, band, 0.0)
    texture = rng.uniform(0.5, 1, (height // 4 + 1, width // 4 + 1)).repeat(4, 0).repeat(4, 1)
    return np.asarray(band * texture[:height, :width] * rng.uniform(0.1, 0.5))


def _blurred(image: NDArray[np.floating]) -> NDArray[np.floating]:
    padded = np.pad(image, 1, mode="edge")
    rows = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    return np.asarray((rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 4)


def as_bytes(image: FloatImage) -> NDArray[np.uint8]:
    """Grey levels of values from 0 to 1."""
    return np.asarray(255 * np.clip(image, 0, 1)).astype(np.uint8)
