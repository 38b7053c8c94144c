"""A pulse is found where some rows show only a part of it, and is not left in the signal."""

import numpy as np
import pytest
from numpy.typing import NDArray

from heartsense.digitizer import digitize
from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.calibration_pulse import (
    CalibrationPulse,
    detect_calibration_pulse,
)
from heartsense.digitizer.trace_extraction.centreline import trace_centreline
from heartsense.digitizer.trace_extraction.ink_runs import find_ink_runs
from heartsense.digitizer.trace_extraction.path_following import BENT_PAGE, follow_paths
from heartsense.digitizer.trace_extraction.signal_span import (
    SignalSpan,
    signal_span,
    without_pulse_edge,
)
from training.render import PageSpec, render_page
from training.simulate import simulate

ROWS = (200, 400, 600, 800)
LEFT, RIGHT = 100, 140
TRACE = slice(180, 1200)


def page(
    *, with_pulse: int, height_mm: float = 10.0, width_px: int = RIGHT - LEFT
) -> NDArray[np.float32]:
    """Ink of four level rows; the first ones begin with a pulse, then comes a gap."""
    ink = np.zeros((1000, 1300), np.float32)
    for number, baseline in enumerate(ROWS):
        ink[baseline : baseline + 3, TRACE] = 1.0
        ink[baseline - 40 : baseline, 300:1200:200] = 1.0
        if number < with_pulse:
            right = LEFT + width_px
            top = baseline - round(height_mm * PX_PER_MM)
            ink[baseline : baseline + 3, LEFT - 20 : LEFT] = 1.0
            ink[top : baseline + 3, [LEFT, LEFT + 1, right - 2, right - 1]] = 1.0
            ink[top : top + 3, LEFT:right] = 1.0
            ink[baseline : baseline + 3, right : right + 10] = 1.0
    return ink


def detected(ink: NDArray[np.float32]) -> CalibrationPulse | None:
    runs = find_ink_runs(ink, 0.5, ink)
    paths = follow_paths(runs, [float(row) for row in ROWS], BENT_PAGE)
    lines = [trace_centreline(runs, path, BENT_PAGE.max_gap_px) for path in paths]
    return detect_calibration_pulse(runs, paths, lines)


def test_a_standard_pulse_of_half_of_the_rows_is_found() -> None:
    pulse = detected(page(with_pulse=2))
    assert pulse is not None
    assert abs(pulse.right - RIGHT) < PX_PER_MM
    assert abs(pulse.height_mm - 10) < 0.3


def test_what_half_of_the_rows_show_is_no_pulse_if_it_is_narrow_or_not_of_a_standard_height() -> (
    None
):
    assert detected(page(with_pulse=2, height_mm=7.0)) is None
    assert detected(page(with_pulse=2, width_px=2 * PX_PER_MM)) is None
    assert detected(page(with_pulse=4, width_px=2 * PX_PER_MM)) is not None


def test_one_row_of_four_shows_no_pulse() -> None:
    assert detected(page(with_pulse=1)) is None


def test_the_falling_edge_is_levelled_up_to_the_next_ink() -> None:
    """Where the edge has no ink, the line from the pulse's top down to the trace is no signal."""
    line = np.full(400, 100.0)
    line[:RIGHT] = 20.0
    line[RIGHT : RIGHT + 20] = np.linspace(20.0, 100.0, 20)
    inked = np.concatenate([np.arange(RIGHT), np.arange(RIGHT + 20, 400)])
    levelled = without_pulse_edge(line, inked, CalibrationPulse(LEFT, RIGHT, 10.0))
    assert (levelled[RIGHT:] == 100).all()


def span(ink: NDArray[np.float32]) -> SignalSpan:
    runs = find_ink_runs(ink, 0.5, ink)
    paths = follow_paths(runs, [float(row) for row in ROWS], BENT_PAGE)
    return signal_span(runs, paths, detected(ink))


def test_the_signal_begins_behind_a_gap_beside_the_pulse_that_the_rows_share() -> None:
    found = span(page(with_pulse=4))
    assert found.first == TRACE.start
    assert found.start == TRACE.start + found.pen
    assert found.pen == 1.5
    assert (found.first_is_seen, found.last_is_seen) == (True, True)


@pytest.mark.parametrize("foot", [0, 20])
@pytest.mark.parametrize("is_left", [True, False])
def test_without_a_gap_the_foot_towards_the_signal_is_as_long_as_the_other(
    foot: int, is_left: bool
) -> None:
    ink = page(with_pulse=4)
    for baseline in ROWS:
        ink[baseline : baseline + 3, RIGHT : TRACE.start] = 1.0
        ink[baseline : baseline + 3, : LEFT - foot] = 0.0
    if not is_left:
        ink = ink[:, ::-1].copy()
    found = span(ink)
    shown = ink.shape[1] - 1 - found.end if not is_left else found.start
    assert shown == pytest.approx(RIGHT + foot, abs=2)
    assert (found.first_is_seen, found.last_is_seen) == (not is_left, is_left)


@pytest.mark.parametrize("foot", [0, 20])
def test_what_lies_in_front_of_a_pulse_is_none_of_its_foot(foot: int) -> None:
    """A table's edge, that the paths follow, made the foot on the other side longer too."""
    ink = page(with_pulse=4)
    for baseline in ROWS:
        ink[baseline : baseline + 3, RIGHT : TRACE.start] = 1.0
        ink[baseline : baseline + 3, : LEFT - foot] = 0.0
        ink[baseline : baseline + 3, 20:50] = 1.0
    assert span(ink).start == pytest.approx(RIGHT + foot, abs=2)


@pytest.mark.parametrize("layout", ["3x4", "strip"])
def test_the_signal_does_not_begin_with_the_falling_edge_of_a_pulse_without_feet(
    layout: str,
) -> None:
    ecg = simulate(heart_rate=60.0, noise=0.005)
    spec = PageSpec(layout=layout, pulse="open", label_place="above")
    read = digitize(render_page(ecg, spec).pixels).ecg
    first = read.lead(read.leads[0])[: round(0.2 * read.rate)]
    assert np.ptp(first) < 0.2


def test_a_row_that_specks_prolong_does_not_move_the_end_of_the_others() -> None:
    ink = page(with_pulse=0)
    for baseline, beyond in zip(ROWS, (40, 25, 0, 0), strict=True):
        ink[baseline : baseline + 3, TRACE.stop : TRACE.stop + beyond] = 1.0
    assert span(ink).last == TRACE.stop - 1


def test_t_waves_at_the_end_of_all_rows_are_no_pulse() -> None:
    """As tall as a pulse of 5 mm/mV, alike in all rows, and flat at their tops."""
    ink = page(with_pulse=0)
    wave = 36 * np.exp(-(((np.arange(1100, 1200) - 1150) / 14.0) ** 2))
    for baseline in ROWS:
        for column, height in zip(range(1100, 1200), wave, strict=True):
            top = baseline - round(float(height))
            ink[baseline - 40 : baseline + 3, column] = 0.0
            ink[top : top + 3, column] = 1.0
    assert detected(ink) is None
