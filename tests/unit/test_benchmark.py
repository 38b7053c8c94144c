"""The benchmark's metrics have their documented meaning."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartsense.ecg import ECG, LEADS, STRIP
from training.__main__ import main
from training.benchmark import Fidelity, compare_signals
from training.benchmark.digitizing import PageScore, page_spec_for
from training.benchmark.summary import summarize


def noise_like(seed: int, leads: tuple[str, ...] = LEADS) -> ECG:
    """Smooth random leads of ten seconds."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(5000, len(leads)))
    smooth = np.apply_along_axis(np.convolve, 0, steps, np.hanning(60), "same")
    return ECG((smooth / 5).astype(np.float32), 500.0, leads)


TRUTH = noise_like(0)


def moved(ecg: ECG, samples: int, mv: float) -> ECG:
    signal = np.full_like(ecg.signal, np.nan)
    if samples >= 0:
        signal[samples:] = ecg.signal[: len(signal) - samples] + mv
    else:
        signal[:samples] = ecg.signal[-samples:] + mv
    return replace(ecg, signal=signal)


@given(lag=st.integers(-100, 100), mv=st.floats(-2, 2))
def test_lag_and_offset_cost_only_the_samples_shifted_out(lag: int, mv: float) -> None:
    one = ECG(TRUTH.signal[:, :1], 500.0, ("I",))
    found = compare_signals(one, moved(one, lag, mv))
    lead = one.signal[:, 0] - one.signal.mean()
    lost = lead[len(lead) - lag :] if lag > 0 else lead[:-lag]
    assert found.noise <= lost @ lost * 1.01 + 0.01


def test_a_lag_beyond_a_fifth_of_a_second_is_noise() -> None:
    assert compare_signals(TRUTH, moved(TRUTH, 130, 0.0)).ratio < 1.5


def test_white_noise_of_a_tenth_of_the_power_is_ten_db() -> None:
    rng = np.random.default_rng(1)
    sigma = np.sqrt(TRUTH.signal.var(axis=0).mean() / 10)
    error = rng.normal(0, sigma, TRUTH.signal.shape).astype(np.float32)
    read = replace(TRUTH, signal=TRUTH.signal + error)
    found = compare_signals(TRUTH, read)
    assert 10 * np.log10(found.ratio) == pytest.approx(10.0, abs=0.2)
    assert found.rmse == pytest.approx(sigma, rel=0.02)
    assert found.pearson == pytest.approx(1 / np.sqrt(1.1), abs=0.01)


def test_samples_not_read_count_as_flat() -> None:
    assert compare_signals(TRUTH, None).ratio == pytest.approx(1.0)
    half = TRUTH.signal.copy()
    half[:, :6] = np.nan
    found = compare_signals(TRUTH, replace(TRUTH, signal=half))
    centred = TRUTH.signal - TRUTH.signal.mean(axis=0)
    assert found.noise == pytest.approx(float((centred[:, :6] ** 2).sum()), rel=1e-3)
    lost = compare_signals(TRUTH, ECG(TRUTH.signal[:, 6:], 500.0, LEADS[6:]))
    assert lost.noise == pytest.approx(found.noise, rel=1e-3)


def test_samples_not_shown_do_not_count() -> None:
    shown = TRUTH.signal.copy()
    shown[1250:] = np.nan
    assert compare_signals(replace(TRUTH, signal=shown), TRUTH).ratio > 1e6


def test_lead_names_count_except_on_a_strip() -> None:
    swapped = replace(TRUTH, leads=LEADS[::-1])
    assert compare_signals(TRUTH, swapped).ratio < 1
    strip = ECG(TRUTH.signal[:, [1]], 500.0, ("II",))
    assert compare_signals(strip, replace(strip, leads=(STRIP,))).ratio > 1e6


