"""Which way up a page is: pages turned by 90, 180 or 270 degrees are read as the upright ones.

Upside down, leads are inverted and reversed in time, and no law tells for a single strip. But a
legend, a calibration pulse and the laws of twelve leads hold in one direction only, and the broad T
wave follows the steep QRS complex.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.digitizer.evidence.beats import steep_moments
from heartsense.digitizer.grid import detect_grid
from heartsense.digitizer.grid_lattice.seed import find_seeds
from heartsense.digitizer.ink.segmentation import darkness_maps, grid_without_ink
from heartsense.ecg import ECG
from heartsense.numeric import Floats

T_WAVE_SECONDS: Final = (0.12, 0.42)
"""Where the T wave lies after a complex; its mirror image holds only the P wave."""

SMOOTHING_SECONDS: Final = 0.04
NOISE_MV: Final = 0.01
GATE_SIDE: Final = 900
"""Longer side of the copy on which a grid is looked for, pixels."""


def t_wave_asymmetry(ecg: ECG) -> float:
    """Log ratio of what follows the complexes to what precedes them: above 0 on upright pages.

    On 228 pages it was above 0 in 92 %, and below -0.3 in 1 %. 0 where no lead shows both sides.
    """
    signal = ecg.signal.astype(np.float64)
    near, far = (round(seconds * ecg.rate) for seconds in T_WAVE_SECONDS)
    kernel = np.full(round(SMOOTHING_SECONDS * ecg.rate), 1 / round(SMOOTHING_SECONDS * ecg.rate))
    ratios = []
    for peak in steep_moments(ecg):
        if peak < far or peak + far >= len(signal):
            continue
        after, before = signal[peak + near : peak + far], signal[peak - far : peak - near]
        shown = np.isfinite(after).all(axis=0) & np.isfinite(before).all(axis=0)
        for lead in np.flatnonzero(shown):
            heights = [_height(part[:, lead], kernel) + NOISE_MV for part in (after, before)]
            ratios.append(float(np.log(heights[0] / heights[1])))
    return float(np.median(ratios)) if ratios else 0.0


def _height(values: Floats, kernel: Floats) -> float:
    return float(np.ptp(np.convolve(values, kernel, mode="valid")))


def has_grid(pixels: NDArray[np.uint8]) -> bool:
    """Whether there may be a grid, of any direction: a quick look at a small copy."""
    image = Image.fromarray(pixels)
    image.thumbnail((GATE_SIDE, GATE_SIDE))
    darkness = darkness_maps(np.asarray(image))
    return detect_grid(grid_without_ink(darkness)) is not None or bool(find_seeds(darkness.grid))


def rotation_before_turn(rotation: float, quarters: int) -> float:
    """Degrees by which a page is rotated that was read turned by right angles."""
    return (rotation - 90.0 * quarters + 180.0) % 360.0 - 180.0
