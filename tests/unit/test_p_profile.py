"""The course of the P wave before the QRS onset: it moves with the wave, and not with a gain."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartsense.ecg import ECG, LEADS
from heartsense.measurements import P_PROFILE_NAMES, p_profile
from training.simulate import NORMAL, simulate_beats

BEATS = np.arange(0.5, 10.5, 0.95)


def with_p_wave_at(seconds: float) -> ECG:
    waves = (replace(NORMAL[0], time=seconds), *NORMAL[1:])
    return simulate_beats(BEATS, [waves] * len(BEATS))


def peak_of(ecg: ECG, course: str) -> int:
    """When the course is highest, in milliseconds from the QRS onset."""
    start = f"p_profile_{course}_"
    courses = {
        int(name.removeprefix(start).removesuffix("ms")): value
        for name, value in zip(P_PROFILE_NAMES, p_profile(ecg), strict=True)
        if name.startswith(start)
    }
    return max(courses, key=lambda t: courses[t])


@pytest.mark.parametrize("course", ["II", "limb"])
def test_an_earlier_p_wave_is_seen_earlier(course: str) -> None:
    usual, early = with_p_wave_at(-0.16), with_p_wave_at(-0.256)
    assert peak_of(usual, course) - peak_of(early, course) == pytest.approx(96, abs=16)


@given(gain=st.floats(0.2, 5.0))
def test_a_gain_changes_nothing(gain: float) -> None:
    ecg = with_p_wave_at(-0.2)
    louder = replace(ecg, signal=(ecg.signal * gain).astype(np.float32))
    assert p_profile(louder) == pytest.approx(p_profile(ecg), abs=0.02, nan_ok=True)


def test_leads_that_are_not_shown_are_unknown() -> None:
    ecg = with_p_wave_at(-0.16)
    signal = ecg.signal.copy()
    signal[:, LEADS.index("V1")] = np.nan
    profile = dict(zip(P_PROFILE_NAMES, p_profile(replace(ecg, signal=signal)), strict=True))
    of_v1 = [value for name, value in profile.items() if "_V1_" in name]
    assert np.isnan(of_v1).all()
    assert sum(np.isnan(value) for value in profile.values()) == len(of_v1)


def test_without_beats_all_is_unknown() -> None:
    flat = ECG(np.zeros((5000, 12), np.float32), 500.0, LEADS)
    assert np.isnan(p_profile(flat)).all()
