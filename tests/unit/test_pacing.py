"""Needles before the beats: a stimulus of a pacemaker, and what is none."""

from dataclasses import replace

import numpy as np
import pytest

from heartsense.digitizer import digitize
from heartsense.ecg import ECG
from heartsense.measurements import find_r_peaks, pacing_spikes
from training.render import PageSpec, render_page
from training.simulate import simulate

STANDS_OUT = 4.0


def paced(millivolts: float = 1.0, leads: int = 12) -> ECG:
    """A needle of two samples, 60 ms before each R peak."""
    ecg = simulate(70)
    signal = ecg.signal.copy()
    for peak in find_r_peaks(ecg):
        first = peak - round(0.06 * ecg.rate)
        signal[first : first + 2, :leads] += millivolts
    return replace(ecg, signal=signal)


def test_needles_stand_out_in_the_signal_and_on_a_page() -> None:
    assert pacing_spikes(paced()) > STANDS_OUT
    assert pacing_spikes(paced(-0.5)) > STANDS_OUT
    page = render_page(paced(), PageSpec()).pixels
    assert pacing_spikes(digitize(page).ecg) > STANDS_OUT


def test_steep_complexes_are_no_needles() -> None:
    ecg = simulate(70)
    assert pacing_spikes(ecg) < STANDS_OUT
    assert pacing_spikes(replace(ecg, signal=3 * ecg.signal)) < STANDS_OUT


def test_a_needle_in_one_lead_alone_is_none() -> None:
    assert pacing_spikes(paced(0.2, leads=1)) < STANDS_OUT
    assert pacing_spikes(paced(1.0, leads=1)) < STANDS_OUT


@pytest.mark.parametrize(
    "ecg",
    [ECG(np.zeros((5000, 12), np.float32), 500.0), ECG(simulate(70).signal[::4], 125.0)],
    ids=["no beats", "125 samples per second"],
)
def test_they_are_unknown_where_they_cannot_be_seen(ecg: ECG) -> None:
    assert np.isnan(pacing_spikes(ecg))


def test_leads_that_are_not_shown_are_no_matter() -> None:
    ecg = paced()
    signal = ecg.signal.copy()
    signal[: len(signal) // 2, 6:] = np.nan
    assert pacing_spikes(replace(ecg, signal=signal)) > STANDS_OUT
