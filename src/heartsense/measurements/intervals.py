"""P onset, QRS onset and offset, T end of the median beats."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartsense.measurements.beats import MedianBeats
from heartsense.measurements.filters import PROCESSING_RATE, Signal, box

# All chosen on the even records of LUDB; `benchmark-measurements` reports the odd ones.

_STEEP = 0.3
"""Share of a lead's steepest slope that is surely QRS."""

_ONSET_SHARE = 0.09
_OFFSET_SHARE = 0.05
"""Shares of a lead's steepest slope below which the QRS has not begun, or is over."""

_QT_LIMIT = 0.55
"""Seconds from R peak to T end that no QT exceeds at a rate of 60; goes with the root of RR."""

_T_REACH = 0.14
_P_REACH = 0.048
"""Seconds past a wave's steepest flank that surely hold its end."""

_P_SEARCH = 0.28
"""Longest time from P onset to QRS onset that is searched, in seconds."""

_P_SCATTER = 0.024
"""Typical scatter of the leads' P peaks, in seconds, that noise and fibrillation exceed."""

_P_SIZE = 0.025
"""Least share of QRS that a P wave has."""


@dataclass(frozen=True, slots=True)
class Fiducials:
    """Seconds from the R peak; None where the wave is not found.

    ``p_scatter`` is the median distance in seconds of the leads' P peaks from their median, and
    ``p_size`` the median of their heights over the QRS's: how sure a P wave is.
    """

    p_onset: float | None = None
    qrs_onset: float | None = None
    qrs_offset: float | None = None
    t_end: float | None = None
    p_scatter: float | None = None
    p_size: float | None = None


def delineate(beats: MedianBeats, rr: float | None) -> Fiducials:
    """On- and offsets: the medians over the leads shown of each lead's own.

    QRS limits are where a lead's slope comes to rest; P onset and T end are found by the
    trapezium method (Zhang et al., "An algorithm for robust and efficient location of T-wave
    ends in electrocardiograms", IEEE Trans Biomed Eng 2006;53:2544-52). A P wave counts where
    the leads agree on its time. No step depends on a lead's size.

    Parameters
    ----------
    rr : float or None
        Mean RR interval in seconds, which bounds the search; None (one beat) is taken as 1 s.
    """
    rows = beats.beats.astype(np.float64)
    rows = rows[np.isfinite(rows).mean(axis=1) > 0.7]
    seconds, rr = beats.seconds, rr or 1.0
    onset, offset = _qrs_limits(rows, seconds)
    if onset is None or offset is None:
        return Fiducials()
    p_onset, scatter, size = _p_wave(rows, seconds, onset, rr)
    return Fiducials(p_onset, onset, offset, _t_end(rows, seconds, offset, rr), scatter, size)


def _qrs_limits(rows: Signal, seconds: Signal) -> tuple[float | None, float | None]:
    """Medians over the leads of where each lead's slope comes to rest."""
    if len(rows) == 0:
        return None, None
    slope = np.nan_to_num(np.abs(np.gradient(rows, seconds, axis=1)))
    slope = box(slope.T, 3).T
    near = np.abs(seconds) < 0.1
    relative = slope / np.maximum(slope[:, near].max(axis=1, keepdims=True), 1e-12)
    steep = (relative > _STEEP) & near
    index, end = np.arange(len(seconds)), len(seconds)
    first = np.where(steep, index, end).min(axis=1, keepdims=True)
    last = np.where(steep, index, -1).max(axis=1, keepdims=True)
    before = _rest(relative < _ONSET_SHARE, -1) & (index < first)
    after = _rest(relative < _OFFSET_SHARE, 1) & (index > last)
    onsets = np.where(before, index, -1).max(axis=1)
    offsets = np.where(after, index, end).min(axis=1)
    real = steep.any(axis=1)
    return (
        _median_time(onsets[real & (onsets >= 0)], seconds),
        _median_time(offsets[real & (offsets < end)], seconds),
    )


def _rest(low: NDArray[np.bool_], direction: int) -> NDArray[np.bool_]:
    """Where a slope stays low for 12 ms on in the given direction."""
    return low & np.roll(low, -direction, axis=1) & np.roll(low, -2 * direction, axis=1)


def _median_time(indices: NDArray[np.intp], seconds: Signal) -> float | None:
    return float(np.median(seconds[indices])) if len(indices) else None


def _whole(rows: Signal, part: NDArray[np.intp]) -> tuple[Signal, NDArray[np.bool_]]:
    """The stretch of the rows that show all of it, and which rows these are."""
    stretch = rows[:, part]
    shown = np.asarray(np.isfinite(stretch).all(axis=1), dtype=np.bool_)
    return stretch[shown], shown


def _t_end(rows: Signal, seconds: Signal, offset: float, rr: float) -> float | None:
    latest = min(_QT_LIMIT * np.sqrt(rr), rr - 0.12)
    part = np.flatnonzero((seconds > offset + 0.04) & (seconds < latest))
    if len(part) < 20:
        return None
    ends = []
    for row in _whole(rows, part)[0]:
        wave = _upright(row - np.median(row))
        top = int(np.argmax(wave[:-8]))
        ends.append(part[top + trapezium_end(wave[top:], _T_REACH)])
    return _median_time(np.array(ends, dtype=np.intp), seconds)


def _p_wave(
    rows: Signal, seconds: Signal, qrs_onset: float, rr: float
) -> tuple[float | None, float | None, float | None]:
    """P onset (None where the leads do not agree on a wave), scatter and relative size."""
    earliest = max(qrs_onset - _P_SEARCH, 0.4 * np.sqrt(rr) - rr)
    part = np.flatnonzero((seconds > earliest) & (seconds < qrs_onset - 0.01))
    if len(part) < 20:
        return None, None, None
    stretch, shown = _whole(rows, part)
    if len(stretch) == 0:
        return None, None, None
    qrs = np.ptp(np.nan_to_num(rows[shown][:, np.abs(seconds) < 0.1]), axis=1)
    tops, onsets, sizes = [], [], []
    for row, height in zip(stretch, qrs, strict=True):
        wave = _upright(_without_slant(row))
        top = 8 + int(np.argmax(wave[8:]))
        tops.append(seconds[part[top]])
        onsets.append(part[top - trapezium_end(wave[top::-1], _P_REACH)])
        sizes.append(wave[top] / max(height, 1e-12))
    scatter = float(np.median(np.abs(tops - np.median(tops))))
    size = float(np.median(sizes))
    if scatter > _P_SCATTER or size < _P_SIZE:
        return None, scatter, size
    return _median_time(np.array(onsets, dtype=np.intp), seconds), scatter, size


def _without_slant(row: Signal) -> Signal:
    """The row less the straight line between its ends."""
    return row - np.linspace(row[:3].mean(), row[-3:].mean(), len(row))


def _upright(row: Signal) -> Signal:
    return row if row.max() >= -row.min() else -row


def trapezium_end(falling: Signal, reach: float) -> int:
    """End of a wave that starts at its peak: the corner of the largest trapezium.

    With m the steepest descent and r a point ``reach`` seconds later, surely past the wave, the
    end is the i between them that maximises (y[m] - y[i]) * (2 r - i - m) / 2.
    """
    steepest = int(np.argmin(np.gradient(falling)[: max(len(falling) * 3 // 4, 6)]))
    last = min(len(falling) - 1, steepest + round(reach * PROCESSING_RATE))
    index = np.arange(steepest, last + 1)
    area = (falling[steepest] - falling[index]) * (2 * last - index - steepest) / 2
    return int(index[int(np.argmax(area))])
