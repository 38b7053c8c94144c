"""What is paper, what is grid, what is ink."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Map = NDArray[np.float32]

PAPER_BLOCK = 24
"""Pixels a side of the blocks whose bright end is taken as the paper's own brightness."""

INK_FLOOR = 0.22
"""Darkness under which nothing is ink, whatever the histogram says: paper texture, JPEG ringing."""


@dataclass(frozen=True, slots=True)
class Darkness:
    """How much darker than its paper each pixel is, 0 (paper) to 1 (black).

    ``ink`` looks at the brightest colour channel, in which a coloured grid nearly vanishes;
    ``grid`` at the darkest, in which it shows best. Both are float32, shape (height, width).
    """

    ink: Map
    grid: Map


def darkness(pixels: NDArray[np.uint8]) -> Darkness:
    """Compare each pixel with the paper round it, so that uneven light drops out.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
    """
    red, green, blue = np.moveaxis(pixels, 2, 0)  # by channel: ten times as fast as along an axis
    return Darkness(
        ink=_below_paper(np.maximum(np.maximum(red, green), blue)),
        grid=_below_paper(np.minimum(np.minimum(red, green), blue)),
    )


def _below_paper(channel: NDArray[np.uint8]) -> Map:
    paper = _paper(channel)
    dark = 1.0 - channel / np.maximum(paper, 1.0)
    return np.asarray(np.clip(dark, 0.0, 1.0), dtype=np.float32)


def _paper(channel: NDArray[np.uint8]) -> Map:
    """Brightness of the empty paper at each pixel: the bright end of coarse blocks, made smooth."""
    height, width = channel.shape
    rows, columns = (max(1, n // PAPER_BLOCK) for n in (height, width))
    blocks = channel[: rows * (height // rows), : columns * (width // columns)]
    blocks = blocks.reshape(rows, height // rows, columns, width // columns)
    bright = np.percentile(blocks, 85, axis=(1, 3)).astype(np.float32)
    small = Image.fromarray(_wide_maximum(bright))
    return np.asarray(small.resize((width, height), Image.Resampling.BILINEAR))


def _wide_maximum(blocks: Map) -> Map:
    """Smooth maximum over 3x3 blocks: a block full of ink borrows its paper from beside it."""
    padded = np.pad(blocks, 1, mode="edge")
    shifted = [
        padded[i : i + blocks.shape[0], j : j + blocks.shape[1]] for i in range(3) for j in range(3)
    ]
    return np.asarray(np.median(np.stack(shifted), axis=0) * 0.5 + np.maximum.reduce(shifted) * 0.5)


def ink_threshold(dark: Map) -> float:
    """Darkness that separates ink from grid.

    Otsu's threshold (1979) of the pixels that are visibly darker than paper; the trace is darker
    than every grid that a trace can be read from.
    """
    marked = dark[dark > INK_FLOOR / 2]
    if not len(marked):
        return INK_FLOOR
    counts, edges = np.histogram(marked, bins=128, range=(0.0, 1.0))
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    moment = np.cumsum(counts * centres)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = moment / below - (moment[-1] - moment) / above
    between = np.where((below > 0) & (above > 0), below * above * gap**2, 0.0)
    return float(max(centres[int(np.argmax(between))], INK_FLOOR))
