"""Pacing spikes: needles of a few milliseconds before the beats, on the mean of a few leads."""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from heartsense.ecg import ECG
from heartsense.measurements.analysis import Analysis, analyse
from heartsense.measurements.preprocessing import Signal
from heartsense.numeric import median, padded

PACING_SPIKES: Final = "pacing_spikes"
"""Name of ``pacing_spikes`` among features."""

_WIDTH: Final = 0.004
"""Seconds within which a needle rises, and falls again."""
_LEAST_RATE: Final = 2 / _WIDTH
"""Samples per second that show a needle."""
_NEAR: Final = 0.012
_FAR: Final = 0.04
"""Seconds from a needle between which it is compared with what else is steep."""
_BEFORE: Final = 0.2
_AFTER: Final = 0.03
"""Seconds round the R peak in which it is sought; a paced beat's R peak may be the spike itself."""
_LEADS: Final = 3
"""Those with the highest needle are averaged: a page may show three at a time."""
_MOST_OF_SECOND: Final = 2.0
"""Times the second highest needle that the mean may be: a spike is in several leads, a blot of ink
in one."""
_NOISE_MV: Final = 0.015


def pacing_spikes(ecg: ECG | Analysis) -> float:
    """How far the highest needle before a beat stands out; the median of all beats.

    1 is a needle no higher than others within 40 ms, as a QRS complex has them.

    Returns
    -------
    float
        NaN without beats, or with fewer than 500 samples per second.
    """
    found = analyse(ecg)
    rate, peaks = found.ecg.rate, found.own_peaks
    if rate < _LEAST_RATE or not len(peaks):
        return float("nan")
    heights = _needles(found.ecg.signal.astype(np.float64), round(_WIDTH * rate))
    common = _in_several_leads(heights)
    far, near = round(_FAR * rate), round(_NEAR * rate)
    around = sliding_window_view(padded(common, far, far, 0.0), 2 * far + 1)
    beside = np.maximum(
        around[:, : far - near].max(axis=1), around[:, far + near + 1 :].max(axis=1)
    )
    standing = common / (beside + _NOISE_MV)
    before, after = round(_BEFORE * rate), round(_AFTER * rate)
    highest = [standing[max(0, peak - before) : peak + after].max() for peak in peaks.tolist()]
    return median(np.array(highest))


def _in_several_leads(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """How high the needles are at each sample, of the heights in each lead."""
    highest = np.sort(heights, axis=1)[:, -_LEADS:]
    if highest.shape[1] < 2:
        return np.zeros(len(heights))
    in_several: NDArray[np.float64] = np.minimum(
        highest.mean(axis=1), _MOST_OF_SECOND * highest[:, -2]
    )
    return in_several


def _needles(signal: Signal, width: int) -> NDArray[np.float64]:
    """How far each sample is above, or below, both of those a width away; 0 if between them."""
    heights = np.zeros(signal.shape)
    middle = signal[width:-width]
    left, right = middle - signal[: -2 * width], middle - signal[2 * width :]
    needle = left * right > 0  # false where a lead is not shown
    heights[width:-width] = np.where(needle, np.minimum(np.abs(left), np.abs(right)), 0.0)
    return heights
