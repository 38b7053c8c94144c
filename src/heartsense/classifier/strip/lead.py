"""One lead, made ready: baseline removed, beats found and compared with their median."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG
from heartsense.measurements.beats import beat_correlations, beat_windows, finite_median
from heartsense.measurements.preprocessing import PROCESSING_RATE, Signal, preprocess
from heartsense.measurements.rpeaks import find_r_peaks_preprocessed, mean_slope, slope_energy
from heartsense.numeric import centred_windows, median

FIRST: Final = -round(0.36 * PROCESSING_RATE)
LAST: Final = round(0.48 * PROCESSING_RATE)
"""Samples of a beat's window before and after its R peak."""

_AT: Final = np.arange(FIRST, LAST) / PROCESSING_RATE

_MIN_SHAPE_CORRELATION: Final = 0.8
"""Correlation of QRS and ST above which two beats count as one shape."""


@dataclass(frozen=True, slots=True, eq=False)
class Lead:
    """One lead and its beats.

    Attributes
    ----------
    signal : float64 array, shape (samples,)
        At ``PROCESSING_RATE``, over the height of a usual QRS complex, without baseline wander.
    energy : float64 array, shape (samples,)
        As ``slope_energy`` gives it.
    peaks : int array, shape (beats,)
        R peaks as indices into ``signal``.
    windows : float64 array, shape (beats, samples)
        Each beat from ``FIRST`` to ``LAST`` round its R peak; NaN beyond the strip.
    template : float64 array, shape (samples,)
        Median of the beats of the most common shape.
    correlations : float64 array, shape (beats, beats)
    common : bool array, shape (beats,)
        Which beats have the most common shape.
    """

    signal: NDArray[np.float64]
    energy: NDArray[np.float64]
    peaks: NDArray[np.intp]
    windows: NDArray[np.float64]
    template: NDArray[np.float64]
    correlations: NDArray[np.float64]
    common: NDArray[np.bool_]

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Time of each R peak in seconds, shape (beats,)."""
        return self.peaks / PROCESSING_RATE

    @property
    def usual_rr(self) -> float:
        """Median interval between beats of the most common shape, else of all; NaN without one."""
        rr = np.diff(self.seconds)
        between_common = rr[self.common[1:] & self.common[:-1]]
        return known_median(between_common if len(between_common) else rr)


def part_of(beats: NDArray[np.float64], part: tuple[float, float]) -> NDArray[np.float64]:
    """A part of beats like ``Lead.windows``, shape (..., samples), in seconds from the R peak."""
    return beats[..., (part[0] <= _AT) & (part[1] > _AT)]


def known_median(values: NDArray[np.float64]) -> float:
    """Median of the finite values; NaN where there are none."""
    known = values[np.isfinite(values)]
    return median(known) if len(known) else float("nan")


def prepare(ecg: ECG) -> Lead:
    """Find and align the beats of an ECG's first lead."""
    raw = preprocess(ecg)[:, :1]
    slope = mean_slope(raw)
    energy = slope_energy(slope)
    peaks = find_r_peaks_preprocessed(raw, slope)
    signal = _without_baseline(_filled(raw[:, 0]))
    windows = _windows(signal, peaks)
    qrs = windows[:, -FIRST - 25 : -FIRST + 25]
    heights = np.fmax.reduce(qrs, axis=1) - np.fmin.reduce(qrs, axis=1)
    height = float(finite_median(heights)) if len(peaks) else 1.0
    scale = max(height, 1e-6)
    signal, windows = signal / scale, windows / scale
    correlations = beat_correlations(signal[:, None], peaks)
    common = _most_common(correlations)
    chosen = windows[common] if common.any() else windows
    return Lead(signal, energy, peaks, windows, finite_median(chosen), correlations, common)


def _windows(signal: Signal, peaks: NDArray[np.intp]) -> NDArray[np.float64]:
    windows: NDArray[np.float64] = beat_windows(signal[:, None], peaks, FIRST, LAST)[:, :, 0]
    return windows


def _filled(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lead with its gaps interpolated; zeros where nothing is shown."""
    known = np.isfinite(column)
    if not known.any():
        return np.zeros(len(column))
    at = np.arange(len(column))
    return np.interp(at, at[known], column[known])


def _without_baseline(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Less its baseline: medians over 0.2 s, then over 0.6 s (de Chazal et al. 2004).

    The medians run over every fifth sample, which is enough for a wander below 1 Hz.
    """
    step = 5
    few = column[::step]
    if len(few) < 3:
        return column - column.mean() if len(column) else column
    for seconds in (0.2, 0.6):
        radius = round(seconds * PROCESSING_RATE / step / 2)
        few = np.partition(centred_windows(few, radius, fill=None), radius, axis=1)[:, radius]
    at = np.arange(len(column))
    return column - np.interp(at, at[::step], few)


def _most_common(correlations: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Beats that correlate with the one that most others correlate with."""
    if len(correlations) == 0:
        return np.zeros(0, dtype=np.bool_)
    known = np.nan_to_num(correlations)
    similar = known > _MIN_SHAPE_CORRELATION
    medoid = int(np.argmax(similar.sum(axis=1) + known.mean(axis=1)))
    common: NDArray[np.bool_] = similar[medoid].copy()
    common[medoid] = True
    return common
