"""P onset, QRS onset and offset, T end of a median beat."""

from dataclasses import dataclass

import numpy as np

from heartsense.measurements.beats import MedianBeats
from heartsense.measurements.filters import Signal

_QRS_SEARCH = (-0.14, 0.2)
_ONSET_SHARE = 0.09
_OFFSET_SHARE = 0.09
_P_NOISE = 3.0


@dataclass(frozen=True, slots=True)
class Fiducials:
    """Seconds from the R peak; None where the wave is not found."""

    p_onset: float | None
    qrs_onset: float | None
    qrs_offset: float | None
    t_end: float | None


def delineate(beats: MedianBeats) -> Fiducials:
    """On- and offsets over all leads shown.

    QRS limits are where the leads' mean slope falls below a share of its peak; P onset and T end
    come from the principal component over the leads by the trapezium method (Zhang et al.,
    "An algorithm for robust and efficient location of T-wave ends in electrocardiograms",
    IEEE Trans Biomed Eng 2006;53:2544-52).
    """
    values = beats.beats.astype(np.float64)
    values = values[np.isfinite(values).mean(axis=1) > 0.7]
    seconds = beats.seconds
    if len(values) == 0 or not np.nanmax(np.abs(values)) > 0:
        return Fiducials(None, None, None, None)
    onset, offset = _qrs_limits(values, seconds)
    if onset is None or offset is None:
        return Fiducials(None, onset, offset, None)
    return Fiducials(
        _p_onset(values, seconds, onset), onset, offset, _t_end(values, seconds, onset, offset)
    )


def _qrs_limits(values: Signal, seconds: Signal) -> tuple[float | None, float | None]:
    slope = np.abs(np.gradient(values, seconds, axis=1))
    slope = np.nan_to_num(slope)
    near = (seconds > _QRS_SEARCH[0]) & (seconds < _QRS_SEARCH[1])
    peak = slope[:, near].max(axis=1, keepdims=True)
    mean = (slope / np.maximum(peak, 1e-12)).mean(axis=0)
    mean = np.convolve(mean, np.ones(3) / 3, mode="same")
    inside = np.flatnonzero((np.abs(seconds) < 0.06) & (mean > 0.4 * mean[near].max()))
    if len(inside) == 0:
        return None, None
    top = mean[near].max()
    before = np.flatnonzero((seconds < seconds[inside[0]]) & (seconds > _QRS_SEARCH[0]))
    after = np.flatnonzero((seconds > seconds[inside[-1]]) & (seconds < _QRS_SEARCH[1]))
    onset = _first_quiet(mean, before[::-1], _ONSET_SHARE * top)
    offset = _first_quiet(mean, after, _OFFSET_SHARE * top)
    return (
        None if onset is None else float(seconds[onset]),
        None if offset is None else float(seconds[offset]),
    )


def _first_quiet(activity: Signal, order: Signal, limit: float) -> int | None:
    """First index along ``order`` that starts 12 ms below the limit, else the quietest."""
    if len(order) == 0:
        return None
    low = activity[order] < limit
    for i in range(len(order) - 2):
        if low[i] and low[i + 1] and low[i + 2]:
            return int(order[i])
    return int(order[int(np.argmin(activity[order]))])


def _principal(values: Signal) -> Signal:
    """The component over the leads with the greatest power, its largest deflection upwards."""
    centred = values - np.median(values, axis=1, keepdims=True)
    _, _, rows = np.linalg.svd(centred, full_matrices=False)
    component = rows[0] - np.median(rows[0])
    return component if component.max() >= -component.min() else -component


def _t_end(values: Signal, seconds: Signal, onset: float, offset: float) -> float | None:
    part = np.flatnonzero((seconds > offset + 0.04) & (seconds < 0.6))
    window = values[:, part]
    window = window[np.isfinite(window).all(axis=1)]
    if len(window) == 0 or len(part) < 20:
        return None
    wave = _principal(window)
    top = int(np.argmax(wave))
    end = trapezium_end(wave[top:])
    return None if end is None else float(seconds[part[top + end]])


def _p_onset(values: Signal, seconds: Signal, qrs_onset: float) -> float | None:
    part = np.flatnonzero((seconds > qrs_onset - 0.28) & (seconds < qrs_onset - 0.02))
    window = values[:, part]
    window = window[np.isfinite(window).all(axis=1)]
    if len(window) == 0 or len(part) < 30:
        return None
    wave = _principal(window)
    top = int(np.argmax(wave))
    noise = np.median(np.abs(np.diff(wave, 2)))
    if top < 8 or wave[top] < _P_NOISE * noise:
        return None
    end = trapezium_end(wave[top::-1])
    return None if end is None else float(seconds[part[top - end]])


def trapezium_end(falling: Signal) -> int | None:
    """End of a wave that starts at its peak: the corner of the largest trapezium.

    With m the steepest descent and r a point well past the wave, the end is the i between them
    that maximises (y[m] - y[i]) * (2 r - i - m) / 2.
    """
    if len(falling) < 6:
        return None
    steepest = int(np.argmin(np.gradient(falling[: max(len(falling) * 3 // 4, 6)])))
    index = np.arange(steepest, len(falling))
    last = len(falling) - 1
    area = (falling[steepest] - falling[index]) * (2 * last - index - steepest) / 2
    return int(index[int(np.argmax(area))])
