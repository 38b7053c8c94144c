"""Rows whose complexes run through one another: what is read of them is doubted."""

import numpy as np
import pytest

import heartsense
from heartsense.digitizer import digitize
from heartsense.digitizer.quality import assess_quality
from heartsense.ecg import ECG
from heartsense.reference_ranges import FAIR_QUALITY
from tests.support.paths import SAMPLES
from training.benchmark.fidelity import compare_signals
from training.render import PageSpec, RenderedPage, render_page
from training.simulate import simulate

RHYTHM = {"3x4+3": ("II", "V1", "V5")}


def page_of_tall_chest_leads(layout: str, factor: float) -> RenderedPage:
    ecg = simulate(heart_rate=72.0, noise=0.005)
    signal = ecg.signal.copy()
    signal[:, 6:] *= factor
    spec = PageSpec(layout=layout, rhythm=RHYTHM.get(layout, ("II",)), row_mm=22.0)
    return render_page(ECG(signal, ecg.rate, ecg.leads), spec)


@pytest.mark.parametrize("layout", ["12x1", "6x2"])
def test_complexes_through_other_rows_are_doubted(layout: str) -> None:
    drawn = page_of_tall_chest_leads(layout, 6.0)
    read = digitize(drawn.pixels)
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) < 7.0
    assert read.quality.score < 0.5
    assert read.quality.rows_overlap
    assert read.advice is not None
    assert read.advice.code == "halve_gain"


def test_complexes_through_rhythm_strips_are_doubted() -> None:
    drawn = page_of_tall_chest_leads("3x4+3", 6.0)
    read = digitize(drawn.pixels)
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) < 5.0
    assert read.quality.score < 0.5
    assert read.quality.reasons


@pytest.mark.parametrize("layout", ["12x1", "6x2"])
def test_complexes_that_reach_a_neighbour_are_no_reason_to_doubt(layout: str) -> None:
    drawn = page_of_tall_chest_leads(layout, 2.5)
    read = digitize(drawn.pixels)
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > 12.0
    assert read.quality.score > 0.9
    assert read.quality.reasons == ()


def test_overlapping_rows_are_a_reason_where_the_leads_are_no_good_either() -> None:
    ecg = simulate()
    good = assess_quality(ecg, dict.fromkeys(ecg.leads, 1.0), None, overlap=1.0)
    poor = assess_quality(ecg, dict.fromkeys(ecg.leads, 1.2), None, overlap=1.0)
    assert good.reasons == ()
    assert poor.reasons == ("rows_overlap",)


def test_overlapping_rows_are_told_with_the_answer() -> None:
    result = heartsense.read(SAMPLES / "hypertrophy.jpg").to_dict()
    (doubt,) = (d for d in result["doubts"] if d["code"] == "rows_overlap")
    assert doubt["text"] in result["warnings"]
    assert result["findings"] == ["hypertrophy"]


def test_a_strip_that_is_like_no_lead_is_doubted() -> None:
    ecg = simulate()
    whole = dict.fromkeys(ecg.leads, 1.0)
    known = assess_quality(ecg, whole, 0.9)
    unknown = assess_quality(ecg, whole, 0.9, has_unknown_strip=True)
    assert known.score > 0.9
    assert known.reasons == ()
    assert unknown.score < FAIR_QUALITY
    assert unknown.reasons == ("rhythm_strip_unlike_its_lead",)
