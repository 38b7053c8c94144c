"""Ticks between leads are found and taken out; pulses and QRS complexes are not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns, find_ink_runs
from heartsense.digitizer.trace_extraction.separator_ticks import (
    find_separator_ticks,
    without_ticks,
)

BASELINES = [150.0, 400.0, 650.0]
BORDERS = (600, 1100, 1600)
HALF = 30

Ink = NDArray[np.float32]


def level_rows() -> Ink:
    ink = np.zeros((800, 2100), np.float32)
    for baseline in map(int, BASELINES):
        ink[baseline - 2 : baseline + 2, 100:2090] = 1.0
    return ink


def with_ticks(ink: Ink) -> Ink:
    for row, baseline in enumerate(map(int, BASELINES)):
        middle = baseline + 4 * row  # a row's ticks stand about its zero, which is not its level
        for border in BORDERS:
            ink[middle - HALF : middle + HALF, border : border + 4] = 1.0
    return ink


def runs_of(ink: Ink) -> InkRuns:
    return find_ink_runs(ink, 0.5, ink)


def test_ticks_are_taken_out_and_nothing_beside_them() -> None:
    runs = runs_of(with_ticks(level_rows()))
    ticks = find_separator_ticks(runs, BASELINES)
    assert ticks is not None
    assert ticks.columns.tolist() == [[border, border + 3] for border in BORDERS]
    rest, hidden = without_ticks(runs, ticks)
    assert hidden.tolist() == [border + x for border in BORDERS for x in range(4)]
    assert rest.height.max() < PX_PER_MM
    assert len(rest.column) == len(runs.column) - len(hidden) * len(BASELINES)
    assert (np.diff(rest.column) >= 0).all()
    assert (rest.column[rest.first[300] : rest.first[301]] == 300).all()


def test_a_wave_behind_a_tick_stays_where_it_stands_out() -> None:
    ink = with_ticks(level_rows())
    ink[50:150, BORDERS[0] - 2 : BORDERS[0] + 4] = 1.0
    runs = runs_of(ink)
    ticks = find_separator_ticks(runs, BASELINES)
    assert ticks is not None
    rest, _ = without_ticks(runs, ticks)
    there = rest.column == BORDERS[0] + 1
    assert (rest.top[there].min(), rest.bottom[there].min()) == (
        BASELINES[0] - 100.5,
        BASELINES[0] - HALF - 0.5,
    )


def test_the_edges_of_a_pulse_are_no_ticks() -> None:
    ink = level_rows()
    for baseline in map(int, BASELINES):
        for edge in (120, 160):
            ink[baseline - 50 : baseline + 30, edge : edge + 4] = 1.0
    assert find_separator_ticks(runs_of(ink), BASELINES) is None


def test_one_sided_strokes_are_no_ticks() -> None:
    ink = level_rows()
    for baseline in map(int, BASELINES):
        for border in BORDERS:
            ink[baseline - 60 : baseline + 2, border : border + 4] = 1.0
    assert find_separator_ticks(runs_of(ink), BASELINES) is None


def test_complexes_of_one_beat_are_no_ticks() -> None:
    ink = level_rows()
    for baseline in map(int, BASELINES):
        for border in BORDERS:
            for step in range(4):  # a stroke that leans
                top = baseline - 30 + 3 * step
                ink[top : top + 50, border + step] = 1.0
    assert find_separator_ticks(runs_of(ink), BASELINES) is None


def test_strokes_at_other_heights_at_each_border_are_no_ticks() -> None:
    ink = level_rows()
    for column, border in enumerate(BORDERS):
        for row, baseline in enumerate(map(int, BASELINES)):
            if row == column:
                continue
            middle = baseline + 9 * (column - 1)
            ink[middle - HALF : middle + HALF, border : border + 4] = 1.0
    assert find_separator_ticks(runs_of(ink), BASELINES) is None


def test_few_of_twelve_rows_have_no_ticks() -> None:
    baselines = [60.0 + 130.0 * row for row in range(12)]
    ink = np.zeros((1700, 2100), np.float32)
    for row, baseline in enumerate(map(int, baselines)):
        ink[baseline - 2 : baseline + 2, 100:2090] = 1.0
        if row in (2, 5, 7):
            ink[baseline - HALF : baseline + HALF, 900:904] = 1.0
    assert find_separator_ticks(runs_of(ink), baselines) is None


@pytest.mark.parametrize(("step", "width"), [(12, 4), (40, 4), (1, 1)])
def test_a_pattern_of_strokes_has_no_ticks(step: int, width: int) -> None:
    ink = np.zeros((2400, 2100), np.float32)
    for top in range(20, 2300, 60):
        for left in range(20, 2000, step):
            ink[top : top + 40, left : left + width] = 1.0
    assert find_separator_ticks(runs_of(ink), [float(y) for y in range(40, 2300, 120)]) is None
