"""Printed on bent paper: pulses, prints aslant, rules, and QRS complexes that are no lines."""

import numpy as np
import pytest
from numpy.typing import NDArray

from heartsense.digitizer import page_attempt
from heartsense.digitizer.grid import Grid
from heartsense.digitizer.page_layout import hypotheses
from heartsense.digitizer.page_layout.print_slope import print_slope
from heartsense.digitizer.rectified_page import PX_PER_MM, AffineMap, RectifiedPage
from heartsense.digitizer.trace_extraction.ink_runs import find_ink_runs
from heartsense.digitizer.trace_extraction.row_traces import RowTraces, extract_row_traces
from heartsense.digitizer.trace_extraction.separator_lines import (
    line_height,
    separator_lines,
    without_lines,
)

Ink = NDArray[np.float32]
BASELINES = (200, 440, 680)
WIDTH, HEIGHT = 2100, 900
START, PULSE_PX = 100, 40
BEAT_PX = 160


def wave(x: NDArray[np.float64], row: int) -> NDArray[np.float64]:
    """Beats of a row's own height, pixels upwards."""
    phase = x % BEAT_PX
    qrs = (25.0 + 12 * row) * np.maximum(1 - np.abs(phase - 60) / 6, 0)
    return np.asarray(qrs + 8 * np.exp(-(((phase - 110) / 18) ** 2)))


