"""A page of the six limb leads is read as that, and no half of a lead is called a chest lead."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import heartsense
from heartsense import Result
from heartsense.digitizer import digitize
from heartsense.digitizer.page_layout.limb_leads import limb_lags
from heartsense.ecg import ECG, LEADS
from heartsense.images import open_page
from training.benchmark.fidelity import compare_signals
from training.render import PageSpec, RenderedPage, render_page
from training.simulate import simulate


@cache
def drawn(seed: int) -> RenderedPage:
    return render_page(simulate(seed=seed, noise=0.005), PageSpec(layout="6x1", row_mm=26.0))


@cache
def read(seed: int) -> Result:
    return heartsense.read(Image.fromarray(drawn(seed).pixels))


@pytest.mark.parametrize("seed", range(4))
def test_six_limb_leads_are_read_as_such(seed: int) -> None:
    result = read(seed)
    assert result.digitized.layout == "6x1"
    coverage = result.quality.coverage
    assert all(coverage[lead] > 0.95 for lead in LEADS[:6])
    assert not any(coverage[lead] for lead in LEADS[6:])
    assert result.quality.score > 0.8
    assert compare_signals(drawn(seed).ecg, result.ecg).ratio > 20


def test_without_chest_leads_nothing_is_assessed_and_they_are_named() -> None:
    result = read(0)
    assert {finding.status for finding in result.conditions} == {"not_assessed"}
    assert "The picture does not show all twelve leads." in result.reasons
    assert "Nothing was read of V1, V2, V3, V4, V5, V6." in result.warnings
    assert result.to_dict()["retake"]


def test_six_rows_with_chest_leads_keep_their_layout() -> None:
    spec = PageSpec(layout="6x2", row_mm=26.0)
    assert digitize(render_page(simulate(), spec).pixels).layout == "6x2"
    strips = replace(spec, layout="3x4+3", rhythm=("II", "V1", "V5"))
    assert digitize(render_page(simulate(), strips).pixels).layout == "3x4+3"


def test_a_photograph_of_six_limb_leads(data_dir: Path) -> None:
    page = digitize(open_page((data_dir / "photos" / "ecg00005.jpg").read_bytes()).pixels)
    assert page.layout == "6x1"
    assert np.isnan(page.ecg.signal[:, 6:]).all()
    assert page.quality.score > 0.6


@given(lag=st.integers(-18, 18), seed=st.integers(0, 20))
@settings(max_examples=20, deadline=None)
def test_limb_leads_are_known_by_their_laws_and_each_at_its_time(lag: int, seed: int) -> None:
    signal = simulate(seed=seed, noise=0.005).signal.copy()
    signal[:, LEADS.index("aVL")] = np.nan
    signal[:, LEADS.index("aVF")] = np.roll(signal[:, LEADS.index("aVF")], 2 * lag)
    lags = limb_lags(ECG(signal, 500.0))
    assert lags is not None
    assert "aVL" not in lags
    assert lags["aVF"] == pytest.approx(2 * lag / 500)
    assert lags["II"] == lags["aVR"] == 0.0
    signal[:, LEADS.index("aVF")] = signal[:, LEADS.index("V1")]
    assert limb_lags(ECG(signal, 500.0)) is None


def test_the_limb_leads_of_eight_rows_are_read(data_dir: Path) -> None:
    """I, II, III, aVR, aVF, V1, V5, V6: no standard layout, and nothing tells the chest leads."""
    page = digitize(open_page((data_dir / "real-scans" / "90017.webp").read_bytes()).pixels)
    assert page.layout == "limb_leads"
    shown = [lead for lead in LEADS if np.isfinite(page.ecg.lead(lead)).any()]
    assert shown == ["I", "II", "III", "aVR", "aVF"]
    assert page.quality.einthoven_residual is not None
    assert page.quality.einthoven_residual < 0.1
    lags = limb_lags(page.ecg)
    assert lags is not None
    assert max(map(abs, lags.values())) < 0.012
