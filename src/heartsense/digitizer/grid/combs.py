"""The combs of harmonics that a grid has in the spectrum of a page.

A ray is the contrast of the spectrum at some frequencies, in cycles per pixel, in one direction.
"""

from typing import Final

import numpy as np

from heartsense.digitizer.grid.spectrum import TILE_PX
from heartsense.numeric import Floats, local_maxima

MIN_PERIOD_PX, MAX_PERIOD_PX = 2.3, 90.0
"""Distances of grid lines: finer is texture, coarser may be the rows of traces."""

MIN_PEAK_CONTRAST: Final = 3.5
"""A harmonic stands this far above the median of the spectrum around it."""

MAX_HARMONIC_ERROR: Final = 0.6 / TILE_PX
"""How far a peak may lie from a multiple of the fundamental, cycles per pixel."""

REFINED_ORDERS: Final = (2, 4, 8, 16, 32)
"""Multiples of a frequency that refine it, so many more each time."""

MIN_LINE_CONTRAST: Final = 2.2
"""Median contrast above which a finer comb of lines is present (noise has 1)."""

MIN_CONTRAST_BETWEEN: Final = 0.5
"""Less between the harmonics of a comb counts as this: it is below what noise has."""

MIN_LINES: Final = 30
MAX_SPACING_PX: Final = 60.0
"""A finer comb is tried if it has more lines than this along the page, or lies closer: 5 mm of a
scan at 300 dots an inch are 59 pixels."""

MAX_UNEVEN_CONTRAST: Final = 0.22
"""Contrast that uneven distances of lines add at half or a third of their frequency, relative to
the lines': 0.04 to 0.21 where that was taken for the grid of a drawn strip or page, at least 0.24
at half or a third of what was the grid (1,090 strips, 119 pages)."""

MIN_5MM_SPACING_PX: Final = 12.0
"""Lines closer than this are 1 mm apart: at 5 mm no trace could be read."""

MAX_5MM_LINES: Final = 80
"""More lines than this along the page are 1 mm apart."""


def evenness(ray: Floats, frequencies: Floats, fundamental: float) -> float:
    """Median contrast at the first ten multiples of a frequency, relative to that between them."""
    order = np.arange(1, 11)
    order = order[(order + 0.5) * fundamental < frequencies[-1]]
    if not len(order):
        return 0.0
    on, between = (np.interp((order + part) * fundamental, frequencies, ray) for part in (0.0, 0.5))
    return float(np.median(on / np.maximum(between, MIN_CONTRAST_BETWEEN)))


def harmonic_peaks(ray: Floats, frequencies: Floats) -> tuple[Floats, Floats]:
    """Frequencies (parabolic interpolation) and weights (log contrast) of the peaks of a ray."""
    top = local_maxima(ray)
    top = top[ray[top] > MIN_PEAK_CONTRAST]
    left, middle, right = ray[top - 1], ray[top], ray[top + 1]
    shift = 0.5 * (left - right) / (left - 2 * middle + right - 1e-9)
    weight = np.log(middle / MIN_PEAK_CONTRAST)
    return frequencies[top] + shift * (frequencies[1] - frequencies[0]), weight


def fundamental_frequency(rays: list[Floats], frequencies: Floats) -> float | None:
    """Highest frequency whose multiples explain (nearly) all peaks; None without clear peaks."""
    found = [harmonic_peaks(ray, frequencies) for ray in rays]
    peaks = np.concatenate([f for f, _ in found])
    weights = np.concatenate([w for _, w in found]) ** 2
    if not len(weights) or weights.max() < np.log(2) ** 2:
        return None
    clear = weights > 0.1 * weights.max()
    peaks, weights = peaks[clear], weights[clear]
    strongest = peaks[np.argsort(weights)[-4:]]
    candidates = (strongest[:, None] / np.array([1, 2, 3, 5])).ravel()
    candidates = np.concatenate([candidates, np.sort(peaks)[:4]])
    candidates = candidates[candidates > 1.0 / MAX_PERIOD_PX]
    refined = [_refined_by_multiples(candidate, peaks, weights) for candidate in candidates]
    candidates = np.concatenate([candidates, refined])
    order = np.round(peaks[:, None] / candidates)
    error = np.abs(peaks[:, None] - order * candidates)
    explained = ((error < MAX_HARMONIC_ERROR) * weights[:, None]).sum(axis=0)
    by_chance = np.minimum(2 * MAX_HARMONIC_ERROR / candidates, 1.0) * weights.sum()
    score = explained - by_chance
    return float(candidates[score >= 0.5 * score.max()].max())


