"""Delineation of the median beats: P onset, QRS onset and offset, T end.

Zhang et al. is "An algorithm for robust and efficient location of T-wave ends in
electrocardiograms", IEEE Trans Biomed Eng 2006;53:2544-52.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartsense.measurements.beats import MedianBeats
from heartsense.measurements.preprocessing import PROCESSING_RATE, Signal, moving_average
from heartsense.numeric import median

# Tuned on the even records of LUDB; `benchmark-measurements` reports the odd ones.

_QRS_SLOPE_RATIO = 0.3
"""Fraction of a lead's steepest slope that is certainly QRS."""

_ONSET_SLOPE_RATIO = 0.09
_OFFSET_SLOPE_RATIO = 0.05
"""Fractions of a lead's steepest slope below which the QRS has not begun, or is over."""

_MAX_QT = 0.55
"""Longest time from R peak to T end in seconds at a rate of 60; grows with the root of RR."""

_T_END_REACH = 0.14
_P_ONSET_REACH = 0.048
"""Seconds past a wave's steepest descent that certainly hold its end."""

_MAX_PR = 0.28
"""Longest PR interval that is searched, in seconds."""

_MAX_P_PEAK_SCATTER = 0.024
"""Scatter of the leads' P peaks, in seconds, that noise and atrial fibrillation exceed."""

_MIN_P_AMPLITUDE_RATIO = 0.025
"""Least height of a P wave as a fraction of the QRS."""


@dataclass(frozen=True, slots=True)
class FiducialPoints:
    """Fiducial points in seconds from the R peak; None where the wave is not found.

    ``p_peak_scatter`` is the median absolute deviation in seconds of the leads' P peaks,
    ``p_amplitude_ratio`` the median height of the P waves over that of the QRS complexes.
    """

    p_onset: float | None = None
    qrs_onset: float | None = None
    qrs_offset: float | None = None
    t_end: float | None = None
    p_peak_scatter: float | None = None
    p_amplitude_ratio: float | None = None


def delineate(beats: MedianBeats, rr: float | None) -> FiducialPoints:
    """Fiducial points: the medians over the leads shown of each lead's own.

    QRS onset and offset are where a lead's slope settles; P onset and T end are found by the
    trapezium method (Zhang et al. 2006). A P wave counts where the leads agree on its time. No
    step depends on a lead's gain.

    Parameters
    ----------
    beats : MedianBeats
    rr : float or None
        Median RR interval in seconds, which bounds the search; None (one beat) is taken as 1 s.
    """
    waveforms = beats.beats.astype(np.float64)
    waveforms = waveforms[np.isfinite(waveforms).mean(axis=1) > 0.7]
    seconds, rr = beats.seconds, rr or 1.0
    onset, offset = _qrs_boundaries(waveforms, seconds)
    if onset is None or offset is None:
        return FiducialPoints()
    p_onset, scatter, ratio = _p_wave(waveforms, seconds, onset, rr)
    t_end = _t_end(waveforms, seconds, offset, rr)
    return FiducialPoints(p_onset, onset, offset, t_end, scatter, ratio)


def _qrs_boundaries(waveforms: Signal, seconds: Signal) -> tuple[float | None, float | None]:
    """Medians over the leads of where each lead's slope settles; None where no lead tells."""
    if len(waveforms) == 0:
        return None, None
    slope = np.nan_to_num(np.abs(np.gradient(waveforms, seconds, axis=1)))
    slope = moving_average(slope.T, 3).T
    near = np.abs(seconds) < 0.1
    relative = slope / np.maximum(slope[:, near].max(axis=1, keepdims=True), 1e-12)
    steep = (relative > _QRS_SLOPE_RATIO) & near
    index, end = np.arange(len(seconds)), len(seconds)
    first = np.where(steep, index, end).min(axis=1, keepdims=True)
    last = np.where(steep, index, -1).max(axis=1, keepdims=True)
    before = _stays_low(relative < _ONSET_SLOPE_RATIO, -1) & (index < first)
    after = _stays_low(relative < _OFFSET_SLOPE_RATIO, 1) & (index > last)
    onsets = np.where(before, index, -1).max(axis=1)
    offsets = np.where(after, index, end).min(axis=1)
    has_qrs = steep.any(axis=1)
    return (
        _median_time(onsets[has_qrs & (onsets >= 0)], seconds),
        _median_time(offsets[has_qrs & (offsets < end)], seconds),
    )


