"""A page of the six limb leads is read as that, and no half of a lead is called a chest lead."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import heartsense
from heartsense import Result
from heartsense.digitizer import digitize
from heartsense.ecg import LEADS
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
