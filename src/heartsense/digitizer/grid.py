"""The grid's pitch and rotation, from its spatial frequencies.

Method: in the mean spectrum of overlapping tiles (Welch 1967) the grid is two combs of peaks, a
right angle apart. The comb's base line gives a first pitch and angle; the drift of its phase from
block to block across the page then sharpens both to a few parts in ten thousand.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.ink import Map
from heartsense.numeric import local_maxima

TILE: Final = 512
BLOCK: Final = 64
MAX_ANGLE: Final = np.deg2rad(8.0)
MIN_PERIOD, MAX_PERIOD = 2.3, 90.0
"""Pixels between grid lines that can be told from texture and from the page's own rows."""

PEAK: Final = 3.5
"""A comb line stands this far above the median of the spectrum round it."""

TOLERANCE: Final = 0.6 / TILE
"""How far from a multiple of the base, in cycles a pixel, a peak may lie."""

PRESENT: Final = 2.2
"""Median contrast above which lines between the multiples of a base are there (noise has 1)."""

FEW_LINES, WIDE = 30, 45.0
"""Fewer lines along a page's mean side, further apart in pixels, are more than 5 mm apart."""

CLOSE: Final = 12.0
"""Lines closer than this, in pixels, are 1 mm apart: at 5 mm no trace could be read."""

MANY_LINES: Final = 80
"""More lines than this along a page's mean side are 1 mm apart, fewer 5 mm."""

Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Grid:
    """Pixels a millimetre along x and y; rotation in degrees, counter-clockwise positive."""

    pitch_x: float
    pitch_y: float
    rotation: float


def find_grid(dark: Map) -> Grid | None:
    """Find the millimetre grid of a page, or None where there is none.

    Parameters
    ----------
    dark : float32 array, shape (height, width)
        Darkness of the grid, with the ink taken out.
    """
    amplitude = _spectrum(dark)
    contrast = amplitude / _local_median(amplitude)
    frequencies = np.arange(1.0 / MAX_PERIOD, 1.0 / MIN_PERIOD, 0.25 / TILE)
    angle = _comb_angle(contrast, frequencies)
    lines = [_along(contrast, frequencies, angle + turn) for turn in (0.0, np.pi / 2)]
    base = _base_line(lines, frequencies)
    if base is None:
        return None
    side = float(np.sqrt(dark.size))
    base = _whole_comb(lines, frequencies, base, side)
    spacing = _millimetres(lines, frequencies, base, side)
    vectors = [
        _sharpened(dark, line, frequencies, base, turn)
        for line, turn in zip(lines, (angle, angle + np.pi / 2), strict=True)
    ]
    tilts = [
        np.arctan2(v[1], v[0]) - turn for v, turn in zip(vectors, (0.0, np.pi / 2), strict=True)
    ]
    periods = [1.0 / np.hypot(*v) for v in vectors]
    if abs(np.log(periods[0] / periods[1])) > 0.1:
        return None
    return Grid(
        pitch_x=periods[0] / spacing,
        pitch_y=periods[1] / spacing,
        rotation=-float(np.rad2deg(np.mean(tilts))),
    )


