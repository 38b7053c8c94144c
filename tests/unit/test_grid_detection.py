"""The pitch of grids whose lines lie between pixels."""

import numpy as np
import pytest
from numpy.typing import NDArray

from heartsense.digitizer.grid_detection import detect_grid


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