def test_other_rates_are_compared_as_drawn() -> None:
    coarse = ECG(TRUTH.signal[::2], 250.0, LEADS)
    fine = np.column_stack(
        [np.interp(np.arange(4999) / 500, np.arange(2500) / 250, x) for x in coarse.signal.T]
    )
    assert compare_signals(coarse, ECG(fine.astype(np.float32), 500.0)).ratio > 1e4


def score(ratio: float, layout: str = "3x4", code: str | None = None) -> PageScore:
    fidelity = Fidelity(signal=ratio, noise=1.0, read=ratio, product=ratio, samples=10)
    return PageScore(f"r{ratio}", layout, None if code else layout, code, False, fidelity)


def test_db_is_that_of_the_mean_ratio() -> None:
    summary = summarize([score(1.0, code="no_ecg_found"), score(10.0), score(109.0, "12x1")])
    assert summary["snr_db"] == pytest.approx(10 * np.log10(40), abs=0.01)
    assert summary["median_snr_db"] == 10.0
    assert summary["pages"] == 3
    assert summary["failures"] == [{"record": "r1.0", "layout": "3x4", "code": "no_ecg_found"}]
    assert summary["by_layout"]["12x1"]["snr_db"] == pytest.approx(20.37, abs=0.01)
    assert summary["by_layout"]["3x4"]["failed"] == 1
    assert summary["layout_found"] == pytest.approx(0.667)


def test_flat_records_have_no_decibels() -> None:
    summary = json.loads(json.dumps(summarize([score(0.0)]), allow_nan=False))
    assert (summary["snr_db"], summary["median_snr_db"]) == (None, None)


def test_a_record_s_page_does_not_depend_on_the_others() -> None:
    ecg = noise_like(2)
    assert page_spec_for("a", ecg, "clean", None, 1) == page_spec_for("a", ecg, "clean", None, 1)
    assert page_spec_for("a", ecg, "clean", None, 1) != page_spec_for("b", ecg, "clean", None, 1)
    assert page_spec_for("a", ecg, "clean", None, 1) != page_spec_for("a", ecg, "clean", None, 2)
    assert page_spec_for("a", ecg, "clean", "6x2", 1).layout == "6x2"
    two = ECG(ecg.signal[:, :2], 500.0, ("II", "V1"))
    assert page_spec_for("a", two, "clean", None, 1).layout == "strip"


@pytest.mark.data
@pytest.mark.slow
def test_command(data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--data", str(data_dir), "--manifest", str(data_dir / "manifest.csv")]
    options = ["--limit", "3", "--json", "--worst", "1", "--out", str(tmp_path)]
    with pytest.raises(SystemExit) as end:
        main(["benchmark-digitizer", *arguments, *options, "--source", "ludb"])
    assert end.value.code == 0
    summary = json.loads(capsys.readouterr().out)
    names = {"snr_db", "median_snr_db", "pearson", "rmse_mv", "pages", "failures", "by_layout"}
    assert names <= summary.keys()
    assert summary["pages"] == sum(f["pages"] for f in summary["by_layout"].values()) == 3
    assert len(list(tmp_path.glob("*.png"))) == 1


def test_capped_ratios_refusals_and_hardships_are_reported(tmp_path: Path) -> None:
    scores = [
        replace(score(10_000.0), hardships=("folded",)),
        replace(score(0.0, code="no_ecg_found"), hardships=("folded", "fingers")),
        score(4.0, code="missing_leads"),
    ]
    summary = summarize(scores)
    assert summary["capped_snr_db"] == pytest.approx(10 * np.log10((384 + 0 + 4) / 3), abs=0.01)
    assert (summary["refused"], summary["failed"]) == (1, 2)
    assert summary["below_10_db"] == pytest.approx(0.667)
    assert list(summary["by_hardship"]) == ["folded", "fingers"]
    assert summary["by_hardship"]["folded"]["pages"] == 2
    again = [PageScore.from_dict(json.loads(json.dumps(s.to_dict()))) for s in scores]
    assert summarize(again)["by_layout"]["3x4"]["capped_snr_db"] is not None
    assert summarize(again)["capped_snr_db"] == summary["capped_snr_db"]
