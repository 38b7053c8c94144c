"""The part of a record that a page shows, as the machine filters it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG
from training.render.spec import PageSpec

_MAX_SECONDS: Final = 10.0
"""Longest time that a page shows, in seconds."""


def printed_signal(ecg: ECG, spec: PageSpec) -> ECG:
    """The first ten seconds after the machine's high-pass filter; NaN stays NaN."""
    signal = ecg.signal[: round(_MAX_SECONDS * ecg.rate)].astype(np.float64)
    known = np.isfinite(signal)
    t = np.arange(len(signal))
    for lead, ok in zip(signal.T, known.T, strict=True):
        lead[~ok] = np.interp(t[~ok], t[ok], lead[ok]) if ok.any() else 0.0
    filtered = _highpass(signal, ecg.rate, spec.highpass)
    return ECG(np.where(known, filtered, np.nan).astype(np.float32), ecg.rate, ecg.leads)


def _highpass(signal: NDArray[np.float64], rate: float, cutoff: float) -> NDArray[np.float64]:
    """Zero-phase first-order high-pass, applied in the frequency domain.

    Each lead is extended by point reflection at both ends against ringing.
    """
    length = len(signal)
    padded = 2 ** int(np.log2(3 * length - 2))
    left = (padded - length) // 2
    right = padded - length - left
    before = 2 * signal[0] - signal[left:0:-1]
    after = 2 * signal[-1] - signal[-2 : -2 - right : -1]
    whole = np.concatenate([before, signal, after])
    f = np.fft.rfftfreq(padded, 1 / rate)[:, None]
    spectrum = np.fft.rfft(whole, axis=0) * (f**2 / (f**2 + cutoff**2))
    filtered: NDArray[np.float64] = np.fft.irfft(spectrum, padded, axis=0)
    return filtered[left : left + length]


def time_window(ecg: ECG, spec: PageSpec) -> tuple[float, float]:
    """Start and end in seconds of what the page shows."""
    if spec.layout == "strip":
        return 0.0, min(spec.strip_seconds, ecg.duration)
    if spec.layout == "beat" and spec.rhythm[0] in ecg.leads:
        peak = _qrs_time(ecg.lead(spec.rhythm[0]), ecg.rate)
        return max(peak - 0.35, 0.0), min(peak + 0.55, ecg.duration)
    return 0.0, ecg.duration


def _qrs_time(mv: NDArray[np.float32], rate: float) -> float:
    """Time in seconds of the steepest slope in the middle half of a lead: within a QRS complex."""
    slope = np.nan_to_num(np.abs(np.diff(mv)))
    quarter = len(slope) // 4
    return float(quarter + np.argmax(slope[quarter : 3 * quarter])) / rate
