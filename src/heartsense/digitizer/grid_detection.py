"""Detect the millimetre grid: its pitch and rotation, from its spatial frequencies.

In the mean spectrum of the page the grid is two combs of harmonics at a right angle. Their
fundamental frequency gives a first pitch and angle; the phase of the strongest harmonic across the
page refines both to a few parts in ten thousand.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from heartsense.digitizer.grid_spectrum import (
    TILE_PX,
    contrast_spectrum,
    ink_midway,
    phase_coherence,
    refine_frequency,
    sample_ray,
)
from heartsense.digitizer.ink_segmentation import DarknessMaps, FloatImage, grid_without_ink
from heartsense.digitizer.rectified_page import MAX_STRAIGHT_DEGREES
from heartsense.numeric import Floats, local_maxima

MAX_ANGLE: Final = np.deg2rad(MAX_STRAIGHT_DEGREES)
"""Of pages that lie straight. Others are looked for only where they stand out farther."""

ANGLE_STEP_DEGREES: Final = 0.5
_ALL_DEGREES: Final = np.arange(-45.0, 45.0, ANGLE_STEP_DEGREES)
FAR_ANGLES: Final = np.deg2rad(_ALL_DEGREES[np.abs(_ALL_DEGREES) > MAX_STRAIGHT_DEGREES])
MIN_FAR_CONTRAST: Final = 2.0
"""How much more contrast the combs of a page that is turned farther must have than those of one
that lies straight."""

MIN_PERIOD_PX, MAX_PERIOD_PX = 2.3, 90.0
"""Distances of grid lines: finer is texture, coarser may be the rows of traces."""

MIN_PEAK_CONTRAST: Final = 3.5
"""A harmonic stands this far above the median of the spectrum around it."""

CLEAR_CONTRAST: Final = 60.0
"""A grid without the ink that stands out so far is no remains of one that is as dark as the ink."""

MIN_DARK_CONTRAST: Final = 15.0
"""Contrast from which a grid as dark as the ink is none of text and traces."""

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

MIN_MIDWAY: Final = 0.2
"""Ink midway between lines 5 mm apart, relative to theirs and in both directions, from which these
are each other line: 0.29 to 0.96 on three drawn strips whose lines lie on a pixel and between two
in turn; 0.01 at most on 49 pages, 33 of them real, whose lines are far enough apart."""

MIN_5MM_SPACING_PX: Final = 12.0
"""Lines closer than this are 1 mm apart: at 5 mm no trace could be read."""

MAX_5MM_LINES: Final = 80
"""More lines than this along the page are 1 mm apart."""

FAINT_CONTRAST: Final = 10.0
"""Contrast below which a grid may be none. On turned pages without a grid, names and traces have 4
to 7."""

MIN_COHERENCE: Final = 0.45
"""Phase coherence of the strongest harmonic below which the most coherent one tells the pitch of
what may be pieces of a grid. On bent pages all are low."""

MIN_BROKEN_CONTRAST: Final = 8.0
MIN_BROKEN_EVENNESS: Final = 1.3
MAX_BROKEN_PITCH_DIFFERENCE: Final = 0.015
"""Contrast and evenness that pieces of a grid need, and how much their pitches may differ. Scans
with a tenth of their grid left have 10 to 13, 1.36 to 1.7 and 0.001 to 0.008. Of 100 charts, pages
of text and photographs, only those on drawn grids have all of that."""

MAX_DARK_PITCH_DIFFERENCE: Final = 0.03
"""The same of a whole grid that shows only among the ink."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Scale and rotation of a page.

    Attributes
    ----------
    pitch_x, pitch_y : float
        Pixels per millimetre along x and y.
    rotation : float
        Degrees, counter-clockwise positive.
    contrast : float
        How far the clearest harmonic of the fainter of both combs stands above the spectrum around
        it. Infinite for a grid that was followed, and for a scale without one.
    evenness : float
        Median contrast of the harmonics of 5 mm, relative to that between them, of the fainter of
        both combs: 1 without a grid.
    is_ink : bool
        Whether it is even and shows only among the ink: in black and white all of it is as dark as
        the trace, and pieces may be lost.
    """

    pitch_x: float
    pitch_y: float
    rotation: float
    contrast: float = np.inf
    evenness: float = np.inf
    is_ink: bool = False

    @property
    def pitch_difference(self) -> float:
        """How much the pitches along and down the page differ, relative."""
        return abs(self.pitch_x / self.pitch_y - 1)

    @property
    def is_broken(self) -> bool:
        """Whether a scanner left so little of it that the leads must confirm it."""
        return self.is_ink and self.contrast < MIN_DARK_CONTRAST

    @property
    def is_sure(self) -> bool:
        """Whether it stands out too far to be names and traces, or pieces of a grid."""
        return self.contrast >= FAINT_CONTRAST and not self.is_broken

    @property
    def may_be_pieces(self) -> bool:
        """Whether what stands out so little is even enough to be pieces of a grid."""
        return (
            self.contrast > MIN_BROKEN_CONTRAST
            and self.evenness > MIN_BROKEN_EVENNESS
            and self.pitch_difference < MAX_BROKEN_PITCH_DIFFERENCE
        )


def detect_clearer_grid(darkness: DarknessMaps) -> Grid | None:
    """Detect the millimetre grid without the ink; with it where the grid may be as dark as ink.

    A clear grid without the ink counts. Else the clearer one does, if both are found. One that is
    found among the ink alone must be even, as pieces of a grid are, or stand out far.

    Returns
    -------
    Grid or None
        None where there is no grid.
    """
    without_ink = detect_grid(grid_without_ink(darkness))
    if without_ink is not None and without_ink.contrast >= CLEAR_CONTRAST:
        return without_ink
    with_ink = detect_grid(darkness.grid, may_be_pieces=without_ink is None)
    if with_ink is None:
        return without_ink
    if without_ink is not None:
        return with_ink if with_ink.contrast > without_ink.contrast else without_ink
    if with_ink.may_be_pieces:
        return replace(with_ink, is_ink=True)
    is_square = with_ink.pitch_difference < MAX_DARK_PITCH_DIFFERENCE
    return with_ink if is_square and with_ink.contrast > MIN_DARK_CONTRAST else None


def detect_grid(darkness: FloatImage, *, may_be_pieces: bool = False) -> Grid | None:
    """Detect the millimetre grid of a page.

    Parameters
    ----------
    darkness : float32 array, shape (height, width)
        Darkness of the grid without the ink.
    may_be_pieces : bool
        Whether only pieces of the grid may be left: the clearest harmonic may then be one of the
        traces, which is not the same all over the page.

    Returns
    -------
    Grid or None
        None where there is no grid.
    """
    spectrum = contrast_spectrum(darkness)
    frequencies = np.arange(1.0 / MAX_PERIOD_PX, 1.0 / MIN_PERIOD_PX, 0.25 / TILE_PX)
    straight, far = _comb_angles(spectrum, frequencies)
    if far is not None:
        grid = _grid_at(darkness, spectrum, frequencies, far, may_be_pieces=may_be_pieces)
        if grid is not None and grid.contrast > MIN_DARK_CONTRAST:
            return grid
    return _grid_at(darkness, spectrum, frequencies, straight, may_be_pieces=may_be_pieces)


def _grid_at(
    darkness: FloatImage,
    spectrum: Floats,
    frequencies: Floats,
    angle: float,
    *,
    may_be_pieces: bool,
) -> Grid | None:
    """The grid whose rows have about an angle, radians clockwise; None where there is none."""
    rays = [sample_ray(spectrum, frequencies, angle + turn) for turn in (0.0, np.pi / 2)]
    fundamental = _fundamental(rays, frequencies)
    if fundamental is None:
        return None
    side = float(np.sqrt(darkness.size))
    fundamental = _even_comb(rays, frequencies, fundamental)
    fundamental = _finest_comb(rays, frequencies, fundamental, side)
    spacing = _line_spacing_mm(rays, frequencies, fundamental, side)
    vectors = [
        _refined_fundamental(
            darkness, ray, frequencies, fundamental, turn, may_be_pieces=may_be_pieces
        )
        for ray, turn in zip(rays, (angle, angle + np.pi / 2), strict=True)
    ]
    if spacing > 1 and _are_every_other(darkness, vectors):
        vectors = [2 * v for v in vectors]
        fundamental *= 2
    tilts = [
        np.arctan2(v[1], v[0]) - turn for v, turn in zip(vectors, (0.0, np.pi / 2), strict=True)
    ]
    periods = [1.0 / np.hypot(*v) for v in vectors]
    contrast = min(_clearest_harmonic(ray, frequencies, fundamental) for ray in rays)
    if contrast < MIN_PEAK_CONTRAST or abs(np.log(periods[0] / periods[1])) > 0.1:
        return None
    return Grid(
        pitch_x=periods[0] / spacing,
        pitch_y=periods[1] / spacing,
        rotation=-float(np.rad2deg(np.mean(tilts))),
        contrast=contrast,
        evenness=min(_evenness(ray, frequencies, fundamental * spacing / 5) for ray in rays),
    )


def _are_every_other(darkness: FloatImage, frequencies: list[Floats]) -> bool:
    """Whether lines of 5 mm lie midway between those of these frequencies too."""
    return all(
        np.hypot(*frequency) * 2 * MIN_5MM_SPACING_PX < 1
        and ink_midway(darkness, frequency) > MIN_MIDWAY
        for frequency in frequencies
    )


def _evenness(ray: Floats, frequencies: Floats, fundamental: float) -> float:
    """Median contrast at the first ten multiples of a frequency, relative to that between them."""
    order = np.arange(1, 11)
    order = order[(order + 0.5) * fundamental < frequencies[-1]]
    if not len(order):
        return 0.0
    on, between = (np.interp((order + part) * fundamental, frequencies, ray) for part in (0.0, 0.5))
    return float(np.median(on / np.maximum(between, MIN_CONTRAST_BETWEEN)))


def _comb_angles(contrast: Floats, frequencies: Floats) -> tuple[float, float | None]:
    """Angles in radians at which both combs together have the most contrast.

    That of a page that lies straight, and that of one that is turned farther, where it has so much
    more; else None.
    """
    straight = np.linspace(-MAX_ANGLE, MAX_ANGLE, 65)
    heights = _comb_contrast(contrast, frequencies, straight)
    best = _clearest(straight, heights) if heights.max() > 0 else 0.0
    far = _comb_contrast(contrast, frequencies, FAR_ANGLES)
    if far.max() <= MIN_FAR_CONTRAST * heights.max():
        return best, None
    step = np.deg2rad(ANGLE_STEP_DEGREES)
    near = FAR_ANGLES[int(np.argmax(far))] + np.linspace(-step, step, 9)
    return best, _clearest(near, _comb_contrast(contrast, frequencies, near))


def _clearest(angles: Floats, heights: Floats) -> float:
    """The mean of the angles with about the most contrast."""
    return float(angles[heights >= heights.max() * 0.98].mean())


def _comb_contrast(contrast: Floats, frequencies: Floats, angles: Floats) -> Floats:
    """Contrast of both combs at some angles, shape (angles,)."""
    usable = frequencies[frequencies > 6.0 / TILE_PX]
    rays = sample_ray(contrast, usable, angles[:, None, None] + np.array([[0.0], [np.pi / 2]]))
    return np.asarray(
        np.minimum(np.maximum(rays - MIN_PEAK_CONTRAST, 0.0), 10.0).sum(axis=2).sum(axis=1)
    )


def _harmonic_peaks(ray: Floats, frequencies: Floats) -> tuple[Floats, Floats]:
    """Frequencies (parabolic interpolation) and weights (log contrast) of the peaks of a ray."""
    top = local_maxima(ray)
    top = top[ray[top] > MIN_PEAK_CONTRAST]
    left, middle, right = ray[top - 1], ray[top], ray[top + 1]
    shift = 0.5 * (left - right) / (left - 2 * middle + right - 1e-9)
    weight = np.log(middle / MIN_PEAK_CONTRAST)
    return frequencies[top] + shift * (frequencies[1] - frequencies[0]), weight


def _fundamental(rays: list[Floats], frequencies: Floats) -> float | None:
    """Highest frequency whose multiples explain (nearly) all peaks; None without clear peaks."""
    found = [_harmonic_peaks(ray, frequencies) for ray in rays]
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


def _even_comb(rays: list[Floats], frequencies: Floats, fundamental: float) -> float:
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


def _finest_comb(rays: list[Floats], frequencies: Floats, fundamental: float, side: float) -> float:
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


def _line_spacing_mm(
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


def _clearest_harmonic(ray: Floats, frequencies: Floats, fundamental: float) -> float:
    """Highest contrast of the first ten multiples of the fundamental on one ray."""
    harmonics = fundamental * np.arange(1, 11)
    return float(np.interp(harmonics, frequencies, ray, right=0.0).max())


def _refined_fundamental(
    darkness: FloatImage,
    ray: Floats,
    frequencies: Floats,
    fundamental: float,
    angle: float,
    *,
    may_be_pieces: bool,
) -> Floats:
    """Fundamental as a vector (cycles per pixel along x and y), from its clearest harmonic."""
    direction = np.array([np.cos(angle), np.sin(angle)])
    peaks, weights = _harmonic_peaks(ray, frequencies)
    order = np.maximum(np.round(peaks / fundamental), 1.0)
    error = np.abs(peaks - order * fundamental)
    usable = (error < 2.5 * MAX_HARMONIC_ERROR) & (order <= 10)
    if not usable.any():
        return fundamental * direction
    strongest = int(np.argmax(np.where(usable, weights, -1.0)))
    found = refine_frequency(darkness, peaks[strongest] * direction)
    if not may_be_pieces or phase_coherence(darkness, found) >= MIN_COHERENCE:
        return np.asarray(found / order[strongest])
    refined = [refine_frequency(darkness, peak * direction) for peak in peaks[usable]]
    best = int(np.argmax([phase_coherence(darkness, frequency) for frequency in refined]))
    return np.asarray(refined[best] / order[usable][best])