def _refined_by_multiples(candidate: float, peaks: Floats, weights: Floats) -> float:
    """A frequency fitted to the peaks at its multiples, from the lowest on.

    A single peak does not tell it exactly enough: its seventeenth multiple would be off by more
    than ``MAX_HARMONIC_ERROR``.
    """
    for highest in REFINED_ORDERS:
        order = np.round(peaks / candidate)
        near = np.abs(peaks - order * candidate) < MAX_HARMONIC_ERROR
        used = near & (order > 0) & (order <= highest)
        if used.any():
            candidate = float(
                np.average(peaks[used] / order[used], weights=(weights * order)[used])
            )
    return candidate


def even_comb(rays: list[Floats], frequencies: Floats, fundamental: float) -> float:
    """The fundamental, or that of the lines if it is only that of their uneven distances.

    Where a millimetre is six pixels and a half and lines lie at whole pixels, their distances are
    six and seven in turn: besides the comb of the lines there is a faint one of half its frequency.
    """
    for parts in (2, 3):
        heights = _comb_heights(rays, frequencies, parts * fundamental, parts)
        if heights is not None and heights[0] < MAX_UNEVEN_CONTRAST * heights[1]:
            return parts * fundamental
    return fundamental


def _comb_heights(
    rays: list[Floats], frequencies: Floats, fundamental: float, parts: int
) -> tuple[float, float] | None:
    """Median contrast at the multiples of ``fundamental / parts``: the additional, the known ones.

    Returns
    -------
    tuple of float or None
        None where the frequencies hold none of either.
    """
    order = np.arange(1, 4 * parts)
    known = order % parts == 0
    comb = fundamental / parts * order
    reached = (comb > frequencies[0]) & (comb < frequencies[-1])
    if not (reached & ~known).any() or not (reached & known).any():
        return None
    heights = np.array([np.interp(comb, frequencies, ray) for ray in rays])
    additional, fundamentals = (np.median(heights[:, reached & of]) for of in (~known, known))
    return float(additional), float(fundamentals)


def _has_finer_comb(
    rays: list[Floats], frequencies: Floats, fundamental: float, parts: int, min_ratio: float
) -> bool:
    """Whether there are also lines at multiples of ``fundamental / parts``.

    Parameters
    ----------
    min_ratio : float
        Contrast that the additional harmonics need, relative to those of ``fundamental``.
    """
    heights = _comb_heights(rays, frequencies, fundamental, parts)
    if heights is None or fundamental / parts < 1.0 / MAX_PERIOD_PX:
        return False
    additional, known = heights
    return additional > max(MIN_LINE_CONTRAST, min_ratio * known)


def finest_comb(rays: list[Floats], frequencies: Floats, fundamental: float, side: float) -> float:
    """The fundamental, or a part of it if the comb has lines between its multiples.

    Thin lines have harmonics of one height, so that the fundamental may have been taken for four
    times what it is: halves are tried twice.
    """
    for parts in (2, 2, 3):
        finer = fundamental / parts
        plausible = finer * side > MIN_LINES or finer * MAX_SPACING_PX > 1.0
        if plausible and _has_finer_comb(rays, frequencies, fundamental, parts, min_ratio=0.45):
            fundamental = finer
    return fundamental


def line_spacing_mm(
    rays: list[Floats], frequencies: Floats, fundamental: float, side: float
) -> float:
    """Millimetres between the lines of the fundamental frequency: 1 or 5.

    A grid of 1 mm lines with every fifth bold has faint harmonics at fifths of the 1 mm
    frequency. If the fundamental is that of the bold lines, its fifth harmonic is higher than the
    fourth. A comb without either has lines of one kind only, and their number decides.
    """
    if _has_finer_comb(rays, frequencies, fundamental, 5, min_ratio=0.25):
        return 1.0
    harmonics = fundamental * np.array([1.0, 4.0, 5.0])
    for ray in rays:
        first, fourth, fifth = np.interp(harmonics, frequencies, ray)
        limit = max(MIN_PEAK_CONTRAST, 1.15 * fourth, 0.5 * first)
        if harmonics[2] < frequencies[-1] and fifth > limit:
            return 5.0
    if fundamental * side > MAX_5MM_LINES or fundamental * MIN_5MM_SPACING_PX > 1.0:
        return 1.0
    return 5.0


def clearest_harmonic(ray: Floats, frequencies: Floats, fundamental: float) -> float:
    """Highest contrast of the first ten multiples of the fundamental on one ray."""
    harmonics = fundamental * np.arange(1, 11)
    return float(np.interp(harmonics, frequencies, ray, right=0.0).max())
