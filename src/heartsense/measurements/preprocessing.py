"""Preprocessing of ECG signals: common sampling rate, short gaps bridged, low-pass.

The filters take NaN for "not shown" and leave it in place.
"""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG
from heartsense.numeric import gaussian_kernel, padded, true_runs

Signal = NDArray[np.float64]

PROCESSING_RATE = 250.0
"""Sampling rate of all measurements in Hz: 4 ms, finer than a page shows."""

_SIGMA = 0.0033
"""Sigma of the low-pass in seconds: -3 dB at 40 Hz, the bandwidth of most printed ECGs."""

_SHORT_GAP = 0.04
"""Gaps of up to 40 ms come from a label or a crossing line and are bridged."""


def preprocess(ecg: ECG) -> Signal:
    """Bridge short gaps, low-pass and resample.

    Returns
    -------
    float64 array, shape (samples, leads)
        At ``PROCESSING_RATE``, in the ECG's unit; NaN where not shown.
    """
    signal = ecg.signal.astype(np.float64)
    signal = interpolate_short_gaps(signal, round(_SHORT_GAP * ecg.rate))
    sigma = _SIGMA * ecg.rate
    if sigma >= 0.5:
        signal = gaussian_filter(signal, sigma)
    return resample(signal, ecg.rate, PROCESSING_RATE)


def moving_average(signal: Signal, width: int) -> Signal:
    """Moving average along time over the values shown.

    Parameters
    ----------
    signal : array, shape (samples, leads)
    width : int
        Samples in the window; an even width becomes the next odd one, so that nothing shifts.
    """
    half = max(width, 1) // 2
    shown = np.isfinite(signal)
    sums = _window_sums(np.where(shown, signal, 0.0), half)
    counts = _window_sums(shown.astype(np.float64), half)
    return np.where(shown, sums / np.maximum(counts, 1.0), np.nan)


def _window_sums(values: Signal, half: int) -> Signal:
    count, width = len(values), 2 * half + 1
    total = np.zeros((count + width, values.shape[1]))
    np.cumsum(values, axis=0, out=total[half + 1 : half + 1 + count])
    total[half + 1 + count :] = total[half + count]
    return total[width:] - total[:-width]


def gaussian_filter(signal: Signal, sigma: float) -> Signal:
    """Gaussian low-pass along time over the values shown.

    Parameters
    ----------
    signal : array, shape (samples, leads)
    sigma : float
        Standard deviation in samples.
    """
    shown = np.isfinite(signal)
    filtered = np.full(signal.shape, np.nan)
    for (first, end), leads in _by_extent(shown).items():
        part = (slice(first, end), leads)
        filtered[part] = _filtered(signal[part], shown[part], sigma)
    return filtered


def _extents(shown: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The first index shown of each column, and the end of the last; all of one without any."""
    if not len(shown):
        return np.zeros(shown.shape[1], np.intp), np.zeros(shown.shape[1], np.intp)
    return shown.argmax(axis=0), len(shown) - shown[::-1].argmax(axis=0)


def _by_extent(shown: NDArray[np.bool_]) -> dict[tuple[int, int], list[int]]:
    """The columns that show anything, by their extents.

    Most leads of a page show a part of its time: nothing need be done for the rest.
    """
    first, end = _extents(shown)
    columns: dict[tuple[int, int], list[int]] = defaultdict(list)
    for lead in np.flatnonzero(shown.any(axis=0)):
        columns[int(first[lead]), int(end[lead])].append(int(lead))
    return columns


def _filtered(signal: Signal, shown: NDArray[np.bool_], sigma: float) -> Signal:
    half = int(np.ceil(3 * sigma))
    everywhere = bool(shown.all())
    values = padded(np.where(shown, signal, 0.0), half, half, 0.0)
    mask = padded(shown[:, : 1 if everywhere else None].astype(np.float64), half, half, 0.0)
    sums, mass = np.zeros(signal.shape), np.zeros((len(signal), mask.shape[1]))
    for shift, weight in enumerate(gaussian_kernel(sigma, half)):
        sums += weight * values[shift : shift + len(signal)]
        mass += weight * mask[shift : shift + len(signal)]
    return np.where(shown, sums / np.maximum(mass, 1e-12), np.nan)


def remove_spikes(signal: Signal) -> Signal:
    """Running median of 5 samples (20 ms), which removes pacing spikes and keeps QRS edges."""
    longer = padded(signal, 2, 2, np.nan)
    shown = np.isfinite(longer)
    a, b, c, d, e = (longer[shift : shift + len(signal)] for shift in range(5))
    low = np.maximum(np.minimum(a, b), np.minimum(c, d))  # the median of five is that of three:
    high = np.minimum(np.maximum(a, b), np.maximum(c, d))  # these two and the last
    median: Signal = np.maximum(np.minimum(low, high), np.minimum(np.maximum(low, high), e))
    complete = np.logical_and.reduce([shown[shift : shift + len(signal)] for shift in range(5)])
    return np.where(complete, median, signal)


def interpolate_short_gaps(signal: Signal, longest: int) -> Signal:
    """Interpolate gaps of at most ``longest`` samples linearly; longer ones stay NaN."""
    filled, shown = signal.copy(), np.isfinite(signal)
    first, end = _extents(shown)
    has_gaps = shown.any(axis=0) & (shown.sum(axis=0) < end - first)
    for lead in np.flatnonzero(has_gaps):
        column = filled[:, lead]
        for start, stop in true_runs(~shown[first[lead] : end[lead], lead]) + first[lead]:
            if stop - start <= longest:
                steps = np.arange(1, stop - start + 1) / (stop - start + 1)
                column[start:stop] = column[start - 1] + steps * (column[stop] - column[start - 1])
    return filled


def resample(signal: Signal, rate: float, new_rate: float) -> Signal:
    """Linear interpolation onto another rate; NaN where either neighbour is NaN."""
    if rate == new_rate or len(signal) < 2:
        return signal
    count = int(np.floor((len(signal) - 1) * new_rate / rate + 1e-9)) + 1
    position = np.arange(count) * (rate / new_rate)
    left = np.minimum(position.astype(int), len(signal) - 2)
    share = (position - left)[:, None]
    low, high = signal[left], signal[left + 1]
    resampled: Signal = np.where(share == 0, low, low + share * (high - low))
    return resampled
