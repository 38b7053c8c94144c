"""Feature extraction: one vector with the same names and order for every ECG."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG, LEADS
from heartsense.measurements.analysis import Analysis, analyse
from heartsense.measurements.beats import MedianBeats
from heartsense.measurements.delineation import FiducialPoints
from heartsense.measurements.measure import measurements_from_beats
from heartsense.measurements.morphology import (
    MORPHOLOGY_NAMES,
    WAVES,
    morphology_summary,
    wave_amplitudes,
)
from heartsense.measurements.preprocessing import Signal
from heartsense.measurements.rhythm import RHYTHM_NAMES, rhythm_features
from heartsense.reference_ranges import CORNELL_LIMIT, SOKOLOW_LYON_LIMIT

_SAMPLE_TIMES: Final = np.concatenate(
    (np.arange(-0.24, -0.08, 0.016), np.arange(-0.08, 0.1, 0.012), np.arange(0.1, 0.49, 0.02))
)
"""Seconds from the R peak at which a beat is sampled: finest in the QRS complex."""
_LIMB_LEADS = 6
_INTERVALS = ("pr_ms", "qrs_ms", "qt_ms", "qtc_ms")

_SHAPE_NAMES: Final = (
    *RHYTHM_NAMES,
    *_INTERVALS,
    "p_found",
    "p_scatter",
    "p_size",
    *(f"relative_size_{lead}" for lead in LEADS[:_LIMB_LEADS]),
    *MORPHOLOGY_NAMES,
    *(f"{wave}_share_{lead}" for lead in LEADS for wave in WAVES),
    *(f"beat_{lead}_{round(1000 * t)}ms" for lead in LEADS for t in _SAMPLE_TIMES),
)
_VOLTAGE_NAMES: Final = (
    "sokolow_lyon_mv",
    "cornell_mv",
    "hypertrophy_voltage",
    *(f"size_mv_{lead}" for lead in LEADS),
    *(f"{wave}_mv_{lead}" for lead in LEADS for wave in WAVES),
)

FEATURE_NAMES: Final[tuple[str, ...]] = (*_SHAPE_NAMES, *_VOLTAGE_NAMES)
"""Names of ``signal_features``, in order."""

FEATURE_GROUPS: Final[tuple[str, ...]] = ("shape",) * len(_SHAPE_NAMES) + ("voltage",) * len(
    _VOLTAGE_NAMES
)
"""Group of each feature: ``shape`` needs no absolute millivolts, ``voltage`` does.

Shape features do not change when a chest lead is multiplied by a constant, nor when all six limb
leads are multiplied by the same constant.
"""


def signal_features(ecg: ECG | Analysis) -> NDArray[np.float32]:
    """Features of an ECG, in the order of ``FEATURE_NAMES``.

    A single unnamed strip has rhythm and interval features only.

    Returns
    -------
    float32 array, shape (len(FEATURE_NAMES),)
        NaN where the page does not show what a feature needs.
    """
    found = analyse(ecg)
    rr, beats, fiducials = found.rr, found.beats, found.fiducials
    waveforms = _twelve_leads(beats)
    amplitude = _lead_amplitudes(waveforms, beats.seconds)
    normalized = waveforms / np.where(amplitude > 0, amplitude, np.nan)[:, None]
    waves = wave_amplitudes(normalized, beats.seconds, fiducials)
    shape = np.concatenate(
        (
            rhythm_features(found.correlations, found.energy, found.peaks, rr),
            _interval_features(rr, beats, fiducials),
            _relative_limb_amplitudes(amplitude),
            morphology_summary(waveforms, normalized, waves, beats.seconds, fiducials),
            waves.ravel(),
            _sampled_beats(normalized, beats.seconds).ravel(),
        )
    )
    voltage = _voltage_features(rr, beats, fiducials, waveforms, amplitude)
    return np.concatenate((shape, voltage)).astype(np.float32)


def _twelve_leads(beats: MedianBeats) -> Signal:
    """Median beats of the twelve standard leads, shape (12, samples), NaN where absent."""
    waveforms = np.full((len(LEADS), beats.beats.shape[1]), np.nan)
    for index, lead in enumerate(LEADS):
        if lead in beats.leads:
            waveforms[index] = beats.lead(lead)
    return waveforms


def _lead_amplitudes(waveforms: Signal, seconds: Signal) -> Signal:
    """Standard deviation of each lead's beat from P to T, shape (12,); NaN where not shown."""
    part = waveforms[:, (seconds > -0.25) & (seconds < 0.4)]
    amplitudes = np.full(len(waveforms), np.nan)
    shown = np.isfinite(part).mean(axis=1) > 0.8
    amplitudes[shown] = np.nanstd(part[shown], axis=1)
    return amplitudes


def _relative_limb_amplitudes(amplitude: Signal) -> Signal:
    """Each limb lead's amplitude over the mean of all six; NaN unless all are shown."""
    limb = amplitude[:_LIMB_LEADS]
    relative: Signal = limb / limb.mean()
    return relative


def _interval_features(rr: Signal, beats: MedianBeats, fiducials: FiducialPoints) -> Signal:
    found = measurements_from_beats(rr, beats, fiducials)
    values = [getattr(found, name) for name in _INTERVALS]
    values += [float(fiducials.p_onset is not None)]
    values += [fiducials.p_peak_scatter, fiducials.p_amplitude_ratio]
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def _sampled_beats(waveforms: Signal, seconds: Signal) -> Signal:
    """Each beat at ``_SAMPLE_TIMES``, shape (12, times)."""
    return np.array([np.interp(_SAMPLE_TIMES, seconds, waveform) for waveform in waveforms])


def _voltage_features(
    rr: Signal, beats: MedianBeats, fiducials: FiducialPoints, waveforms: Signal, amplitude: Signal
) -> Signal:
    found = measurements_from_beats(rr, beats, fiducials)
    criteria = [np.nan if v is None else v for v in (found.sokolow_lyon_mv, found.cornell_mv)]
    criteria.append(float(np.fmax(criteria[0] / SOKOLOW_LYON_LIMIT, criteria[1] / CORNELL_LIMIT)))
    waves = wave_amplitudes(waveforms, beats.seconds, fiducials)
    return np.concatenate((criteria, amplitude, waves.ravel()))
