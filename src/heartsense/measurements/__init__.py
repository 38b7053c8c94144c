"""Measurements of an ECG: R peaks, median beats, delineation, voltages, feature extraction."""

from heartsense.measurements.analysis import Analysis, analyse
from heartsense.measurements.beats import MedianBeats, median_beats
from heartsense.measurements.features import FEATURE_GROUPS, FEATURE_NAMES, signal_features
from heartsense.measurements.measure import measure
from heartsense.measurements.p_coherence import P_COHERENCE_NAMES, p_coherence
from heartsense.measurements.p_profile import P_PROFILE_NAMES, p_profile
from heartsense.measurements.pacing import PACING_SPIKES, pacing_spikes
from heartsense.measurements.rpeaks import find_r_peaks
from heartsense.reference_ranges import REFERENCE_RANGES, Measurements, ReferenceRange

__all__ = [
    "FEATURE_GROUPS",
    "FEATURE_NAMES",
    "PACING_SPIKES",
    "P_COHERENCE_NAMES",
    "P_PROFILE_NAMES",
    "REFERENCE_RANGES",
    "Analysis",
    "Measurements",
    "MedianBeats",
    "ReferenceRange",
    "analyse",
    "find_r_peaks",
    "measure",
    "median_beats",
    "p_coherence",
    "p_profile",
    "pacing_spikes",
    "signal_features",
]
