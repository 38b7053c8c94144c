"""Rhythm in numbers: how regular, how many odd beats, and how odd they are. No millivolts."""

import numpy as np
from numpy.typing import NDArray

from heartsense.measurements.beats import similarity
from heartsense.measurements.filters import PROCESSING_RATE, Signal

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


def rhythm_features(
    signal: Signal, energy: Signal, peaks: NDArray[np.intp], rr: Signal
) -> NDArray[np.float64]:
    """Values of ``RHYTHM_NAMES``; NaN where there are too few beats."""
    return np.concatenate((_regularity(rr), _prematurity(rr), _oddness(signal, energy, peaks)))


def _regularity(rr: Signal) -> Signal:
    values = np.full(9, np.nan)
    if len(rr) == 0:
        return values
    usual = float(np.median(rr))
    values[:2] = 60.0 / rr.mean(), usual
    if len(rr) < 2:
        return values
    steps = np.abs(np.diff(rr))
    values[2:] = (
        rr.std(),
        rr.std() / rr.mean(),
        np.median(steps) / usual,
        np.sqrt((steps**2).mean()) / usual,
        rr.min() / usual,
        rr.max() / usual,
        (steps > 0.1 * usual).mean(),
    )
    return values


def _prematurity(rr: Signal) -> Signal:
    """Beats early for the rhythm round them, and the pause that follows the earliest."""
    if len(rr) < 2:
        return np.full(3, np.nan)
    usual = np.median(rr)
    ratio = rr / usual
    early = ratio < 0.85
    first = int(np.argmin(ratio))
    pause = ratio[first + 1] if first + 1 < len(ratio) else np.nan
    return np.array([early.mean(), ratio.min(), pause])


def _oddness(signal: Signal, energy: Signal, peaks: NDArray[np.intp]) -> Signal:
    """How far single beats differ in shape and width from the rest."""
    if len(peaks) < 3:
        return np.full(6, np.nan)
    alike = similarity(signal, peaks)
    np.fill_diagonal(alike, np.nan)
    known = np.isfinite(alike).any(axis=1)
    usual = np.full(len(peaks), np.nan)
    usual[known] = np.nanmedian(alike[known], axis=1)
    odd = usual < 0.75
    rr = np.diff(peaks)
    premature = np.concatenate(([False], rr < 0.85 * np.median(rr)))
    width = _widths(energy, peaks)
    typical = float(np.median(width))
    return np.array(
        [
            odd.mean(),
            np.nanmin(usual) if known.any() else np.nan,
            np.nanmean(usual) if known.any() else np.nan,
            (odd & premature).mean(),
            float(width[odd].max()) / typical if odd.any() else 1.0,
            typical,
        ]
    )


def _widths(energy: Signal, peaks: NDArray[np.intp]) -> Signal:
    """Energy of each beat over its height, in seconds: a width that needs no limits."""
    reach = round(0.15 * PROCESSING_RATE)
    padded = np.pad(energy, reach)
    stretch = padded[peaks[:, None] + np.arange(2 * reach + 1)[None, :]]
    width: Signal = stretch.sum(axis=1) / np.maximum(stretch.max(axis=1), 1e-12) / PROCESSING_RATE
    return width