def draw(ink: Ink, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """A stroke three pixels wide through points one column apart."""
    for column, above, below in zip(x[1:].astype(int), y[:-1], y[1:], strict=True):
        low, high = sorted((above, below))
        ink[round(low) - 1 : round(high) + 2, column] = 1.0


def page_of(ink: Ink) -> RectifiedPage:
    return RectifiedPage(ink, ink, 0.3, AffineMap(np.eye(2, 3)), bent=True)


def print_rows(
    slope: float = 0.0, pulse_mm: float = 0.0, jump: float = 0.0, *, turned: bool = False
) -> Ink:
    """Three rows on a blank page, which fall by ``slope`` and begin ``jump`` pixels too high.

    Where all is ``turned``, each row also begins farther to one side than the one above.

    Pulses stand on the rows' zero lines, in front of what is drawn.
    """
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    for row, baseline in enumerate(BASELINES):
        shift = slope * (baseline - BASELINES[0]) if turned else 0.0
        x = np.arange(START - round(shift), WIDTH - 60 - round(shift), dtype=float)
        start = jump * (row + 1) * np.exp(-(x - START) / 60)
        draw(ink, x, baseline + slope * x - wave(x - START, row) - start)
        if pulse_mm:
            top, left = round(baseline - pulse_mm * PX_PER_MM), START - PULSE_PX
            ink[top : top + 3, left:START] = 1.0
            ink[top:baseline, left : left + 3] = ink[top:baseline, START - 3 : START] = 1.0
    return ink


def rows_of(ink: Ink) -> RowTraces:
    rows = extract_row_traces(page_of(ink))
    assert rows is not None
    return rows


@pytest.mark.parametrize("gain", [5.0, 10.0])
def test_a_pulse_is_as_tall_as_its_edges_where_the_trace_begins_beside_its_zero_line(
    gain: float,
) -> None:
    rows = rows_of(print_rows(pulse_mm=gain, jump=12.0))
    assert rows.pulse is not None
    assert rows.pulse.height_mm == pytest.approx(gain, rel=0.06)
    assert START - 8 <= rows.start <= START + 12


def test_waves_alone_are_no_pulse() -> None:
    assert rows_of(print_rows(jump=12.0)).pulse is None


@pytest.mark.parametrize("slope", [-0.02, 0.015])
def test_rows_that_all_fall_alike_are_printed_aslant_and_are_levelled(slope: float) -> None:
    page = page_of(print_rows(slope=slope, turned=True))
    rows = extract_row_traces(page)
    assert rows is not None
    found = print_slope(rows, bent=True)
    assert found == print_slope(rows, bent=False)
    assert found == pytest.approx(slope, abs=0.002)
    level = page.turned(found)
    again = extract_row_traces(level)
    assert again is not None
    assert print_slope(again, bent=True) == 0.0


@pytest.mark.parametrize("slope", [-0.02, 0.015])
def test_only_bent_rows_are_levelled_where_their_ends_tell_nothing(slope: float) -> None:
    rows = rows_of(print_rows(slope=slope))
    assert print_slope(rows, bent=True) == pytest.approx(slope, abs=0.002)
    assert print_slope(rows, bent=False) == 0.0


@pytest.mark.parametrize("slope", [-0.02, 0.015])
def test_a_place_on_the_turned_page_is_still_known_on_the_first_one(slope: float) -> None:
    level = page_of(print_rows(slope=slope)).turned(slope)
    at = np.array([[300.0, 240.0], [1700.0, 700.0]])
    fall = np.diff(level.page_points(*at.T)[:, 1])[0] - np.diff(at[:, 1])[0]
    assert fall == pytest.approx(slope * 1400, abs=2.0)


def test_level_rows_stay() -> None:
    assert print_slope(rows_of(print_rows()), bent=True) == 0.0


@pytest.mark.parametrize("bent", [True, False])
def test_level_rows_of_which_each_begins_later_stay(bent: bool) -> None:
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    for row, baseline in enumerate(BASELINES):
        x = np.arange(START + 4 * row, WIDTH - 60 + 4 * row, dtype=float)
        draw(ink, x, baseline - wave(x - START, row))
    assert print_slope(rows_of(ink), bent=bent) == 0.0


def test_rows_that_drift_apart_stay() -> None:
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    x = np.arange(START, WIDTH - 20, dtype=float)
    for row, baseline in enumerate(BASELINES):
        draw(ink, x, baseline + (row - 1) * 0.015 * x - wave(x, row))
    assert print_slope(rows_of(ink), bent=True) == 0.0


def test_the_frame_of_a_grid_is_no_row() -> None:
    ink = print_rows()
    ink[40:43, 20 : WIDTH - 20] = 1.0
    assert len(rows_of(ink).paths) == len(BASELINES)


@pytest.mark.parametrize(
    ("columns", "found"),
    [((600, 1100, 1600), 3), (tuple(range(200, 2000, 130)), 0), ((600, 1100), 2), ((500, 720), 0)],
)
def test_lines_divide_a_page_only_where_leads_can_end(columns: tuple[int, ...], found: int) -> None:
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    for baseline in BASELINES:
        ink[baseline : baseline + 3, 50:-50] = 1.0
    for column in columns:
        # Taller than two rows, as the QRS complexes of three near rows may be together.
        ink[BASELINES[0] : BASELINES[-1], column : column + 2] = 1.0
    runs = find_ink_runs(ink, 0.5, ink)
    lines = separator_lines(runs, [float(baseline) for baseline in BASELINES])
    assert np.sum(np.diff(lines, prepend=-99) > PX_PER_MM) == found


def test_a_line_beside_complexes_is_seen_by_the_others() -> None:
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    for baseline in BASELINES:
        ink[baseline : baseline + 3, 50:-50] = 1.0
    ink[BASELINES[0] : BASELINES[-1], 1105:1108] = 1.0
    for column in (600, 1100, 1600):
        ink[BASELINES[0] : BASELINES[-1], column : column + 2] = 1.0
    runs = find_ink_runs(ink, 0.5, ink)
    lines = separator_lines(runs, [float(baseline) for baseline in BASELINES])
    assert {600, 1100, 1600} <= set(lines.tolist())


def test_a_line_is_cut_only_where_it_is_drawn() -> None:
    baselines = [150.0, 350.0, 550.0, 750.0]
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    for baseline in baselines:
        ink[int(baseline) : int(baseline) + 3, 50:-50] = 1.0
    ink[130:570, 600:602] = 1.0
    ink[690:750, 598:604] = 1.0  # a complex of the strip below it
    runs = find_ink_runs(ink, 0.5, ink)
    lines = separator_lines(runs, baselines)
    rest = without_lines(runs, lines, line_height(runs, lines, baselines))
    assert rest.height[rest.column == 600].max() > 50
    assert not (rest.top[rest.column == 600] < 550).any()


def test_rows_that_are_no_layout_are_neither_turned_nor_searched_for_letters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ink = print_rows(slope=0.015)
    ink[: BASELINES[0] + 80] = 0.0
    page = page_of(ink)
    assert len(rows_of(ink).paths) == 2
    monkeypatch.setattr(
        page_attempt, "print_slope", lambda *_, **__: pytest.fail("levelled in vain")
    )
    monkeypatch.setattr(hypotheses, "read_legend", lambda *_: pytest.fail("read in vain"))
    grid = Grid(PX_PER_MM, PX_PER_MM, 0.0, 20.0)
    assert page_attempt.best_layout(page, grid, has_grid=True) is None
