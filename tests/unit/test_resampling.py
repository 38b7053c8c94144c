"""Resampling of a rectified page."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.digitizer.resampling import resample, turn_matrix, turned

SLOPES = st.floats(-0.04, 0.04)


def blurred_noise(height: int, width: int) -> FloatImage:
    """A page whose darkness changes over ten pixels."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:height, :width]
    frequencies = rng.uniform(-0.05, 0.05, (12, 2))
    page = np.full((height, width), 0.5)
    for across, down in frequencies:
        page += np.sin(2 * np.pi * (x * across + y * down)) / 24
    return page.astype(np.float32)


@given(slope=SLOPES)
def test_turning_by_shears_is_the_affine_map(slope: float) -> None:
    page = blurred_noise(180, 320)
    wanted = resample(page, turn_matrix(slope, 320, 180), (320, 180))
    inner = np.s_[20:-20, 20:-20]  # at the edges one shows paper sooner than the other
    assert np.abs(turned(page, slope) - wanted)[inner].max() < 0.01


@given(slope=SLOPES)
def test_turning_back_gives_the_page(slope: float) -> None:
    page = blurred_noise(180, 320)
    inner = np.s_[20:-20, 20:-20]
    assert np.abs(turned(turned(page, slope), -slope) - page)[inner].max() < 0.02


@pytest.mark.parametrize("slope", [-0.03, 0.01])
def test_what_runs_down_is_level(slope: float) -> None:
    page = np.zeros((200, 400), np.float32)
    x = np.arange(400)
    page[np.round(100 + slope * (x - 200)).astype(int), x] = 1.0
    darkest = turned(page, slope)[:, 20:-20].argmax(axis=0)
    assert np.ptp(darkest) <= 2
    assert abs(np.median(darkest) - 100) <= 1


def test_a_page_lower_than_its_slope_is_blank_at_both_ends() -> None:
    narrow = np.ones((8, 4000), np.float32)
    level = turned(narrow, 0.04)
    assert level[:, 1990:2010].max() > 0.9
    assert not level[:, :1000].any()
    assert not level[:, -1000:].any()
