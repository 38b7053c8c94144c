"""The beats of an ECG, found once for its measurements, its features and its views."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG
from heartsense.measurements.beats import (
    MedianBeats,
    beat_correlations,
    median_beats,
    median_beats_preprocessed,
)
from heartsense.measurements.delineation import FiducialPoints, delineate
from heartsense.measurements.preprocessing import PROCESSING_RATE, Signal, preprocess
from heartsense.measurements.rpeaks import (
    find_r_peaks_preprocessed,
    mean_slope,
    peaks_at_rate,
    rr_intervals,
    slope_energy,
)
from heartsense.numeric import median

BEAT_WINDOW: Final = (0.4, 0.6)
"""Seconds before and after the R peak that hold P onset and T end."""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """An ECG, preprocessed, with its beats.

    Attributes
    ----------
    ecg : ECG
    signal : float64 array, shape (samples, leads)
        As ``preprocess`` gives it.
    energy : float64 array, shape (samples,)
        As ``slope_energy`` gives it.
    peaks : int array, shape (peaks,)
        R peaks as indices into ``signal``.
    rr : float64 array, shape (intervals,)
        RR intervals in seconds.
    correlations : float64 array, shape (peaks, peaks)
        As ``beat_correlations`` gives them.
    beats : MedianBeats
        Over ``BEAT_WINDOW``.
    fiducials : FiducialPoints
        Of ``beats``.
    """

    ecg: ECG
    signal: Signal
    energy: Signal
    peaks: NDArray[np.intp]
    rr: Signal
    correlations: Signal
    beats: MedianBeats
    fiducials: FiducialPoints

    @property
    def own_peaks(self) -> NDArray[np.intp]:
        """R peaks as sample indices of the ECG itself, as ``find_r_peaks`` returns them."""
        return peaks_at_rate(self.peaks, self.ecg)

    def median_beats(self, before: float, after: float) -> MedianBeats:
        """What ``median_beats`` gives for ``own_peaks``, no further out than ``BEAT_WINDOW``."""
        if self.ecg.rate < PROCESSING_RATE:  # the ECG's own samples are too coarse for these peaks
            return median_beats(self.ecg, self.own_peaks, before, after)
        first = self.beats.r_peak_index - round(before * PROCESSING_RATE)
        last = self.beats.r_peak_index + round(after * PROCESSING_RATE)
        part = self.beats.beats[:, first:last]
        return replace(self.beats, beats=part, r_peak_index=self.beats.r_peak_index - first)


def analyse(ecg: ECG | Analysis) -> Analysis:
    """Find and delineate the beats of an ECG; what is analysed already is returned as it is."""
    if isinstance(ecg, Analysis):
        return ecg
    signal = preprocess(ecg)
    slope = mean_slope(signal)
    energy = slope_energy(slope)
    peaks = find_r_peaks_preprocessed(signal, slope)
    correlations = beat_correlations(signal, peaks)
    beats = median_beats_preprocessed(signal, peaks, ecg.leads, *BEAT_WINDOW, correlations)
    rr = rr_intervals(signal, peaks)
    median_rr = median(rr) if len(rr) else None
    fiducials = delineate(beats, median_rr)
    return Analysis(ecg, signal, energy, peaks, rr, correlations, beats, fiducials)