def _spectrum(dark: Map) -> Real:
    """Mean amplitude spectrum of half-overlapping windowed tiles, shape (TILE, TILE // 2 + 1)."""
    height, width = dark.shape
    total = np.zeros((TILE, TILE // 2 + 1))
    for y in _tile_starts(height):
        for x in _tile_starts(width):
            tile = dark[y : y + TILE, x : x + TILE]
            tile = tile - tile.mean()
            window = np.hanning(tile.shape[0])[:, None] * np.hanning(tile.shape[1])
            total += np.abs(np.fft.rfft2(tile * window, (TILE, TILE))) ** 2
    return np.asarray(np.sqrt(total))


def _tile_starts(length: int) -> NDArray[np.int64]:
    count = max(1, int(np.ceil(1.5 * (length - TILE) / TILE)) + 1)
    return np.linspace(0, max(0, length - TILE), count).astype(np.int64)


def _local_median(amplitude: Real) -> Real:
    """Median amplitude at each distance from zero frequency: the texture a peak must rise above."""
    fy = np.fft.fftfreq(TILE)[:, None]
    fx = np.fft.rfftfreq(TILE)[None, :]
    ring = np.minimum((np.hypot(fy, fx) * TILE / 6).astype(int), TILE // 12)
    order = np.argsort(ring, axis=None, kind="stable")
    cuts = np.flatnonzero(np.diff(ring.ravel()[order])) + 1
    medians = np.array([np.median(part) for part in np.split(amplitude.ravel()[order], cuts)])
    return np.asarray(medians[ring] + 1e-9)


def _along(spectrum: Real, frequencies: Real, angle: float) -> Real:
    """The spectrum along a ray, bilinear between bins."""
    fx, fy = frequencies * np.cos(angle), frequencies * np.sin(angle)
    mirrored = np.where(fx < 0, -1.0, 1.0)
    x, y = fx * mirrored * TILE, fy * mirrored * TILE
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    right, down = x - x0, y - y0
    value = np.zeros_like(x)
    for i, part_y in ((0, 1 - down), (1, down)):
        for j, part_x in ((0, 1 - right), (1, right)):
            value += part_y * part_x * spectrum[(y0 + i) % TILE, np.clip(x0 + j, 0, TILE // 2)]
    return np.asarray(value)


def _comb_angle(contrast: Real, frequencies: Real) -> float:
    """The angle at which both combs together stand out most."""
    angles = np.linspace(-MAX_ANGLE, MAX_ANGLE, 65)
    usable = frequencies[frequencies > 6.0 / TILE]
    heights = [
        sum(
            np.minimum(np.maximum(_along(contrast, usable, a + turn) - PEAK, 0.0), 10.0).sum()
            for turn in (0.0, np.pi / 2)
        )
        for a in angles
    ]
    best = np.asarray(heights)
    return float(angles[best >= best.max() * 0.98].mean()) if best.max() > 0 else 0.0


def _peaks(line: Real, frequencies: Real) -> tuple[Real, Real]:
    """Frequencies and weights (log contrast) of the peaks along a ray."""
    top = local_maxima(line)
    top = top[line[top] > PEAK]
    left, middle, right = line[top - 1], line[top], line[top + 1]
    shift = 0.5 * (left - right) / (left - 2 * middle + right - 1e-9)
    return frequencies[top] + shift * (frequencies[1] - frequencies[0]), np.log(middle / PEAK)


def _base_line(lines: list[Real], frequencies: Real) -> float | None:
    """The highest frequency whose multiples are (nearly) all the peaks."""
    found = [_peaks(line, frequencies) for line in lines]
    peaks = np.concatenate([f for f, _ in found])
    weights = np.concatenate([w for _, w in found]) ** 2
    if not len(weights) or weights.max() < np.log(2) ** 2:
        return None
    clear = weights > 0.1 * weights.max()
    peaks, weights = peaks[clear], weights[clear]
    strongest = peaks[np.argsort(weights)[-4:]]
    candidates = (strongest[:, None] / np.array([1, 2, 3, 5])).ravel()
    candidates = np.concatenate([candidates, np.sort(peaks)[:4]])
    candidates = candidates[candidates > 1.0 / MAX_PERIOD]
    order = np.round(peaks[:, None] / candidates)
    off = np.abs(peaks[:, None] - order * candidates)
    explained = ((off < TOLERANCE) * weights[:, None]).sum(axis=0)
    by_chance = np.minimum(2 * TOLERANCE / candidates, 1.0) * weights.sum()
    score = explained - by_chance
    return float(candidates[score >= 0.5 * score.max()].max())


def _has_finer_lines(
    lines: list[Real], frequencies: Real, base: float, parts: int, share: float
) -> bool:
    """Whether there is a comb of ``base / parts`` of which that of ``base`` is only a part.

    ``share`` is how high its further lines must stand beside those of ``base``.
    """
    order = np.arange(1, 4 * parts)
    on_base = order % parts == 0
    comb = base / parts * order
    reached = (comb > frequencies[0]) & (comb < frequencies[-1])
    if base / parts < 1.0 / MAX_PERIOD or not (reached & ~on_base).any():
        return False
    heights = np.array([np.interp(comb, frequencies, line) for line in lines])
    between = float(np.median(heights[:, reached & ~on_base]))
    return between > max(PRESENT, share * float(np.median(heights[:, reached & on_base])))


def _whole_comb(lines: list[Real], frequencies: Real, base: float, side: float) -> float:
    """The base, or its half or third where the comb has lines between its multiples."""
    for parts in (2, 3):
        narrower = base / parts
        plausible = narrower * side > FEW_LINES or narrower * WIDE > 1.0
        if plausible and _has_finer_lines(lines, frequencies, base, parts, share=0.45):
            base = narrower
    return base


def _millimetres(lines: list[Real], frequencies: Real, base: float, side: float) -> float:
    """Millimetres between the lines of the base frequency.

    A grid of 1 mm lines with every fifth bold has faint lines at fifths of the 1 mm frequency; if
    the base is that of the bold lines, its fifth multiple rises above the fourth. A comb without
    either is of one kind of line, and only their number across the page can tell which.
    """
    if _has_finer_lines(lines, frequencies, base, 5, share=0.25):
        return 1.0
    multiples = base * np.array([1.0, 4.0, 5.0])
    for line in lines:
        first, fourth, fifth = np.interp(multiples, frequencies, line)
        if multiples[2] < frequencies[-1] and fifth > max(PEAK, 1.15 * fourth, 0.5 * first):
            return 5.0
    return 1.0 if base * side > MANY_LINES or base * CLOSE > 1.0 else 5.0


def _sharpened(dark: Map, line: Real, frequencies: Real, base: float, angle: float) -> Real:
    """The base's frequency vector along one axis, by way of the comb's strongest multiple."""
    peaks, weights = _peaks(line, frequencies)
    order = np.maximum(np.round(peaks / base), 1.0)
    off = np.abs(peaks - order * base)
    usable = (off < 2.5 * TOLERANCE) & (order <= 10)
    if not usable.any():
        return base * np.array([np.cos(angle), np.sin(angle)])
    best = int(np.argmax(np.where(usable, weights, -1.0)))
    strongest = peaks[best] * np.array([np.cos(angle), np.sin(angle)])
    return np.asarray(_refine(dark, strongest) / order[best])


def _refine(dark: Map, vector: Real) -> Real:
    """Sharpen a frequency vector (cycles a pixel along x and y) by its phase across the page."""
    if min(dark.shape) < 2 * BLOCK:
        return vector
    phases = _phases(dark, vector)
    drift = np.zeros(2)
    for lag in (1, 2, 4, 8, 16):
        drift = np.array([_drift(phases.T, lag, drift[0]), _drift(phases, lag, drift[1])])
    return np.asarray(vector + drift / (2 * np.pi * BLOCK))


def _phases(dark: Map, vector: Real) -> NDArray[np.complex64]:
    """The wave of one frequency in each block of the page, shape (blocks down, blocks across)."""
    height, width = (n // BLOCK * BLOCK for n in dark.shape)
    x = np.exp(-2j * np.pi * vector[0] * np.arange(width)).astype(np.complex64)
    y = np.exp(-2j * np.pi * vector[1] * np.arange(height)).astype(np.complex64)
    window = np.hanning(BLOCK).astype(np.float32)
    x *= np.tile(window, width // BLOCK)
    y *= np.tile(window, height // BLOCK)
    level = dark[:height, :width] - dark.mean()
    columns = (level * x).reshape(height, width // BLOCK, BLOCK).sum(axis=2)
    return np.asarray((columns * y[:, None]).reshape(height // BLOCK, BLOCK, -1).sum(axis=1))


def _drift(phases: NDArray[np.complex64], lag: int, known: float) -> float:
    """Phase gained a block along axis 0, given a value already known to well under a turn."""
    if lag >= len(phases):
        return known
    turn = phases[lag:] * np.conj(phases[:-lag]) * np.exp(-1j * known * lag)
    return known + float(np.angle(turn.sum())) / lag
