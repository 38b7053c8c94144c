"""Baselines: the heights on the page at which rows of traces may lie."""

from typing import Final

import numpy as np

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.numeric import Floats, gaussian_kernel, local_maxima

MAX_FLAT_RUN_PX: Final = 2.0 * PX_PER_MM
"""A run no taller than this is part of a flat stretch of trace."""

FULL_WEIGHT_PX: Final = 10.0 * PX_PER_MM
"""A run of a stroke at least this wide has the full weight; letters are narrower."""

SMOOTHING_PX: Final = 1.2 * PX_PER_MM
MIN_SPACING_PX: Final = 6.0 * PX_PER_MM
MIN_RELATIVE_DENSITY: Final = 0.15
"""Ink density of a candidate, relative to the strongest one."""


def baseline_candidates(runs: InkRuns, height: int, stroke_width: Floats) -> list[float]:
    """Find heights at which a row of trace may have its baseline.

    Peaks of the horizontal projection profile of flat ink. Candidates without a trace drop out
    later, when no continuous path is found along them.

    Parameters
    ----------
    runs : InkRuns
    height : int
        Of the page in pixels.
    stroke_width : float64 array, shape (n,)
        Width in pixels of the stroke that each run belongs to.

    Returns
    -------
    list of float
        Pixels from the top, ascending.
    """
    flat = runs.height < MAX_FLAT_RUN_PX
    weight = np.minimum(stroke_width[flat] / FULL_WEIGHT_PX, 1.0)
    rows = np.clip(np.round(runs.centre[flat]).astype(int), 0, height - 1)
    profile = np.bincount(rows, weights=weight, minlength=height).astype(np.float64)
    density = _smooth(profile, SMOOTHING_PX)
    return [float(y) for y in _separated_peaks(density)]


def _smooth(values: Floats, sigma: float) -> Floats:
    radius = int(4 * sigma)
    kernel = gaussian_kernel(sigma, radius)
    return np.convolve(np.pad(values, radius), kernel / kernel.sum(), mode="valid")


def _separated_peaks(density: Floats) -> list[int]:
    """Local maxima in ascending order; of two closer than ``MIN_SPACING_PX`` the higher one."""
    peaks = local_maxima(density)
    peaks = peaks[density[peaks] > MIN_RELATIVE_DENSITY * density.max()]
    kept: list[int] = []
    for peak in peaks[np.argsort(-density[peaks], kind="stable")]:
        if all(abs(int(peak) - k) >= MIN_SPACING_PX for k in kept):
            kept.append(int(peak))
    return sorted(kept)
