"""Heart rate, intervals, axis and voltages of an ECG."""

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG
from heartsense.measurements.analysis import Analysis, analyse
from heartsense.measurements.beats import MedianBeats
from heartsense.measurements.delineation import FiducialPoints
from heartsense.measurements.morphology import frontal_axis
from heartsense.reference_ranges import Measurements


def measure(ecg: ECG | Analysis) -> Measurements:
    """Measure an ECG; fields are None where it does not show what they need.

    See ``Measurements`` for units and definitions. An ECG that is analysed already is measured by
    its ``Analysis``.
    """
    found = analyse(ecg)
    return measurements_from_beats(found.rr, found.beats, found.fiducials)


def measurements_from_beats(
    rr: NDArray[np.float64], beats: MedianBeats, fiducials: FiducialPoints
) -> Measurements:
    """The measurements of an ECG that is delineated already.

    Parameters
    ----------
    rr : float64 array, shape (intervals,)
        RR intervals in seconds.
    beats : MedianBeats
        In mV.
    fiducials : FiducialPoints
    """
    mean_rr = float(rr.mean()) if len(rr) else None
    qt = _interval_ms(fiducials.qrs_onset, fiducials.t_end)
    return Measurements(
        heart_rate_bpm=None if mean_rr is None else 60.0 / mean_rr,
        rr_spread_ms=1000.0 * float(rr.std()) if len(rr) > 1 else None,
        pr_ms=_interval_ms(fiducials.p_onset, fiducials.qrs_onset),
        qrs_ms=_interval_ms(fiducials.qrs_onset, fiducials.qrs_offset),
        qt_ms=qt,
        qtc_ms=None if qt is None or mean_rr is None else float(qt / np.cbrt(mean_rr)),
        axis_deg=_axis(beats, fiducials),
        sokolow_lyon_mv=_sokolow_lyon(beats, fiducials),
        cornell_mv=_cornell(beats, fiducials),
    )


def _interval_ms(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else 1000.0 * (end - start)


def _qrs(beats: MedianBeats, fiducials: FiducialPoints, lead: str) -> NDArray[np.float32] | None:
    """One lead's QRS complex, or None where it is not fully shown."""
    if lead not in beats.leads or fiducials.qrs_onset is None or fiducials.qrs_offset is None:
        return None
    seconds = beats.seconds
    part = beats.lead(lead)[(seconds >= fiducials.qrs_onset) & (seconds <= fiducials.qrs_offset)]
    return part if len(part) and np.isfinite(part).all() else None


def _axis(beats: MedianBeats, fiducials: FiducialPoints) -> float | None:
    lead_i, lead_avf = _qrs(beats, fiducials, "I"), _qrs(beats, fiducials, "aVF")
    if lead_i is None or lead_avf is None:
        return None
    axis = frontal_axis(lead_i.astype(np.float64), lead_avf.astype(np.float64))
    return None if np.isnan(axis) else axis


def _sokolow_lyon(beats: MedianBeats, fiducials: FiducialPoints) -> float | None:
    """S in V1 plus the greater R of V5 and V6, in mV (Sokolow and Lyon 1949)."""
    v1 = _qrs(beats, fiducials, "V1")
    v5_v6 = [q for q in (_qrs(beats, fiducials, lead) for lead in ("V5", "V6")) if q is not None]
    if v1 is None or not v5_v6:
        return None
    return max(-float(v1.min()), 0.0) + max(max(float(q.max()) for q in v5_v6), 0.0)


def _cornell(beats: MedianBeats, fiducials: FiducialPoints) -> float | None:
    """R in aVL plus S in V3, in mV (Casale et al. 1985)."""
    avl, v3 = _qrs(beats, fiducials, "aVL"), _qrs(beats, fiducials, "V3")
    if avl is None or v3 is None:
        return None
    return max(float(avl.max()), 0.0) + max(-float(v3.min()), 0.0)
