"""Whether what precedes the QRS complexes repeats: P waves do, what fibrillating atria draw not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartsense.ecg import ECG, LEADS
from heartsense.measurements import P_COHERENCE_NAMES, p_coherence
from training.simulate import NORMAL, Wave, simulate_beats

BEATS = np.cumsum([0.5, 1.05, 0.9, 1.1, 0.95, 1.12, 0.93, 1.02, 1.08, 0.91])
"""Uneven, as breathing makes them."""
LOW = replace(NORMAL[0], left=0.03, foot=0.04, front=0.01)
"""A P wave of a twentieth of a millivolt."""


def with_p_wave(wave: Wave | None) -> ECG:
    beat = NORMAL[1:] if wave is None else (wave, *NORMAL[1:])
    return simulate_beats(BEATS, [beat] * len(BEATS))


def fibrillating() -> ECG:
    """Waves of a twentieth of a millivolt, six in a second, that know nothing of the beats."""
    ecg = with_p_wave(None)
    seconds = np.arange(len(ecg.signal)) / ecg.rate
    waves = 0.05 * np.sin(2 * np.pi * (6.1 * seconds + 0.3 * np.sin(2 * seconds)))
    return replace(ecg, signal=(ecg.signal + waves[:, None]).astype(np.float32))


def test_low_p_waves_of_an_uneven_sinus_rhythm_repeat() -> None:
    of_all, of_ii, _ = p_coherence(with_p_wave(LOW))  # V1 shows hardly any of it
    assert of_all > 0.6
    assert of_ii > 0.9
    assert p_coherence(with_p_wave(NORMAL[0]))[0] > 0.9


def test_waves_of_fibrillating_atria_do_not() -> None:
    assert (p_coherence(fibrillating()) < 0.4).all()


@given(gain=st.floats(0.2, 5.0))
def test_a_gain_changes_nothing(gain: float) -> None:
    ecg = with_p_wave(LOW)
    louder = replace(ecg, signal=(ecg.signal * gain).astype(np.float32))
    assert p_coherence(louder) == pytest.approx(p_coherence(ecg), abs=1e-3)


def test_leads_that_are_not_shown_are_unknown() -> None:
    ecg = with_p_wave(LOW)
    signal = ecg.signal.copy()
    signal[:, LEADS.index("V1")] = np.nan
    values = dict(zip(P_COHERENCE_NAMES, p_coherence(replace(ecg, signal=signal)), strict=True))
    assert np.isnan(values["p_coherence_V1"])
    assert values["p_coherence"] > 0.6


def test_one_beat_or_none_tells_nothing() -> None:
    assert np.isnan(p_coherence(simulate_beats([5.0], [NORMAL]))).all()
    assert np.isnan(p_coherence(ECG(np.zeros((5000, 12), np.float32), 500.0, LEADS))).all()
