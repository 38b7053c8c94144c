"""A pulse is found by its ink where the rows' paths do not follow it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.calibration_pulse import CalibrationPulse
from heartsense.digitizer.trace_extraction.drawn_pulse import find_drawn_pulse
from heartsense.digitizer.trace_extraction.ink_runs import find_ink_runs

LEFT = 60
SPACING = 12 * PX_PER_MM


def page(rows: int, gain: float, *, width_px: int = 40, shown: int = 99) -> NDArray[np.float32]:
    """Rows that start behind their pulse, as near to each other as on a page of twelve."""
    spacing = max(SPACING, round((gain + 2) * PX_PER_MM))
    ink = np.zeros(((rows + 2) * spacing, 1300), np.float32)
    for row in range(rows):
        baseline = (row + 2) * spacing - 10 + 5 * (row % 3)
        ink[baseline : baseline + 3, LEFT + width_px + 10 : 1200] = 1.0
        ink[baseline - 40 : baseline, 300:1200:200] = 1.0
        if row < shown:
            top = baseline - round(gain * PX_PER_MM)
            right = LEFT + width_px
            ink[top : baseline + 3, [LEFT, LEFT + 1, right - 2, right - 1]] = 1.0
            ink[top : top + 3, LEFT:right] = 1.0
    return ink


def worn(ink: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """With holes in a third of it, four pixels wide."""
    holes = rng.random((ink.shape[0] // 4 + 1, ink.shape[1] // 4 + 1)) < 1 / 3
    kept = np.kron(~holes, np.ones((4, 4)))[: ink.shape[0], : ink.shape[1]]
    copy = ink.copy()
    copy[:, : LEFT + 60] *= kept[:, : LEFT + 60]
    return copy


def found(ink: NDArray[np.float32]) -> CalibrationPulse | None:
    runs = find_ink_runs(ink, 0.5, ink)
    flat = ink[:, 1000:1100].sum(axis=1)
    baselines = 1 + np.flatnonzero((flat > 50) & (np.roll(flat, 1) < 50)).astype(np.float64)
    return find_drawn_pulse(runs, int(runs.column[0]), baselines)


@pytest.mark.parametrize("rows", [3, 6, 12])
@pytest.mark.parametrize("gain", [5.0, 10.0, 20.0])
def test_a_pulse_of_each_gain_is_found(rows: int, gain: float) -> None:
    pulse = found(page(rows, gain))
    assert pulse is not None
    assert pulse.height_mm == gain
    assert abs(pulse.left - LEFT) <= 2
    assert abs(pulse.right - (LEFT + 40)) <= 2


def test_a_worn_pulse_is_found() -> None:
    for seed in range(5):
        pulse = found(worn(page(12, 10.0), np.random.default_rng(seed)))
        assert pulse is not None
        assert pulse.height_mm == 10.0


def test_rows_without_a_pulse_have_none() -> None:
    assert found(page(12, 10.0, shown=0)) is None
    assert found(page(12, 10.0, shown=5)) is None


def test_bars_alone_are_no_pulse() -> None:
    ink = page(6, 10.0, shown=0)
    ink[:, [LEFT, LEFT + 1, LEFT + 38, LEFT + 39]] = 1.0
    assert found(ink) is None


def test_a_filled_box_is_no_pulse() -> None:
    ink = page(6, 10.0)
    ink[:, LEFT : LEFT + 40] = 1.0
    assert found(ink) is None


def test_the_edge_of_the_page_is_no_top() -> None:
    """Tops that would lie above the page were looked for in its first row of pixels."""
    ink = page(6, 10.0, shown=0)
    for row in range(6):
        baseline = (row + 2) * SPACING - 10 + 5 * (row % 3)
        ink[baseline - 60 : baseline - 20, [LEFT, LEFT + 39]] = 1.0
    ink[0] = 1.0
    assert found(ink) is None


def test_one_or_two_rows_tell_nothing() -> None:
    assert found(page(2, 10.0)) is None
