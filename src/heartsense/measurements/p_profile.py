"""The course of the P wave up to the QRS onset, from which a long PR interval is told.

Where the P onset is put decides a PR interval by itself, and noise or a T wave moves it; the whole
course tells more.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG
from heartsense.measurements.analysis import Analysis, analyse
from heartsense.measurements.beats import MedianBeats
from heartsense.measurements.preprocessing import Signal

_TIMES: Final = np.arange(-0.36, -0.005, 0.016)
"""Seconds from the QRS onset at which the course is sampled."""

_LEVEL_SAMPLES: Final = 2
"""Last samples, just before the QRS, whose mean is the level that the course is measured from."""

_P_TIMES: Final = _TIMES < -0.07
"""Samples among which is the wave's height, by which the course is divided."""

_MIN_SHOWN: Final = 0.7
"""Share of a median beat that a lead must show."""

_LIMB_LEADS: Final = ("I", "II", "III", "aVR", "aVL", "aVF")
_COURSES: Final = ("II", "limb", "V1")

P_PROFILE_NAMES: Final = (
    "p_profile_qrs_onset_ms",
    *(f"p_profile_{course}_{round(1000 * t)}ms" for course in _COURSES for t in _TIMES),
)
"""Names of ``p_profile``: the QRS onset before the R peak, then the course in lead II, in the limb
leads together (their first principal component), and in V1."""


def p_profile(ecg: ECG | Analysis) -> NDArray[np.float64]:
    """Values of ``P_PROFILE_NAMES``.

    Returns
    -------
    float64 array, shape (len(P_PROFILE_NAMES),)
        Courses are parts of the wave's greatest height, so no value depends on a gain; NaN where
        the QRS onset or the leads are not shown.
    """
    found = analyse(ecg)
    beats, onset = found.beats, found.fiducials.qrs_onset
    if onset is None:
        return np.full(len(P_PROFILE_NAMES), np.nan)
    limb = [_course(beats, lead, onset) for lead in _LIMB_LEADS]
    shown = np.array([course for course in limb if course is not None])
    courses = (_course(beats, "II", onset), _common(shown), _course(beats, "V1", onset))
    return np.concatenate(([1000.0 * onset], *(_relative(course) for course in courses)))


def _course(beats: MedianBeats, lead: str, onset: float) -> Signal | None:
    """A lead's median beat before the QRS onset, from the level just before it."""
    if lead not in beats.leads or np.isfinite(beats.lead(lead)).mean() <= _MIN_SHOWN:
        return None
    course = np.interp(onset + _TIMES, beats.seconds, np.nan_to_num(beats.lead(lead)))
    return np.asarray(course - course[-_LEVEL_SAMPLES:].mean())


def _common(courses: Signal) -> Signal | None:
    """What the courses of several leads have in common, upright where it is largest."""
    if not len(courses):
        return None
    _, _, axes = np.linalg.svd(courses - courses.mean(axis=1, keepdims=True), full_matrices=False)
    course = axes[0] - axes[0, -_LEVEL_SAMPLES:].mean()
    return np.asarray(course * np.sign(course[np.argmax(np.abs(course))]))


def _relative(course: Signal | None) -> Signal:
    """A course as part of its greatest height; NaN where there is none."""
    if course is None:
        return np.full(len(_TIMES), np.nan)
    height = np.abs(course[_P_TIMES]).max()
    return course / height if height > 0 else np.full(len(_TIMES), np.nan)
