"""ECG -> Measurements."""

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG
from heartsense.measurements.beats import MedianBeats, working_beats
from heartsense.measurements.intervals import Fiducials, delineate
from heartsense.measurements.morphology import frontal_axis
from heartsense.measurements.preprocessing import preprocess
from heartsense.measurements.rpeaks import rr_intervals, working_peaks
from heartsense.reference_ranges import Measurements

_BEFORE, _AFTER = 0.4, 0.6


def measure(ecg: ECG) -> Measurements:
    """Rate, intervals, axis and voltages of what the page shows (see ``Measurements``)."""
    signal = preprocess(ecg)
    peaks = working_peaks(signal)
    beats = working_beats(signal, peaks, ecg.leads, _BEFORE, _AFTER)
    rr = rr_intervals(signal, peaks)
    marks = delineate(beats, usual_interval(rr))
    return measurements_of(rr, beats, marks)


def usual_interval(rr: NDArray[np.float64]) -> float | None:
    """Median RR interval in seconds; None with fewer than two beats."""
    return float(np.median(rr)) if len(rr) else None


def measurements_of(rr: NDArray[np.float64], beats: MedianBeats, marks: Fiducials) -> Measurements:
    """The measurements of RR intervals (s), median beats (mV) and their on- and offsets."""
    mean_rr = float(rr.mean()) if len(rr) else None
    qt = _span(marks.qrs_onset, marks.t_end)
    return Measurements(
        heart_rate_bpm=None if mean_rr is None else 60.0 / mean_rr,
        rr_spread_ms=1000.0 * float(rr.std()) if len(rr) > 1 else None,
        pr_ms=_span(marks.p_onset, marks.qrs_onset),
        qrs_ms=_span(marks.qrs_onset, marks.qrs_offset),
        qt_ms=qt,
        qtc_ms=None if qt is None or mean_rr is None else float(qt / np.cbrt(mean_rr)),
        axis_deg=_axis(beats, marks),
        sokolow_lyon_mv=_sokolow_lyon(beats, marks),
        cornell_mv=_cornell(beats, marks),
    )


def _span(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else 1000.0 * (end - start)


def _qrs(beats: MedianBeats, marks: Fiducials, lead: str) -> NDArray[np.float32] | None:
    """One lead's QRS, or None where it is not shown whole."""
    if lead not in beats.leads or marks.qrs_onset is None or marks.qrs_offset is None:
        return None
    seconds = beats.seconds
    part = beats.lead(lead)[(seconds >= marks.qrs_onset) & (seconds <= marks.qrs_offset)]
    return part if len(part) and np.isfinite(part).all() else None


def _axis(beats: MedianBeats, marks: Fiducials) -> float | None:
    one, foot = _qrs(beats, marks, "I"), _qrs(beats, marks, "aVF")
    if one is None or foot is None:
        return None
    axis = frontal_axis(one.astype(np.float64), foot.astype(np.float64))
    return None if np.isnan(axis) else axis


def _sokolow_lyon(beats: MedianBeats, marks: Fiducials) -> float | None:
    right = _qrs(beats, marks, "V1")
    left = [q for q in (_qrs(beats, marks, "V5"), _qrs(beats, marks, "V6")) if q is not None]
    if right is None or not left:
        return None
    return max(-float(right.min()), 0.0) + max(max(float(q.max()) for q in left), 0.0)


def _cornell(beats: MedianBeats, marks: Fiducials) -> float | None:
    high, front = _qrs(beats, marks, "aVL"), _qrs(beats, marks, "V3")
    if high is None or front is None:
        return None
    return max(float(high.max()), 0.0) + max(-float(front.min()), 0.0)
