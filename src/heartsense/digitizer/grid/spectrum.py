"""Spatial frequencies of a page: mean spectrum, its values along a ray, exact frequencies."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.numeric import Floats, Indices

TILE_PX: Final = 512
"""Side of the tiles whose spectra are averaged; also the length of the Fourier transform."""

PHASE_BLOCK_PX: Final = 64
"""Side of the blocks in which the phase of one frequency is measured."""

PERIOD_STRIDE: Final = 7
"""Along lines one pixel in so many tells how dark they are."""

LINE_REACH_PX: Final = 1.25
"""Pixels on each side of a line's middle that have its ink."""

PERIOD_BINS: Final = 48
"""Parts of a period of which the mean darkness is taken."""


def contrast_spectrum(image: FloatImage) -> Floats:
    """Amplitude spectrum relative to its median at the same distance from zero frequency.

    Welch's method (Welch 1967): the power of half-overlapping windowed tiles is summed.

    Parameters
    ----------
    image : float32 array, shape (height, width)

    Returns
    -------
    float64 array, shape (TILE_PX, TILE_PX // 2 + 1)
        As of ``np.fft.rfft2``; about 1 where there is only texture.
    """
    amplitude = _mean_spectrum(image)
    return amplitude / _radial_median(amplitude)


def _mean_spectrum(image: FloatImage) -> Floats:
    height, width = image.shape
    total = np.zeros((TILE_PX, TILE_PX // 2 + 1))
    window = np.hanning(min(height, TILE_PX))[:, None] * np.hanning(min(width, TILE_PX))
    for y in _tile_starts(height):
        for x in _tile_starts(width):
            tile = image[y : y + TILE_PX, x : x + TILE_PX]
            tile = tile - tile.mean()
            spectrum = np.fft.rfft2(tile * window, (TILE_PX, TILE_PX))
            total += spectrum.real**2 + spectrum.imag**2
    return np.asarray(np.sqrt(total))


def _tile_starts(length: int) -> Indices:
    count = max(1, int(np.ceil(1.5 * (length - TILE_PX) / TILE_PX)) + 1)
    return np.linspace(0, max(0, length - TILE_PX), count).astype(np.int64)


def _radial_median(amplitude: Floats) -> Floats:
    """Median amplitude of the ring about zero frequency that each bin lies in."""
    ring, order, cuts = _rings()
    medians = np.array([np.median(part) for part in np.split(amplitude.ravel()[order], cuts)])
    return np.asarray(medians[ring] + 1e-9)


@cache
def _rings() -> tuple[Indices, Indices, Indices]:
    """Ring of each bin; the order of bins by ring, and where a new ring begins in it."""
    fy = np.fft.fftfreq(TILE_PX)[:, None]
    fx = np.fft.rfftfreq(TILE_PX)[None, :]
    ring = np.minimum((np.hypot(fy, fx) * TILE_PX / 6).astype(int), TILE_PX // 12)
    order = np.argsort(ring, axis=None, kind="stable")
    return ring, order, np.flatnonzero(np.diff(ring.ravel()[order])) + 1


def sample_ray(spectrum: Floats, frequencies: Floats, angle: float | Floats) -> Floats:
    """Sample a spectrum along a ray from zero frequency, bilinear between bins.

    Parameters
    ----------
    spectrum : float64 array, shape (TILE_PX, TILE_PX // 2 + 1)
    frequencies : float64 array, shape (n,)
        Cycles per pixel.
    angle : float or float64 array, shape (..., 1)
        Radians from the x axis; of several rays at once.

    Returns
    -------
    float64 array, shape (n,) or (..., n)
    """
    fx, fy = frequencies * np.cos(angle), frequencies * np.sin(angle)
    sign = np.where(fx < 0, -1.0, 1.0)  # rfft2 holds the half plane fx >= 0; the rest mirrors it
    x, y = fx * sign * TILE_PX, fy * sign * TILE_PX
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    right, down = x - x0, y - y0
    value = np.zeros_like(x)
    for i, part_y in ((0, 1 - down), (1, down)):
        for j, part_x in ((0, 1 - right), (1, right)):
            bins = (y0 + i) % TILE_PX, np.clip(x0 + j, 0, TILE_PX // 2)
            value += part_y * part_x * spectrum[bins]
    return np.asarray(value)


def refine_frequency(image: FloatImage, frequency: Floats) -> Floats:
    """Refine a spatial frequency by the drift of its phase from block to block.

    The pulse-pair frequency estimator (Lank, Reed and Pollon 1973) with growing lags: each lag
    multiplies the precision, and the one before it resolves its ambiguity of whole turns.

    Parameters
    ----------
    image : float32 array, shape (height, width)
    frequency : float64 array, shape (2,)
        Cycles per pixel along x and y.

    Returns
    -------
    float64 array, shape (2,)
        The input for images of less than two blocks a side.
    """
    if min(image.shape) < 2 * PHASE_BLOCK_PX:
        return frequency
    phasors = _block_phasors(image, frequency)
    drift = np.zeros(2)
    for lag in (1, 2, 4, 8, 16):
        drift = np.array(
            [_phase_drift(phasors.T, lag, drift[0]), _phase_drift(phasors, lag, drift[1])]
        )
    return np.asarray(frequency + drift / (2 * np.pi * PHASE_BLOCK_PX))


def phase_coherence(image: FloatImage, frequency: Floats) -> float:
    """How well one frequency and phase describe all blocks, 0 to 1.

    Parameters
    ----------
    image : float32 array, shape (height, width)
    frequency : float64 array, shape (2,)
        Cycles per pixel along x and y.

    Returns
    -------
    float
        1 for images of less than two blocks a side.
    """
    if min(image.shape) < 2 * PHASE_BLOCK_PX:
        return 1.0
    phasors = _block_phasors(image, frequency)
    return float(np.abs(phasors.sum()) / (np.abs(phasors).sum() + 1e-9))


def _block_phasors(image: FloatImage, frequency: Floats) -> NDArray[np.complex64]:
    """Fourier coefficient of one frequency in each block, shape (blocks down, blocks across)."""
    height, width = (n // PHASE_BLOCK_PX * PHASE_BLOCK_PX for n in image.shape)
    x = np.exp(-2j * np.pi * frequency[0] * np.arange(width)).astype(np.complex64)
    y = np.exp(-2j * np.pi * frequency[1] * np.arange(height)).astype(np.complex64)
    window = np.hanning(PHASE_BLOCK_PX).astype(np.float32)
    x *= np.tile(window, width // PHASE_BLOCK_PX)
    y *= np.tile(window, height // PHASE_BLOCK_PX)
    mean = image.mean()
    phasors = []
    for top in range(0, height, PHASE_BLOCK_PX):  # a row of blocks at a time fits the cache
        rows = slice(top, top + PHASE_BLOCK_PX)
        band = (image[rows, :width] - mean) * x
        columns = band.reshape(PHASE_BLOCK_PX, width // PHASE_BLOCK_PX, PHASE_BLOCK_PX).sum(axis=2)
        phasors.append((columns * y[rows, None]).sum(axis=0))
    return np.stack(phasors)


def _phase_drift(phasors: NDArray[np.complex64], lag: int, estimate: float) -> float:
    """Phase gained per block along axis 0, in radians, from an estimate good to half a turn."""
    if lag >= len(phasors):
        return estimate
    turn = phasors[lag:] * np.conj(phasors[:-lag]) * np.exp(-1j * estimate * lag)
    return estimate + float(np.angle(turn.sum())) / lag


def ink_midway(darkness: FloatImage, frequency: Floats) -> float:
    """How much ink stands midway between lines, relative to that of the lines.

    A line between two pixels has as much ink as one on a pixel, but is half as dark.

    Parameters
    ----------
    darkness : float32 array, shape (height, width)
    frequency : float64 array, shape (2,)
        Of the lines, cycles per pixel along x and y.
    """
    # All pixels across the lines, some of those along them.
    strides = (PERIOD_STRIDE, 1) if abs(frequency[0]) > abs(frequency[1]) else (1, PERIOD_STRIDE)
    part = darkness[:: strides[0], :: strides[1]]
    down, across = (
        stride * np.arange(size) for stride, size in zip(strides, part.shape, strict=True)
    )
    phase = (down[:, None] * frequency[1] + across * frequency[0]) % 1.0
    bins = np.minimum((PERIOD_BINS * phase).astype(np.intp), PERIOD_BINS - 1).ravel()
    count = np.maximum(np.bincount(bins, minlength=PERIOD_BINS), 1)
    mean = np.bincount(bins, weights=part.ravel(), minlength=PERIOD_BINS) / count
    ink = np.maximum(mean - np.median(mean), 0.0)
    reach = max(round(LINE_REACH_PX * PERIOD_BINS * float(np.hypot(*frequency))), 1)
    nearby = np.arange(-reach, reach + 1)
    of_line = np.array([ink[(at + nearby) % PERIOD_BINS].sum() for at in range(PERIOD_BINS)])
    line = int(np.argmax(of_line))
    midway = of_line[(line + PERIOD_BINS // 2) % PERIOD_BINS]
    return float(midway / max(float(of_line[line]), 1e-9))