def _stays_low(low: NDArray[np.bool_], direction: int) -> NDArray[np.bool_]:
    """Where a slope is low for 12 ms in the given direction."""
    return low & np.roll(low, -direction, axis=1) & np.roll(low, -2 * direction, axis=1)


def _median_time(indices: NDArray[np.intp], seconds: Signal) -> float | None:
    return median(seconds[indices]) if len(indices) else None


def _fully_shown(waveforms: Signal, part: NDArray[np.intp]) -> tuple[Signal, NDArray[np.bool_]]:
    """The samples ``part`` of the leads that show all of them, and which leads these are."""
    segment = waveforms[:, part]
    shown = np.asarray(np.isfinite(segment).all(axis=1), dtype=np.bool_)
    return segment[shown], shown


def _t_end(waveforms: Signal, seconds: Signal, offset: float, rr: float) -> float | None:
    latest = min(_MAX_QT * np.sqrt(rr), rr - 0.12)
    part = np.flatnonzero((seconds > offset + 0.04) & (seconds < latest))
    if len(part) < 20:
        return None
    ends = []
    for waveform in _fully_shown(waveforms, part)[0]:
        wave = _positive_polarity(waveform - median(waveform))
        top = int(np.argmax(wave[:-8]))
        ends.append(part[top + trapezium_end(wave[top:], _T_END_REACH)])
    return _median_time(np.array(ends, dtype=np.intp), seconds)


def _p_wave(
    waveforms: Signal, seconds: Signal, qrs_onset: float, rr: float
) -> tuple[float | None, float | None, float | None]:
    """P onset (None where the leads do not agree on a wave), peak scatter, amplitude ratio."""
    earliest = max(qrs_onset - _MAX_PR, 0.4 * np.sqrt(rr) - rr)
    part = np.flatnonzero((seconds > earliest) & (seconds < qrs_onset - 0.01))
    if len(part) < 20:
        return None, None, None
    segments, shown = _fully_shown(waveforms, part)
    if len(segments) == 0:
        return None, None, None
    qrs_heights = np.ptp(np.nan_to_num(waveforms[shown][:, np.abs(seconds) < 0.1]), axis=1)
    peaks, onsets, ratios = [], [], []
    for waveform, qrs_height in zip(segments, qrs_heights, strict=True):
        wave = _positive_polarity(_detrended(waveform))
        top = 8 + int(np.argmax(wave[8:]))
        peaks.append(seconds[part[top]])
        onsets.append(part[top - trapezium_end(wave[top::-1], _P_ONSET_REACH)])
        ratios.append(wave[top] / max(qrs_height, 1e-12))
    scatter = median(np.abs(np.array(peaks) - median(np.array(peaks))))
    ratio = median(np.array(ratios))
    if scatter > _MAX_P_PEAK_SCATTER or ratio < _MIN_P_AMPLITUDE_RATIO:
        return None, scatter, ratio
    return _median_time(np.array(onsets, dtype=np.intp), seconds), scatter, ratio


def _detrended(waveform: Signal) -> Signal:
    """The waveform less the straight line between its ends."""
    return waveform - np.linspace(waveform[:3].mean(), waveform[-3:].mean(), len(waveform))


def _positive_polarity(waveform: Signal) -> Signal:
    """The waveform, inverted if its largest deflection is negative."""
    return waveform if waveform.max() >= -waveform.min() else -waveform


def _slopes(values: Signal) -> Signal:
    """``np.gradient`` of a short array."""
    slopes = np.empty(len(values))
    slopes[1:-1] = (values[2:] - values[:-2]) / 2
    slopes[0], slopes[-1] = values[1] - values[0], values[-1] - values[-2]
    return slopes


def trapezium_end(falling: Signal, reach: float) -> int:
    """Index of the end of a wave, by the trapezium method (Zhang et al. 2006).

    With m the steepest descent and r a point ``reach`` seconds later, past the end of the wave,
    the end is the i between them that maximises the area (y[m] - y[i]) * (2 r - i - m) / 2.

    Parameters
    ----------
    falling : float64 array, shape (samples,)
        The wave from its peak on, positive, at ``PROCESSING_RATE``.
    reach : float
        Seconds.
    """
    steepest = int(np.argmin(_slopes(falling)[: max(len(falling) * 3 // 4, 6)]))
    last = min(len(falling) - 1, steepest + round(reach * PROCESSING_RATE))
    index = np.arange(steepest, last + 1)
    area = (falling[steepest] - falling[index]) * (2 * last - index - steepest) / 2
    return int(index[int(np.argmax(area))])
