"""Small filters that live with gaps: every one takes NaN for "not shown" and gives NaN there."""

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]

PROCESSING_RATE = 250.0
"""Samples a second at which everything is measured: 4 ms, finer than a page shows."""


def moving_average(signal: Signal, width: int) -> Signal:
    """Moving average along time over what is shown.

    Parameters
    ----------
    signal : array, shape (samples, leads)
    width : int
        Samples in the window; even widths are rounded up to odd so that nothing shifts.
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
    """Gaussian low-pass along time over what is shown; ``sigma`` in samples."""
    half = int(np.ceil(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
    shown = np.isfinite(signal)
    values = np.pad(np.where(shown, signal, 0.0), ((half, half), (0, 0)))
    mask = np.pad(shown.astype(np.float64), ((half, half), (0, 0)))
    sums, mass = np.zeros(signal.shape), np.zeros(signal.shape)
    for shift, weight in enumerate(weights):
        sums += weight * values[shift : shift + len(signal)]
        mass += weight * mask[shift : shift + len(signal)]
    return np.where(shown, sums / np.maximum(mass, 1e-12), np.nan)


def remove_spikes(signal: Signal) -> Signal:
    """Running median of 5 samples (20 ms): pacing spikes go, the edges of a QRS stay."""
    padded = np.pad(signal, ((2, 2), (0, 0)), constant_values=np.nan)
    shifted = np.stack([padded[shift : shift + len(signal)] for shift in range(5)])
    middle: Signal = np.sort(shifted, axis=0)[2]
    return np.where(np.isfinite(shifted).all(axis=0), middle, signal)


def interpolate_short_gaps(signal: Signal, longest: int) -> Signal:
    """Bridge gaps of at most ``longest`` samples in straight lines; longer ones stay NaN."""
    filled = signal.copy()
    for column in filled.T:
        missing = ~np.isfinite(column)
        if not missing.any() or missing.all():
            continue
        for start, end in runs(missing):
            if start > 0 and end < len(column) and end - start <= longest:
                steps = np.arange(1, end - start + 1) / (end - start + 1)
                column[start:end] = column[start - 1] + steps * (column[end] - column[start - 1])
    return filled


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and end (past the last) of each run of True."""
    edges = np.diff(np.concatenate(([False], mask, [False])).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


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
