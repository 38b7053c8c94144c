"""Where a lattice begins: a tile of the picture whose autocorrelation repeats in two directions."""

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import numpy as np

from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.numeric import Floats

TILE: Final = 192
"""Side of a tile in pixels."""

PADDED: Final = 288
"""Length of a Fourier transform in which no lag of use meets the tile's other end."""

TILES_DOWN, TILES_ACROSS = 5, 6

MIN_PITCH, MAX_PITCH = 7.0, 80.0
"""Pixels between neighbouring lines."""

MIN_CORRELATION: Final = 0.25
"""Autocorrelation at both lattice vectors below which a tile shows no grid."""

MAX_COSINE: Final = 0.5
"""Cosine between the two directions: perspective bends a right angle to 60 degrees at most."""

MAX_RATIO: Final = 1.67
"""Ratio of the two pitches under perspective."""

PEAKS: Final = 12
"""Autocorrelation peaks of a tile that are paired."""

MAX_DARKNESS: Final = 0.5
"""Darkness at which a pixel counts no more, so that a dark trace does not outweigh the grid."""

GRID_SHARE: Final = 0.9
"""Quantile of the darkness that is paper or grid: the trace covers less."""

MAX_RELATIVE_DARKNESS: Final = 1.5
"""The same, relative to that quantile, where the grid is faint."""

MIN_OVERLAP: Final = 0.3
"""Share of the window's own autocorrelation below which a lag is not scaled up further."""

SIMILAR: Final = 0.75
"""Correlation relative to the strongest pair from which a lattice is taken for the grid's."""


@dataclass(frozen=True, slots=True)
class LatticeSeed:
    """A grid seen in one tile.

    Attributes
    ----------
    centre : float64 array, shape (2,)
        Middle of the tile, pixels (x, y).
    right, down : float64 arrays, shape (2,)
        From a node to the next on the right and below, pixels (x, y).
    correlation : float
        Autocorrelation at the weaker of the two, 0 to 1.
    """

    centre: Floats
    right: Floats
    down: Floats
    correlation: float


Cell = Literal["smallest", "shortest", "clearest"]
"""Which cell of a tile is taken for the grid's, of all that repeat: the smallest of the strongest
peaks; the smallest of the shortest ones, where a dozen multiples of fine lines repeat better than
the lines, which meet themselves between whole lags only; or the clearest, where lines 1 mm apart
are too near to be followed, and best the bold ones."""


@dataclass(frozen=True, slots=True, eq=False)
class CorrelatedTile:
    """One tile's middle, pixels (x, y), and its autocorrelation."""

    centre: Floats
    correlation: FloatImage


def find_seeds(dark: FloatImage, cell: Cell = "smallest") -> list[LatticeSeed]:
    """Find the grid in tiles spread over a picture, the clearest first.

    Parameters
    ----------
    dark : float32 array, shape (height, width)
        Darkness in the channel that shows the grid best.
    cell : str
        Which one is taken for the grid's.

    Returns
    -------
    list of LatticeSeed
        Empty where no tile shows a grid.
    """
    return seeds_in(correlated_tiles(dark), cell)


def correlated_tiles(dark: FloatImage) -> list[CorrelatedTile]:
    """The tiles of a picture that are not blank; none of a small picture."""
    height, width = dark.shape
    if min(height, width) <= TILE:
        return []
    window, overlap = _window()
    tiles = []
    for top in np.linspace(0, height - TILE, TILES_DOWN).astype(int):
        for left in np.linspace(0, width - TILE, TILES_ACROSS).astype(int):
            tile = _without_ink(dark[top : top + TILE, left : left + TILE])
            if tile.std() < 1e-3:
                continue
            correlation = _autocorrelation((tile - tile.mean()) * window) / overlap
            centre = np.array([left, top]) + TILE / 2
            tiles.append(CorrelatedTile(centre, np.asarray(correlation, np.float32)))
    return tiles


def seeds_in(tiles: list[CorrelatedTile], cell: Cell) -> list[LatticeSeed]:
    """The tiles' grids, the clearest first."""
    found = [(tile.centre, _seed(tile.correlation, cell)) for tile in tiles]
    seeds = [LatticeSeed(centre, *seed) for centre, seed in found if seed is not None]
    return sorted(seeds, key=lambda seed: -seed.correlation)


