"""The median beat of each lead: the beats of the dominant rhythm, averaged against noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG
from heartsense.measurements.preprocessing import (
    PROCESSING_RATE,
    Signal,
    moving_average,
    preprocess,
)
from heartsense.numeric import median, padded

BEFORE = 0.3
AFTER = 0.5
"""Seconds of a median beat before and after the R peak."""

_MIN_SHAPE_CORRELATION = 0.7
"""Correlation of QRS and ST above which two beats count as one morphology."""

_PREMATURE_RR_RATIO = 0.8
"""A beat is premature if its RR interval is below this fraction of the median one."""

_PR_SEGMENT = (-0.11, -0.07)
"""Seconds from the R peak between which the PR segment gives the isoelectric level."""


@dataclass(frozen=True, slots=True)
class MedianBeats:
    """Median beats of the dominant rhythm.

    Attributes
    ----------
    beats : float32 array, shape (leads, samples)
        In the ECG's unit, zero on the PR segment; NaN where a lead is not shown.
    rate : float
        Sampling rate in Hz.
    r_peak_index : int
        Index of the R peak along the samples.
    leads : tuple of str
        The rows' names.
    dominant : bool array, shape (peaks,)
        Which of the given beats belong to the dominant rhythm.
    """

    beats: NDArray[np.float32]
    rate: float
    r_peak_index: int
    leads: tuple[str, ...]
    dominant: NDArray[np.bool_]

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Time of each sample from the R peak in seconds, shape (samples,)."""
        return (np.arange(self.beats.shape[1]) - self.r_peak_index) / self.rate

    def lead(self, name: str) -> NDArray[np.float32]:
        """One lead's median beat, shape (samples,). KeyError if absent."""
        try:
            row: NDArray[np.float32] = self.beats[self.leads.index(name)]
        except ValueError:
            raise KeyError(name) from None
        return row


def median_beats(
    ecg: ECG, peaks: NDArray[np.intp], before: float = BEFORE, after: float = AFTER
) -> MedianBeats:
    """Median over the dominant beats of each lead at 250 Hz.

    Beats are grouped by the correlation of their shapes and by prematurity; the largest group is
    the dominant rhythm. A lead that shows no dominant beat has the median of those it shows. The
    isoelectric line runs through the PR segments, which removes baseline wander and offset.

    Parameters
    ----------
    ecg : ECG
    peaks : int array, shape (peaks,)
        Sample indices of the R peaks at the ECG's own rate, as ``find_r_peaks`` returns them.
    before, after : float
        Seconds shown before and after the R peak.
    """
    signal = preprocess(ecg)
    indices = np.rint(peaks * (PROCESSING_RATE / ecg.rate)).astype(np.intp)
    return median_beats_preprocessed(signal, indices, ecg.leads, before, after)


def median_beats_preprocessed(
    signal: Signal,
    peaks: NDArray[np.intp],
    leads: tuple[str, ...],
    before: float = BEFORE,
    after: float = AFTER,
    correlations: Signal | None = None,
) -> MedianBeats:
    """``median_beats`` of a preprocessed signal; ``peaks`` index into it.

    ``correlations`` are those of ``beat_correlations``, where they are known already.
    """
    dominant = dominant_beats(signal, peaks, correlations)
    first, last = -round(before * PROCESSING_RATE), round(after * PROCESSING_RATE)
    medians = _medians(signal, peaks[dominant], first, last)
    without_dominant = ~np.isfinite(medians[-first]) & np.isfinite(signal).any(axis=0)
    if without_dominant.any():
        medians[:, without_dominant] = _medians(signal[:, without_dominant], peaks, first, last)
    return MedianBeats(
        beats=medians.T.astype(np.float32),
        rate=PROCESSING_RATE,
        r_peak_index=-first,
        leads=leads,
        dominant=dominant,
    )


def _medians(signal: Signal, peaks: NDArray[np.intp], first: int, last: int) -> Signal:
    aligned = _align(signal, peaks)
    baseline = _isoelectric_line(signal, aligned)
    return finite_median(beat_windows(signal - baseline, aligned, first, last))


def beat_windows(signal: Signal, peaks: NDArray[np.intp], first: int, last: int) -> Signal:
    """Samples ``peak + first`` to ``peak + last`` of each beat, NaN beyond the signal.

    Returns
    -------
    float64 array, shape (peaks, samples, leads)
    """
    margin = max(-first, last, 0) + 1
    longer = padded(signal, margin, margin, np.nan)
    indices = peaks[:, None] + np.arange(first, last)[None, :] + margin
    beats: Signal = longer[indices]
    return beats


def finite_median(values: Signal) -> Signal:
    """Median along the first axis over finite values; NaN where there is none."""
    if len(values) == 0:
        return np.full(values.shape[1:], np.nan)
    ordered = np.sort(values, axis=0)
    count = np.isfinite(values).sum(axis=0)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    high = np.minimum(high, np.maximum(count - 1, 0))
    lower = np.take_along_axis(ordered, low[None], axis=0)[0]
    upper = np.take_along_axis(ordered, high[None], axis=0)[0]
    middle: Signal = (lower + upper) / 2
    return middle


