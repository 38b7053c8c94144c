"""The pitch of grids whose lines lie between pixels."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from heartsense.digitizer.grid import detect_grid


def comb(size: int, period: float) -> NDArray[np.float32]:
    """Lines on whole pixels, or fainter on two pixels, where they lie between them."""
    lines = np.zeros(size, np.float32)
    for at in np.arange(10.0, size - 2, period):
        first = int(at)
        if at == first:
            lines[first] = 1.0
        else:
            lines[first : first + 2] = 0.3
    return lines


def noisy(page: NDArray[np.float32]) -> NDArray[np.float32]:
    noise = np.random.default_rng(0).normal(0, 0.02, page.shape)
    return (page + noise).clip(0, 1).astype(np.float32)


@pytest.mark.parametrize("period", [19.5, 29.5])
def test_lines_that_lie_on_a_pixel_and_between_two_in_turn_are_all_counted(period: float) -> None:
    """Each other line is darker: twice the pitch halved all times and voltages."""
    page = np.maximum(comb(700, period)[:, None], comb(900, period)[None])
    grid = detect_grid(noisy(page))
    assert grid is not None
    assert grid.pitch_x == pytest.approx(period / 5, rel=0.005)
    assert grid.pitch_y == pytest.approx(period / 5, rel=0.005)


@pytest.mark.parametrize("period", [40, 30])
@pytest.mark.parametrize("faint", [0.0, 0.1])
def test_faint_lines_midway_are_no_lines_of_five_millimetres(period: int, faint: float) -> None:
    bold, fine = (np.zeros((800, 1100), np.float32) for _ in range(2))
    bold[::period], bold[:, ::period] = 0.6, 0.6
    fine[period // 2 :: period], fine[:, period // 2 :: period] = faint, faint
    grid = detect_grid(noisy(np.maximum(bold, fine)))
    assert grid is not None
    assert grid.pitch_x == pytest.approx(period / 5, rel=0.005)


def turned_grid(angle: float, pitch: float) -> NDArray[np.float32]:
    """Lines of 1 mm, each fifth bold, on a page turned counter-clockwise by some degrees."""
    y, x = np.mgrid[:700, :900].astype(np.float64)
    turn = np.deg2rad(angle)
    along, down = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    page = np.zeros(x.shape)
    for position in (along, down):
        for spacing, dark in ((pitch, 0.3), (5 * pitch, 0.6)):
            beside = np.abs((position + spacing / 2) % spacing - spacing / 2)
            page = np.maximum(page, dark * np.clip(1.5 - beside, 0, 1))
    return noisy(page.astype(np.float32))


@settings(max_examples=15, deadline=None)
@given(angle=st.floats(-44.0, 44.0), pitch=st.floats(5.0, 12.0))
@example(angle=8.25, pitch=6.0)
@example(angle=-8.25, pitch=6.0)
def test_a_grid_is_found_whichever_way_it_is_turned(angle: float, pitch: float) -> None:
    grid = detect_grid(turned_grid(angle, pitch))
    assert grid is not None
    assert grid.rotation == pytest.approx(angle, abs=0.1)
    assert grid.pitch_x == pytest.approx(pitch, rel=0.005)
    assert grid.pitch_y == pytest.approx(pitch, rel=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_no_turned_grid(seed: int) -> None:
    noise = np.random.default_rng(seed).random((500, 700)).astype(np.float32)
    grid = detect_grid(noise)
    assert grid is None or (abs(grid.rotation) < 9 and not grid.is_sure)
