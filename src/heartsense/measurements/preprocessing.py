"""Preprocessing of ECG signals: common sampling rate, short gaps bridged, low-pass.

The filters take NaN for "not shown" and leave it in place.
"""

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG
from heartsense.numeric import gaussian_kernel, true_runs

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
    padded = np.pad(values, ((half + 1, half), (0, 0)))
    total = np.cumsum(padded, axis=0)
    width = 2 * half + 1
    return total[width:] - total[:-width]


def gaussian_filter(signal: Signal, sigma: float) -> Signal:
    """Gaussian low-pass along time over the values shown.

    Parameters
    ----------
    signal : array, shape (samples, leads)
    sigma : float
        Standard deviation in samples.
    """
    half = int(np.ceil(3 * sigma))
    shown = np.isfinite(signal)
    values = np.pad(np.where(shown, signal, 0.0), ((half, half), (0, 0)))
    mask = np.pad(shown.astype(np.float64), ((half, half), (0, 0)))
    sums, mass = np.zeros(signal.shape), np.zeros(signal.shape)
    for shift, weight in enumerate(gaussian_kernel(sigma, half)):
        sums += weight * values[shift : shift + len(signal)]
        mass += weight * mask[shift : shift + len(signal)]
    return np.where(shown, sums / np.maximum(mass, 1e-12), np.nan)


def remove_spikes(signal: Signal) -> Signal:
    """Running median of 5 samples (20 ms), which removes pacing spikes and keeps QRS edges."""
    padded = np.pad(signal, ((2, 2), (0, 0)), constant_values=np.nan)
    shifted = np.stack([padded[shift : shift + len(signal)] for shift in range(5)])
    median: Signal = np.sort(shifted, axis=0)[2]
    return np.where(np.isfinite(shifted).all(axis=0), median, signal)


def interpolate_short_gaps(signal: Signal, longest: int) -> Signal:
    """Interpolate gaps of at most ``longest`` samples linearly; longer ones stay NaN."""
    filled = signal.copy()
    for column in filled.T:
        missing = ~np.isfinite(column)
        if not missing.any() or missing.all():
            continue
        for start, end in true_runs(missing):
            if start > 0 and end < len(column) and end - start <= longest:
                steps = np.arange(1, end - start + 1) / (end - start + 1)
                column[start:end] = column[start - 1] + steps * (column[end] - column[start - 1])
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
