"""Separate ink and grid from paper: background correction and Otsu's threshold."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.numeric import Floats, Indices

FloatImage = NDArray[np.float32]

BACKGROUND_BLOCK_PX: Final = 24
"""Side of the blocks in which the background brightness is measured."""

BACKGROUND_QUANTILE: Final = 0.85
"""Quantile of a block's brightness that is taken for its background."""

BAND_ROWS: Final = 16
"""Rows that are corrected at once: they fit the processor's cache, and their product is so small
that no linear algebra library starts threads for it."""

MIN_INK_DARKNESS: Final = 0.22
"""Lowest ink threshold: paper texture and JPEG ringing are below it."""

HISTOGRAM_BINS: Final = 128


@dataclass(frozen=True, slots=True)
class DarknessMaps:
    """How much darker than the paper around it each pixel is, from 0 (paper) to 1 (black).

    Attributes
    ----------
    ink : float32 array, shape (height, width)
        From the brightest colour channel, in which a coloured grid nearly vanishes.
    grid : float32 array, shape (height, width)
        From the darkest colour channel, in which a coloured grid is most visible.
    """

    ink: FloatImage
    grid: FloatImage


def darkness_maps(pixels: NDArray[np.uint8]) -> DarknessMaps:
    """Correct the background, so that uneven light drops out.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        RGB.
    """
    return DarknessMaps(
        ink=relative_darkness(brightest_channel(pixels)), grid=grid_darkness(pixels)
    )


def grid_darkness(pixels: NDArray[np.uint8]) -> FloatImage:
    """``DarknessMaps.grid`` alone."""
    red, green, blue = np.moveaxis(pixels, 2, 0)
    return relative_darkness(np.minimum(np.minimum(red, green), blue))


def brightest_channel(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The brightest of the three colours of each pixel."""
    red, green, blue = np.moveaxis(pixels, 2, 0)  # ten times as fast as max(axis=2)
    return np.asarray(np.maximum(np.maximum(red, green), blue))


def relative_darkness(channel: NDArray[np.uint8]) -> FloatImage:
    """How much darker than the blank paper around it each pixel of a channel is, 0 to 1."""
    height, width = channel.shape
    blocks = _soft_maximum(_block_brightness(channel))
    size = (width, len(blocks))
    columns = np.asarray(Image.fromarray(blocks).resize(size, Image.Resampling.BILINEAR), float)
    position, weights = _bilinear_weights(height, len(blocks))
    darkness = np.empty(channel.shape, np.float32)
    for top in range(0, height, BAND_ROWS):
        rows = slice(top, min(top + BAND_ROWS, height))
        near = slice(max(int(position[top]), 0), int(position[rows.stop - 1]) + 2)
        band = darkness[rows]
        np.maximum(weights[rows, near] @ columns[near], 1.0, out=band, casting="same_kind")
        np.divide(channel[rows], band, out=band)
        np.subtract(1.0, band, out=band)
        np.clip(band, 0.0, 1.0, out=band)
    return darkness


def _bilinear_weights(height: int, blocks: int) -> tuple[Floats, Floats]:
    """Where each row lies among rows of blocks, and the weights of all of them for it."""
    position = (np.arange(height) + 0.5) * blocks / height - 0.5
    weights = np.maximum(1 - np.abs(position[:, None] - np.arange(blocks)), 0.0)
    return position, weights / weights.sum(axis=1, keepdims=True)


def _block_brightness(channel: NDArray[np.uint8]) -> FloatImage:
    """Brightness of the blank paper in coarse blocks."""
    height, width = channel.shape
    rows, columns = (max(1, n // BACKGROUND_BLOCK_PX) for n in (height, width))
    blocks = channel[: rows * (height // rows), : columns * (width // columns)]
    blocks = blocks.reshape(rows, height // rows, columns, width // columns)
    blocks = blocks.swapaxes(1, 2).reshape(rows, columns, -1)
    rank, part = divmod(BACKGROUND_QUANTILE * (blocks.shape[2] - 1), 1)
    ranks = np.minimum([int(rank), int(rank) + 1], blocks.shape[2] - 1)
    ordered = np.sort(blocks, axis=2, kind="stable")  # by radix: bytes are partitioned slower
    lower, upper = np.moveaxis(ordered[..., ranks], 2, 0).astype(float)
    return np.asarray(lower + part * (upper - lower), dtype=np.float32)


def _soft_maximum(blocks: FloatImage) -> FloatImage:
    """Mean of maximum and median over 3x3 blocks, for blocks that are full of ink."""
    padded = np.pad(blocks, 1, mode="edge")
    shifted = [
        padded[i : i + blocks.shape[0], j : j + blocks.shape[1]] for i in range(3) for j in range(3)
    ]
    ordered = np.sort(np.stack(shifted), axis=0)
    return np.asarray(ordered[4] * 0.5 + ordered[8] * 0.5)


def ink_threshold(darkness: FloatImage) -> float:
    """Darkness that separates ink from grid.

    Otsu's threshold (Otsu 1979) of the pixels that are visibly darker than paper: the trace is
    darker than any grid on which a trace can be read.

    Parameters
    ----------
    darkness : float32 array, any shape
        0 to 1.
    """
    counts = _visible_histogram(darkness)
    if not counts.any():
        return MIN_INK_DARKNESS
    centres = (np.arange(HISTOGRAM_BINS) + 0.5) / HISTOGRAM_BINS
    below = np.cumsum(counts)
    above = below[-1] - below
    moment = np.cumsum(counts * centres)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = moment / below - (moment[-1] - moment) / above
    variance = np.where((below > 0) & (above > 0), below * above * distance**2, 0.0)
    return float(max(centres[int(np.argmax(variance))], MIN_INK_DARKNESS))


def _visible_histogram(darkness: FloatImage) -> Indices:
    """Histogram of what is visibly darker than paper; of bytes, by Pillow: as fast as a copy."""
    levels = (darkness * np.float32(HISTOGRAM_BINS)).astype(np.uint8)
    counts = np.array(Image.fromarray(levels.reshape(1, -1)).histogram(), dtype=np.int64)
    counts[HISTOGRAM_BINS - 1] += counts[HISTOGRAM_BINS]  # the darkness 1
    lowest = int(HISTOGRAM_BINS * MIN_INK_DARKNESS / 2)
    counts[:lowest] = 0
    visible = np.count_nonzero(darkness > MIN_INK_DARKNESS / 2)
    counts[lowest] = visible - counts[lowest + 1 : HISTOGRAM_BINS].sum()
    return counts[:HISTOGRAM_BINS]


def grid_without_ink(darkness: DarknessMaps) -> FloatImage:
    """Grid map with the ink replaced by its mean, so that its spectrum is the grid's.

    Returns
    -------
    float32 array, shape (height, width)
    """
    ink = darkness.ink > ink_threshold(darkness.ink)
    grid = np.minimum(darkness.grid, np.percentile(darkness.grid, 90))
    grid[ink] = grid.mean()
    return grid