def dominant_beats(
    signal: Signal, peaks: NDArray[np.intp], correlations: Signal | None = None
) -> NDArray[np.bool_]:
    """Which beats have the most common shape and are not premature, shape (peaks,)."""
    if len(peaks) < 3:
        return np.ones(len(peaks), dtype=bool)
    correlations = beat_correlations(signal, peaks) if correlations is None else correlations
    same_shape = _matches_medoid(correlations)
    intervals = np.diff(peaks).astype(np.float64)
    premature = np.concatenate(([False], intervals < _PREMATURE_RR_RATIO * median(intervals)))
    in_time = same_shape & ~premature
    return in_time if in_time.sum() >= max(2, len(peaks) // 3) else same_shape


def beat_correlations(signal: Signal, peaks: NDArray[np.intp]) -> Signal:
    """Mean correlation of every two beats over the leads that show both; NaN where none does.

    Each lead is smoothed, detrended and normalised, so its offset and gain do not matter.

    Returns
    -------
    float64 array, shape (peaks, peaks)
    """
    first, last = -round(0.1 * PROCESSING_RATE), round(0.24 * PROCESSING_RATE)
    beats = beat_windows(moving_average(signal, 5), peaks, first, last)
    complete = np.asarray(np.isfinite(beats).all(axis=1), dtype=np.bool_)
    centred = np.where(complete[:, None, :], _detrended(beats), 0.0)
    norm = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    normalized = centred / np.maximum(norm, 1e-12)
    correlation = np.einsum("isl,jsl->ij", normalized, normalized)
    both = complete.astype(np.float64) @ complete.T.astype(np.float64)
    return np.where(both > 0, correlation / np.maximum(both, 1.0), np.nan)


def _detrended(beats: Signal) -> Signal:
    """Each beat less its linear trend; shape (peaks, samples, leads)."""
    ramp = np.linspace(-1.0, 1.0, beats.shape[1])
    centred = beats - beats.mean(axis=1, keepdims=True)
    slope = np.einsum("s,bsl->bl", ramp, centred) / (ramp**2).sum()
    detrended: Signal = centred - ramp[None, :, None] * slope[:, None, :]
    return detrended


def _matches_medoid(correlations: Signal) -> NDArray[np.bool_]:
    """Beats that correlate with the medoid; those no lead compares with it form a next group."""
    matches = np.zeros(len(correlations), dtype=bool)
    remaining = np.arange(len(correlations))
    while len(remaining):
        part = correlations[np.ix_(remaining, remaining)]
        similar = np.nan_to_num(part > _MIN_SHAPE_CORRELATION)
        votes = similar.sum(axis=1) + np.nan_to_num(part).mean(axis=1)
        medoid = part[int(np.argmax(votes))]
        comparable = np.isfinite(medoid)
        if not comparable.any():
            break
        matching = comparable & (np.nan_to_num(medoid) > _MIN_SHAPE_CORRELATION)
        matches[remaining[matching]] = True
        remaining = remaining[~comparable]
    return matches


def _align(signal: Signal, peaks: NDArray[np.intp]) -> NDArray[np.intp]:
    """Shift each beat by up to 20 ms to the best match of its slopes with the median beat's."""
    reach = round(0.02 * PROCESSING_RATE)
    first, last = -round(0.1 * PROCESSING_RATE), round(0.1 * PROCESSING_RATE)
    slopes = np.diff(signal, axis=0, append=np.nan)
    template = np.nan_to_num(finite_median(beat_windows(slopes, peaks, first, last)))
    template /= np.maximum(np.sqrt((template**2).sum(axis=0)), 1e-12)
    wide = np.nan_to_num(beat_windows(slopes, peaks, first - reach, last + reach))
    scores = [
        np.einsum("bsl,sl->b", wide[:, shift : shift + last - first], template)
        for shift in range(2 * reach + 1)
    ]
    if len(peaks) == 0:
        return peaks
    shifted = peaks + np.argmax(np.array(scores), axis=0) - reach
    inside: NDArray[np.intp] = np.clip(shifted, 0, len(signal) - 1)
    return inside


def _isoelectric_line(signal: Signal, peaks: NDArray[np.intp]) -> Signal:
    """Linear interpolation between the PR segments of each lead, shape (samples, leads)."""
    first, last = (round(s * PROCESSING_RATE) for s in _PR_SEGMENT)
    levels = finite_median(np.moveaxis(beat_windows(signal, peaks, first, last), 1, 0))
    centres = peaks + (first + last) / 2
    line = np.zeros(signal.shape)
    for lead, level in enumerate(levels.T):
        known = np.isfinite(level)
        if known.any():
            line[:, lead] = np.interp(np.arange(len(signal)), centres[known], level[known])
        else:
            shown = signal[np.isfinite(signal[:, lead]), lead]
            line[:, lead] = median(shown) if len(shown) else 0.0
    return line
