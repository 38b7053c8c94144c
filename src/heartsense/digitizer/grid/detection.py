"""Detect the millimetre grid: its pitch and rotation, from its spatial frequencies.

In the mean spectrum of the page the grid is two combs of harmonics at a right angle. Their
fundamental frequency gives a first pitch and angle; the phase of the strongest harmonic across the
page refines both to a few parts in ten thousand.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from heartsense.digitizer.grid.combs import (
    MAX_HARMONIC_ERROR,
    MAX_PERIOD_PX,
    MIN_5MM_SPACING_PX,
    MIN_PEAK_CONTRAST,
    MIN_PERIOD_PX,
    clearest_harmonic,
    even_comb,
    evenness,
    finest_comb,
    fundamental_frequency,
    harmonic_peaks,
    line_spacing_mm,
)
from heartsense.digitizer.grid.grid import MAX_STRAIGHT_DEGREES, MIN_DARK_CONTRAST, Grid
from heartsense.digitizer.grid.spectrum import (
    TILE_PX,
    contrast_spectrum,
    ink_midway,
    phase_coherence,
    refine_frequency,
    sample_ray,
)
from heartsense.digitizer.ink.segmentation import DarknessMaps, FloatImage, grid_without_ink
from heartsense.numeric import Floats

MAX_ANGLE: Final = np.deg2rad(MAX_STRAIGHT_DEGREES)
"""Of pages that lie straight. Others are looked for only where they stand out farther."""

ANGLE_STEP_DEGREES: Final = 0.5
_ALL_DEGREES: Final = np.arange(-45.0, 45.0, ANGLE_STEP_DEGREES)
FAR_ANGLES: Final = np.deg2rad(_ALL_DEGREES[np.abs(_ALL_DEGREES) > MAX_STRAIGHT_DEGREES])
MIN_FAR_CONTRAST: Final = 2.0
"""How much more contrast the combs of a page that is turned farther must have than those of one
that lies straight."""

CLEAR_CONTRAST: Final = 60.0
"""A grid without the ink that stands out so far is no remains of one that is as dark as the ink."""

MIN_MIDWAY: Final = 0.2
"""Ink midway between lines 5 mm apart, relative to theirs and in both directions, from which these
are each other line: 0.29 to 0.96 on three drawn strips whose lines lie on a pixel and between two
in turn; 0.01 at most on 49 pages, 33 of them real, whose lines are far enough apart."""

MIN_COHERENCE: Final = 0.45
"""Phase coherence of the strongest harmonic below which the most coherent one tells the pitch of
what may be pieces of a grid. On bent pages all are low."""

MAX_DARK_PITCH_DIFFERENCE: Final = 0.03
"""How much the pitches of a whole grid may differ that shows only among the ink."""


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
    fundamental = fundamental_frequency(rays, frequencies)
    if fundamental is None:
        return None
    side = float(np.sqrt(darkness.size))
    fundamental = even_comb(rays, frequencies, fundamental)
    fundamental = finest_comb(rays, frequencies, fundamental, side)
    spacing = line_spacing_mm(rays, frequencies, fundamental, side)
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
    contrast = min(clearest_harmonic(ray, frequencies, fundamental) for ray in rays)
    if contrast < MIN_PEAK_CONTRAST or abs(np.log(periods[0] / periods[1])) > 0.1:
        return None
    return Grid(
        pitch_x=periods[0] / spacing,
        pitch_y=periods[1] / spacing,
        rotation=-float(np.rad2deg(np.mean(tilts))),
        contrast=contrast,
        evenness=min(evenness(ray, frequencies, fundamental * spacing / 5) for ray in rays),
    )


def _are_every_other(darkness: FloatImage, frequencies: list[Floats]) -> bool:
    """Whether lines of 5 mm lie midway between those of these frequencies too."""
    return all(
        np.hypot(*frequency) * 2 * MIN_5MM_SPACING_PX < 1
        and ink_midway(darkness, frequency) > MIN_MIDWAY
        for frequency in frequencies
    )


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
    peaks, weights = harmonic_peaks(ray, frequencies)
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
