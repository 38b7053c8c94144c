"""The signal as everything here measures it: 250 Hz, gaps bridged, hum and pixels smoothed."""

import numpy as np

from heartsense.ecg import ECG
from heartsense.measurements.filters import (
    PROCESSING_RATE,
    Signal,
    gaussian_filter,
    interpolate_short_gaps,
    resample,
)

_SMOOTHING = 0.0033
"""Sigma of the low-pass in seconds: -3 dB at 40 Hz, the band of a diagnostic page."""

_SHORT_GAP = 0.04
"""Gaps of up to 40 ms are a label or a crossing line: bridged."""


def preprocess(ecg: ECG) -> Signal:
    """The leads at ``PROCESSING_RATE``, float64, shape (samples, leads), NaN where not shown."""
    signal = ecg.signal.astype(np.float64)
    signal = interpolate_short_gaps(signal, round(_SHORT_GAP * ecg.rate))
    sigma = _SMOOTHING * ecg.rate
    if sigma >= 0.5:
        signal = gaussian_filter(signal, sigma)
    return resample(signal, ecg.rate, PROCESSING_RATE)
