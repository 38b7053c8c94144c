"""Rhythm features: RR variability, premature and aberrant beats. None depends on the gain."""

import numpy as np
from numpy.typing import NDArray

from heartsense.measurements.beats import finite_median
from heartsense.measurements.preprocessing import PROCESSING_RATE, Signal
from heartsense.numeric import median, padded

RHYTHM_NAMES = (
    "heart_rate",
    "rr_median",
    "rr_spread",
    "rr_variation",
    "rr_step_median",
    "rr_step_rms",
    "rr_shortest",
    "rr_longest",
    "rr_irregular_share",
    "premature_share",
    "earliest_prematurity",
    "pause_after_premature",
    "odd_share",
    "least_alike",
    "mean_alike",
    "odd_premature_share",
    "odd_width",
    "usual_width",
)
"""Names that the released model was trained with: an ``odd`` beat is an aberrant one, ``alike`` the
correlation of beats, a ``step`` the difference of neighbouring RR intervals."""

_PREMATURE_RR_RATIO = 0.85
"""A beat is premature if its RR interval is below this fraction of the median one."""

_MAX_ABERRANT_CORRELATION = 0.75
"""A beat is aberrant if its median correlation with the others is below this."""


def rhythm_features(
    correlations: Signal, energy: Signal, peaks: NDArray[np.intp], rr: Signal
) -> NDArray[np.float64]:
    """Values of ``RHYTHM_NAMES``; NaN where there are too few beats.

    Parameters
    ----------
    correlations : float64 array, shape (peaks, peaks)
        As ``beat_correlations`` gives them.
    energy : float64 array, shape (samples,)
        As ``slope_energy`` gives it.
    peaks : int array, shape (peaks,)
        R peaks as indices into ``energy``.
    rr : float64 array, shape (intervals,)
        RR intervals in seconds.
    """
    aberrant = _aberrant_beats(correlations, energy, peaks)
    return np.concatenate((_rr_statistics(rr), _prematurity(rr), aberrant))


def _rr_statistics(rr: Signal) -> Signal:
    """Heart rate, median, spread and successive differences of the RR intervals."""
    values = np.full(9, np.nan)
    if len(rr) == 0:
        return values
    median_rr = median(rr)
    values[:2] = 60.0 / rr.mean(), median_rr
    if len(rr) < 2:
        return values
    steps = np.abs(np.diff(rr))
    values[2:] = (
        rr.std(),
        rr.std() / rr.mean(),
        median(steps) / median_rr,
        np.sqrt((steps**2).mean()) / median_rr,
        rr.min() / median_rr,
        rr.max() / median_rr,
        (steps > 0.1 * median_rr).mean(),
    )
    return values


def _prematurity(rr: Signal) -> Signal:
    """Share of premature beats, the earliest one, and the pause after it, over the median RR."""
    if len(rr) < 2:
        return np.full(3, np.nan)
    median_rr = median(rr)
    ratio = rr / median_rr
    early = ratio < _PREMATURE_RR_RATIO
    first = int(np.argmin(ratio))
    pause = ratio[first + 1] if first + 1 < len(ratio) else np.nan
    return np.array([early.mean(), ratio.min(), pause])


def _aberrant_beats(correlations: Signal, energy: Signal, peaks: NDArray[np.intp]) -> Signal:
    """How many beats differ from the others in shape, and by how much in shape and width."""
    if len(peaks) < 3:
        return np.full(6, np.nan)
    correlations = correlations.copy()
    np.fill_diagonal(correlations, np.nan)
    known = np.isfinite(correlations).any(axis=1)
    typical = np.full(len(peaks), np.nan)
    typical[known] = finite_median(correlations[:, known])
    aberrant = typical < _MAX_ABERRANT_CORRELATION
    rr = np.diff(peaks).astype(np.float64)
    premature = np.concatenate(([False], rr < _PREMATURE_RR_RATIO * median(rr)))
    width = _qrs_widths(energy, peaks)
    median_width = median(width)
    return np.array(
        [
            aberrant.mean(),
            np.nanmin(typical) if known.any() else np.nan,
            np.nanmean(typical) if known.any() else np.nan,
            (aberrant & premature).mean(),
            float(width[aberrant].max()) / median_width if aberrant.any() else 1.0,
            median_width,
        ]
    )


def _qrs_widths(energy: Signal, peaks: NDArray[np.intp]) -> Signal:
    """Area of each beat's energy over its maximum, in seconds: a width without a threshold."""
    reach = round(0.15 * PROCESSING_RATE)
    beats = padded(energy, reach, reach, 0.0)[peaks[:, None] + np.arange(2 * reach + 1)[None, :]]
    width: Signal = beats.sum(axis=1) / np.maximum(beats.max(axis=1), 1e-12) / PROCESSING_RATE
    return width
