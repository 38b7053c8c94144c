"""Morphology of the median beats: wave amplitudes, axes, R progression, repolarisation."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import LEADS
from heartsense.measurements.delineation import FiducialPoints
from heartsense.measurements.preprocessing import Signal

WAVES: Final = ("q", "r", "s", "j", "st60", "st80", "t_max", "t_min")
"""Per lead: Q, R and S peaks, J point, ST 60 and 80 ms after it, maximum and minimum of T."""

MORPHOLOGY_NAMES: Final = (
    "qrs_axis_deg",
    "initial_axis_deg",
    "t_axis_deg",
    "qrs_t_angle_deg",
    *(f"r_part_{lead}" for lead in LEADS),
    *(f"activation_ms_{lead}" for lead in LEADS),
    "transition_lead",
    "discordant_t_share",
    "st60_highest",
    "st60_lowest",
    "st60_mean",
    "t_mean",
)
"""Axes, R / (R + S), R-peak time per lead, R transition, discordant T waves, ST and T."""

_PRECORDIAL: Final = slice(6, 12)


def wave_amplitudes(waveforms: Signal, seconds: Signal, fiducials: FiducialPoints) -> Signal:
    """Amplitudes of each lead's waves.

    Parameters
    ----------
    waveforms : float64 array, shape (leads, samples)
        Median beats, zero on the PR segment.
    seconds : float64 array, shape (samples,)
        Time from the R peak.

    Returns
    -------
    float64 array, shape (leads, len(WAVES))
        In the waveforms' unit; NaN where not shown.
    """
    values = np.full((len(waveforms), len(WAVES)), np.nan)
    if fiducials.qrs_onset is None or fiducials.qrs_offset is None:
        return values
    qrs = (seconds >= fiducials.qrs_onset) & (seconds <= fiducials.qrs_offset)
    t_wave = (seconds > fiducials.qrs_offset + 0.08) & (seconds < fiducials.qrs_offset + 0.36)
    delays = [
        int(np.argmin(np.abs(seconds - fiducials.qrs_offset - delay))) for delay in (0, 0.06, 0.08)
    ]
    for index, waveform in enumerate(waveforms):
        complex_, repolarisation = waveform[qrs], waveform[t_wave]
        if len(complex_) == 0 or not np.isfinite(complex_).all():
            continue
        r_peak = int(np.argmax(complex_))
        values[index, :3] = (
            min(complex_[: r_peak + 1].min(), 0.0),
            max(complex_[r_peak], 0.0),
            min(complex_[r_peak:].min(), 0.0),
        )
        values[index, 3:6] = waveform[delays]
        known = repolarisation[np.isfinite(repolarisation)]
        if len(known):
            values[index, 6:] = known.max(), known.min()
    return values


def morphology_summary(
    waveforms: Signal,
    normalized: Signal,
    waves: Signal,
    seconds: Signal,
    fiducials: FiducialPoints,
) -> Signal:
    """Values of ``MORPHOLOGY_NAMES``.

    Parameters
    ----------
    waveforms, normalized : arrays, shape (12, samples)
        Median beats of the standard leads, in the ECG's unit and divided by each lead's own
        amplitude. Of ``waveforms`` only ratios of the limb leads are used.
    waves : float64 array, shape (12, len(WAVES))
        As ``wave_amplitudes`` gives them of ``normalized``.
    seconds : float64 array, shape (samples,)
        Time from the R peak.
    """
    if fiducials.qrs_onset is None or fiducials.qrs_offset is None:
        return np.full(len(MORPHOLOGY_NAMES), np.nan)
    r, s = waves[:, 1], -waves[:, [0, 2]].min(axis=1)
    r_ratio = r / np.where(r + s > 0, r + s, np.nan)
    t_wave = waves[:, 6] + waves[:, 7]
    return np.concatenate(
        (
            _axes(waveforms, seconds, fiducials.qrs_onset, fiducials.qrs_offset),
            r_ratio,
            _r_peak_times(normalized, seconds, fiducials.qrs_onset, fiducials.qrs_offset),
            (_precordial_transition(r_ratio[_PRECORDIAL]), _fraction(t_wave * (r - s) < 0, t_wave)),
            _max_min_mean(waves[:, 4]),
            (_max_min_mean(t_wave)[2],),
        )
    )


def _axes(waveforms: Signal, seconds: Signal, onset: float, offset: float) -> Signal:
    """Frontal axes of QRS, its first 40 ms and T, and the angle between QRS and T."""
    spans = ((onset, offset), (onset, onset + 0.04), (offset + 0.08, offset + 0.36))
    axes = []
    for start, end in spans:
        part = (seconds >= start) & (seconds <= end)
        lead_i, lead_avf = waveforms[LEADS.index("I"), part], waveforms[LEADS.index("aVF"), part]
        axes.append(frontal_axis(lead_i, lead_avf))
    qrs_t_angle = abs((axes[0] - axes[2] + 180.0) % 360.0 - 180.0)
    return np.array([*axes, qrs_t_angle])


def frontal_axis(lead_i: Signal, lead_avf: Signal) -> float:
    """Frontal axis in degrees from the net areas of leads I and aVF.

    aVF is scaled by 2 / sqrt(3): an augmented lead records sqrt(3) / 2 of what a limb lead
    records of the same vector. NaN where either lead is not fully shown, or both are flat.
    """
    x, y = float(lead_i.sum()), float(lead_avf.sum()) * 2 / np.sqrt(3)
    return float(np.degrees(np.arctan2(y, x))) if x or y else np.nan


def _r_peak_times(normalized: Signal, seconds: Signal, onset: float, offset: float) -> Signal:
    """Milliseconds from QRS onset to each lead's R peak, NaN where not fully shown."""
    qrs = (seconds >= onset) & (seconds <= offset)
    r_peaks = np.argmax(np.nan_to_num(normalized[:, qrs], nan=-np.inf), axis=1)
    shown = np.isfinite(normalized[:, qrs]).all(axis=1)
    return np.where(shown, 1000.0 * (seconds[qrs][r_peaks] - onset), np.nan)


def _precordial_transition(r_ratio: Signal) -> float:
    """The precordial lead, interpolated, at which R exceeds S; 7 if it never does."""
    if not np.isfinite(r_ratio).all():
        return np.nan
    exceeding = np.flatnonzero(r_ratio > 0.5)
    if len(exceeding) == 0:
        return 7.0
    first = int(exceeding[0])
    if first == 0:
        return 1.0
    return first + float((0.5 - r_ratio[first - 1]) / (r_ratio[first] - r_ratio[first - 1]))


def _fraction(flags: NDArray[np.bool_], values: Signal) -> float:
    known = np.isfinite(values)
    return float(flags[known].mean()) if known.any() else np.nan


def _max_min_mean(values: Signal) -> Signal:
    """Maximum, minimum and mean of the finite values."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return np.full(3, np.nan)
    return np.array([known.max(), known.min(), known.mean()])