@cache
def _window() -> tuple[FloatImage, FloatImage]:
    """What a tile is weighted with, and how much of that overlaps at each lag."""
    window = np.outer(np.hanning(TILE), np.hanning(TILE)).astype(np.float32)
    return window, np.maximum(_autocorrelation(window), MIN_OVERLAP)


def _without_ink(tile: FloatImage) -> FloatImage:
    """A tile in which nothing is much darker than most of the grid."""
    most = np.partition(tile[::2, ::2].ravel(), rank := int(GRID_SHARE * (TILE // 2) ** 2))[rank]
    return np.minimum(tile, min(MAX_DARKNESS, MAX_RELATIVE_DARKNESS * float(most)))


def _autocorrelation(tile: FloatImage) -> FloatImage:
    """Autocorrelation at lags of -1 to ``MAX_PITCH`` down and as far to both sides.

    Through the power spectrum (Wiener-Khinchin), which is real: so is the transform back down.
    """
    reach = int(MAX_PITCH) + 2
    # Axis by axis, since ``rfft2`` also transforms the rows that it adds.
    spectrum = np.fft.fft(np.fft.rfft(tile, PADDED, axis=1), PADDED, axis=0)
    power = spectrum.real**2 + spectrum.imag**2
    down = np.fft.rfft(power.T, axis=1).T[:reach]
    down = np.concatenate([down[1:2], np.conj(down)])
    correlation = np.fft.irfft(down, PADDED, axis=1)[:, np.arange(-reach, reach + 1)]
    return np.asarray(correlation / correlation[1, reach], dtype=np.float32)


def _seed(correlation: FloatImage, cell: Cell) -> tuple[Floats, Floats, float] | None:
    """The pair of peaks that makes the best lattice: right, down, and how well both repeat."""
    vectors, values = _peaks(correlation, shortest=cell == "shortest")
    if len(values) < 2:
        return None
    lengths = np.hypot(*vectors.T)
    cosine = np.abs(vectors @ vectors.T) / np.outer(lengths, lengths)
    ratio = np.maximum.outer(lengths, lengths) / np.minimum.outer(lengths, lengths)
    weaker = np.minimum.outer(values, values)
    weaker[(cosine > MAX_COSINE) | (ratio > MAX_RATIO)] = 0.0
    if weaker.max() < MIN_CORRELATION:
        return None
    # Diagonals and multiples of a lattice repeat as well as it does: the smallest cell is the grid.
    area = np.abs(
        np.multiply.outer(vectors[:, 0], vectors[:, 1])
        - np.multiply.outer(vectors[:, 1], vectors[:, 0])
    )
    area[weaker < (1.0 if cell == "clearest" else SIMILAR) * weaker.max()] = np.inf
    one, other = np.unravel_index(np.argmin(area), area.shape)
    first, second = vectors[one], vectors[other]
    right, down = (first, second) if abs(first[0]) > abs(second[0]) else (second, first)
    return (
        right * np.sign(right[0] or 1.0),
        down * np.sign(down[1] or 1.0),
        float(weaker[one, other]),
    )


def _peaks(correlation: FloatImage, *, shortest: bool) -> tuple[Floats, Floats]:
    """Peaks at usable lags: vectors (x, y), shape (n, 2), and their values.

    The strongest, or the shortest of those about as strong.
    """
    reach = correlation.shape[1] // 2
    inner = correlation[1:-1, 1:-1]
    around = [
        correlation[1 + i : correlation.shape[0] - 1 + i, 1 + j : correlation.shape[1] - 1 + j]
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
        if i or j
    ]
    rows, columns = np.nonzero((inner >= np.maximum.reduce(around)) & (inner > MIN_CORRELATION / 2))
    vectors = np.column_stack([columns + 1 - reach, rows]).astype(np.float64)
    lengths = np.hypot(*vectors.T)
    usable = (lengths >= MIN_PITCH) & (lengths <= MAX_PITCH)
    values = inner[rows, columns].astype(np.float64)
    rank = -values * usable
    if shortest and usable.any():
        similar = usable & (values >= SIMILAR * values[usable].max())
        rank = np.where(similar, lengths - 2 * MAX_PITCH, rank)
    order = np.argsort(rank, kind="stable")[: min(PEAKS, int(usable.sum()))]
    return vectors[order], values[order]
