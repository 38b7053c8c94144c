"""Measurements depend on the heart, not on gain, page layout or start time."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsense.ecg import ECG, LEADS, STRIP
from heartsense.measurements import (
    REFERENCE_RANGES,
    Measurements,
    find_r_peaks,
    measure,
    median_beats,
)
from training.simulate import NORMAL, PREMATURE_VENTRICULAR, Wave, simulate, simulate_beats
from training.sources import read_manifest

few_examples = settings(max_examples=15, deadline=None)


def as_page(ecg: ECG, rhythm_strip: bool = True) -> ECG:
    """What a 3x4 page shows: 2.5 s of each lead, lead II throughout."""
    signal = np.full_like(ecg.signal, np.nan)
    quarter = len(signal) // 4
    for column in range(4):
        rows, leads = (
            slice(column * quarter, (column + 1) * quarter),
            slice(3 * column, 3 * column + 3),
        )
        signal[rows, leads] = ecg.signal[rows, leads]
    if rhythm_strip:
        signal[:, 1] = ecg.signal[:, 1]
    return ECG(signal, ecg.rate, ecg.leads)


@few_examples
@given(heart_rate=st.floats(35, 200), seed=st.integers(0, 99))
def test_heart_rate_is_right_within_one_beat_a_minute(heart_rate: float, seed: int) -> None:
    ecg = simulate(heart_rate, noise=0.03, seed=seed)
    for shown in (ecg, as_page(ecg), as_page(ecg, rhythm_strip=False)):
        assert measure(shown).heart_rate_bpm == pytest.approx(heart_rate, abs=1.0)


@few_examples
@given(factor=st.floats(0.2, 5), heart_rate=st.floats(45, 150))
def test_gain_changes_voltages_only(factor: float, heart_rate: float) -> None:
    ecg = simulate(heart_rate)
    plain = measure(ecg)
    scaled = measure(ECG(ecg.signal * np.float32(factor), ecg.rate))
    for name in (
        "heart_rate_bpm",
        "rr_spread_ms",
        "pr_ms",
        "qrs_ms",
        "qt_ms",
        "qtc_ms",
        "axis_deg",
    ):
        assert getattr(scaled, name) == pytest.approx(getattr(plain, name), abs=0.5), name
    for name in ("sokolow_lyon_mv", "cornell_mv"):
        assert getattr(scaled, name) == pytest.approx(factor * getattr(plain, name), rel=0.01)


@few_examples
@given(start=st.floats(0, 0.9), heart_rate=st.floats(60, 160))
def test_the_start_time_does_not_change_the_rate(start: float, heart_rate: float) -> None:
    ecg = simulate(heart_rate, duration=11)
    first = round(start * ecg.rate)
    later = ECG(ecg.signal[first : first + 5000], ecg.rate)
    assert measure(later).heart_rate_bpm == pytest.approx(heart_rate, abs=0.5)


@few_examples
@given(offsets=st.lists(st.floats(-3, 3), min_size=12, max_size=12))
def test_baseline_offsets_change_nothing(offsets: list[float]) -> None:
    ecg = as_page(simulate(75))
    moved = ECG(ecg.signal + np.array(offsets, dtype=np.float32), ecg.rate)
    plain, shifted = measure(ecg), measure(moved)
    for name in REFERENCE_RANGES:
        assert getattr(shifted, name) == pytest.approx(getattr(plain, name), abs=0.5), name


def test_intervals_axis_and_voltages_of_a_known_beat() -> None:
    found = measure(simulate(60, noise=0.005))
    assert found.axis_deg == pytest.approx(45, abs=6)
    assert found.pr_ms == pytest.approx(155, abs=25)
    assert found.qrs_ms == pytest.approx(95, abs=25)
    assert found.qt_ms == pytest.approx(420, abs=35)
    assert found.rr_spread_ms == pytest.approx(0, abs=4)


def test_qtc_is_fridericia() -> None:
    found = measure(simulate(90))
    assert found.qt_ms is not None
    assert found.qtc_ms == pytest.approx(found.qt_ms / (60 / 90) ** (1 / 3), rel=0.01)


def test_atrial_fibrillation_has_rr_variability_and_no_pr() -> None:
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.uniform(0.45, 1.1, 16))
    without_p = NORMAL[1:]
    ecg = simulate_beats(times, [without_p] * len(times), noise=0.03)
    found = measure(ecg)
    assert found.pr_ms is None
    assert found.rr_spread_ms is not None
    assert found.rr_spread_ms > 100
    assert found.qrs_ms is not None


def test_premature_beats_are_found_but_left_out_of_the_median_beat() -> None:
    times: list[float] = [0.4]
    shapes: list[tuple[Wave, ...]] = [NORMAL]
    for beat in range(1, 12):
        early = beat in (4, 9)
        times.append(0.4 + 0.85 * beat - (0.3 if early else 0.0))
        shapes.append(PREMATURE_VENTRICULAR if early else NORMAL)
    ecg = simulate_beats(times, shapes)
    peaks = find_r_peaks(ecg)
    assert len(peaks) == 12
    beats = median_beats(ecg, peaks)
    assert np.flatnonzero(~beats.dominant).tolist() == [4, 9]
    regular = simulate(70)
    regular_beats = median_beats(regular, find_r_peaks(regular))
    part = np.abs(beats.seconds) < 0.1
    assert np.corrcoef(beats.lead("II")[part], regular_beats.lead("II")[part])[0, 1] > 0.98


@pytest.mark.parametrize("record", ["ptbxl/records500/00000/00498_hr", "ludb/data/80"])
def test_t_waves_are_no_beats(data_dir: Path, record: str) -> None:
    """A T wave is steepest after its peak: one was taken for a beat, as it seemed to come late."""
    records = read_manifest(data_dir, data_dir / "manifest.csv")
    ecg = next(r for r in records if r.id == record).read()
    rr = np.diff(find_r_peaks(ecg))
    assert rr.min() > 0.6 * np.median(rr)


def test_leads_that_are_not_shown_have_no_beat_and_no_voltage() -> None:
    ecg = simulate(70)
    signal = ecg.signal.copy()
    signal[:, LEADS.index("V1")] = np.nan
    signal[:, LEADS.index("aVF")] = np.nan
    hidden = ECG(signal, ecg.rate)
    beats = median_beats(hidden, find_r_peaks(hidden))
    assert np.isnan(beats.lead("V1")).all()
    assert np.isfinite(beats.lead("V2")).all()
    found = measure(hidden)
    assert found.sokolow_lyon_mv is None
    assert found.axis_deg is None
    assert found.cornell_mv is not None


def test_a_gap_in_all_leads_is_not_a_pause() -> None:
    ecg = simulate(72)
    signal = ecg.signal.copy()
    signal[2000:3300] = np.nan
    found = measure(ECG(signal, ecg.rate))
    assert found.heart_rate_bpm == pytest.approx(72, abs=1)
    assert found.rr_spread_ms == pytest.approx(0, abs=6)


@pytest.mark.parametrize("missing", range(1, 12))
def test_a_beat_that_the_page_cuts_off_is_measured_within_the_page(missing: int) -> None:
    """Aligned to the other one, its R peak would lie beyond the end, where nothing is."""
    ecg = simulate(60, rate=250)
    first, second = find_r_peaks(ecg)[-2:]
    cut = ECG(ecg.signal[: second - missing], ecg.rate, ecg.leads)
    beats = median_beats(cut, np.array([first, len(cut.signal) - 1]))
    assert np.isfinite(beats.lead("II")).any()


def test_one_beat_has_no_rate() -> None:
    ecg = simulate(60)
    beat = ECG(ecg.signal[500:900, 1:2], ecg.rate, (STRIP,))
    found = measure(beat)
    assert found.heart_rate_bpm is None
    assert found.rr_spread_ms is None
    assert found.qtc_ms is None
    assert found.qrs_ms is not None
    assert found.axis_deg is None


@pytest.mark.parametrize("samples", [0, 1, 3, 40, 5000])
@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_an_empty_ecg_has_no_measurements(samples: int, value: float) -> None:
    found = measure(ECG(np.full((samples, 12), value, dtype=np.float32), 500.0))
    assert found == Measurements(*[None] * len(REFERENCE_RANGES))


def test_reference_ranges_describe_every_measurement_in_order() -> None:
    assert tuple(REFERENCE_RANGES) == tuple(Measurements.__dataclass_fields__)
    assert all(range_.unit and range_.meaning for range_ in REFERENCE_RANGES.values())
    limits = [limits for range_ in REFERENCE_RANGES.values() for limits in range_.limits]
    assert all(len(each.source) > 20 for each in limits)
