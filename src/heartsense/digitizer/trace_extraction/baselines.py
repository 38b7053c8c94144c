"""Where the rows of traces lie: their baselines, and what stands upright between them."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import Runs
from heartsense.numeric import centred_windows, gaussian_kernel, local_maxima

THIN: Final = 2.0 * PX_PER_MM
"""A run no taller than this lies on a flat stretch of trace, which is where baselines are."""

MIN_SPACING: Final = 6.0 * PX_PER_MM
MIN_SHARE: Final = 0.15
"""A baseline candidate holds at least this share of the strongest one's ink."""


def baseline_candidates(runs: Runs, height: int, stroke_width: NDArray[np.float64]) -> list[float]:
    """Sheet heights at which a row of trace may have its baseline, from top to bottom.

    Flat ink is counted by height; letters count little because their strokes are short.
    Candidates that hold no trace drop out later, when no continuous path is found along them.
    """
    flat = runs.height < THIN
    weight = np.minimum(stroke_width[flat] / (10.0 * PX_PER_MM), 1.0)
    rows = np.clip(np.round(runs.centre[flat]).astype(int), 0, height - 1)
    counts = np.bincount(rows, weights=weight, minlength=height).astype(np.float64)
    density = _smooth(counts, 1.2 * PX_PER_MM)
    return [float(y) for y in _peaks(density, MIN_SPACING, MIN_SHARE * density.max())]


def _smooth(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    reach = int(4 * sigma)
    kernel = gaussian_kernel(sigma, reach)
    padded = np.pad(values, reach)
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")


def _peaks(values: NDArray[np.float64], spacing: float, floor: float) -> list[int]:
    """Local maxima above ``floor``, the higher first where two are closer than ``spacing``."""
    tops = local_maxima(values)
    tops = tops[values[tops] > floor]
    kept: list[int] = []
    for top in tops[np.argsort(-values[tops], kind="stable")]:
        if all(abs(int(top) - k) >= spacing for k in kept):
            kept.append(int(top))
    return sorted(kept)


def separators(runs: Runs, baselines: list[float]) -> NDArray[np.int64]:
    """Columns of the upright lines that are drawn across rows to divide leads.

    Such a line fills its column over three baselines at least, and stands alone. Steep QRS
    complexes of neighbouring rows may meet too, but they lean and come in two strokes.
    """
    if len(baselines) < 3:
        return np.zeros(0, dtype=np.int64)
    filled = [_filled(runs, *band) for band in pairwise(baselines)]
    found = np.zeros(runs.columns, dtype=bool)
    for upper, lower in pairwise(filled):
        found |= upper & lower
    return np.flatnonzero(np.convolve(found, np.ones(3), mode="same") > 0)


def _filled(runs: Runs, top: float, bottom: float) -> NDArray[np.bool_]:
    """Columns inked from top to bottom with hardly any ink half to one millimetre beside."""
    inside = np.clip(np.minimum(runs.bottom, bottom) - np.maximum(runs.top, top), 0.0, None)
    ink = np.bincount(runs.column, weights=inside, minlength=runs.columns) / (bottom - top)
    windows = centred_windows(ink, PX_PER_MM, fill=None)
    half = PX_PER_MM // 2
    beside = np.maximum(windows[:, :half].max(axis=1), windows[:, -half:].max(axis=1))
    return np.asarray((ink > 0.75) & (ink - beside > 0.5))
