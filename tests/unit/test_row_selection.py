"""Which followed paths are traces: also broken ones, if several begin and end together."""

import numpy as np
import pytest

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns, find_ink_runs
from heartsense.digitizer.trace_extraction.path_following import TracePath, follow_paths
from heartsense.digitizer.trace_extraction.row_selection import (
    traces_of,
    without_duplicates,
    without_rules,
)
from heartsense.numeric import Floats

ROWS = (100, 250, 400, 550)
LEFT, RIGHT = 50, 1250
BREAKS = slice(None, None, 2 * PX_PER_MM)  # one every two millimetres: too many for a trace


def followed(ends: list[tuple[int, int]], gap_px: int) -> tuple[InkRuns, list[TracePath]]:
    """Rows of level ink, each from one column to another, with a gap every two millimetres."""
    ink = np.zeros((650, 1300), np.float32)
    for row, (first, last) in zip(ROWS, ends, strict=True):
        ink[row : row + 3, first:last] = 1.0
    for offset in range(gap_px):
        ink[:, offset:][:, BREAKS] = 0.0
    runs = find_ink_runs(ink, 0.5, ink)
    return runs, follow_paths(runs, [float(row) + 1 for row in ROWS])


def kept(ends: list[tuple[int, int]], gap_px: int) -> list[int]:
    return [round(path.baseline) - 1 for path in traces_of(*followed(ends, gap_px))]


def test_broken_rows_that_begin_and_end_together_are_traces() -> None:
    assert kept([(LEFT, RIGHT)] * 4, gap_px=3) == list(ROWS)
    beside = [(LEFT + 10, RIGHT), (LEFT, RIGHT - 10), (LEFT, RIGHT), (300, RIGHT)]
    assert kept(beside, gap_px=3) == list(ROWS[:3])


def test_lines_of_text_do_not_begin_and_end_together() -> None:
    assert kept([(LEFT, 900), (LEFT, RIGHT), (LEFT, 1000), (LEFT, 1100)], gap_px=3) == []


@pytest.mark.parametrize("gap_px", [7, 9])
def test_rows_of_little_ink_are_no_traces(gap_px: int) -> None:
    assert kept([(LEFT, RIGHT)] * 4, gap_px) == []


def test_beside_whole_rows_broken_ones_are_text() -> None:
    whole, _ = followed([(LEFT, RIGHT)] * 4, gap_px=0)
    paths = follow_paths(whole, [float(row) + 1 for row in ROWS])
    broken = TracePath(paths[3].baseline, paths[3].runs, breaks=80)
    assert traces_of(whole, [*paths[:3], broken]) == paths[:3]


def broken_row(own: list[tuple[int, int]]) -> tuple[InkRuns, list[TracePath]]:
    """Four rows; where the last has no ink of its own, its path goes on along the third."""
    ink = np.zeros((650, 1300), np.float32)
    for row in ROWS[:3]:
        ink[row : row + 3, LEFT:RIGHT] = 1.0
    for first, last in own:
        ink[ROWS[3] : ROWS[3] + 3, first:last] = 1.0
    runs = find_ink_runs(ink, 0.5, ink)
    columns = np.arange(LEFT, RIGHT)
    of_row = [runs.first[columns] + number for number in range(3)]
    is_own = np.zeros(runs.columns, dtype=bool)
    for first, last in own:
        is_own[first:last] = True
    last_row = np.where(is_own[columns], runs.first[columns] + 3, of_row[2])
    paths = [
        TracePath(row + 1.5, chosen, 0)
        for row, chosen in zip(ROWS, [*of_row, last_row], strict=True)
    ]
    return runs, paths


def test_a_broken_row_keeps_the_ink_that_is_its_own() -> None:
    own = [(LEFT + 300 * part, LEFT + 300 * part + 160) for part in range(4)]
    runs, paths = broken_row(own)
    rows = without_duplicates(runs, paths)
    assert [round(row.baseline - 1.5) for row in rows] == list(ROWS)
    assert np.allclose(runs.centre[rows[3].runs], ROWS[3] + 1.5, atol=1)
    assert len(rows[3].runs) == 4 * 160


def test_a_path_without_any_ink_of_its_own_is_no_row() -> None:
    runs, paths = broken_row([])
    assert [round(row.baseline - 1.5) for row in without_duplicates(runs, paths)] == list(ROWS[:3])


@pytest.mark.parametrize(
    "own",
    [
        [(LEFT, LEFT + 700)],  # nothing of its own at the end
        [(LEFT + 300 * part, LEFT + 300 * part + 100) for part in range(4)],  # a line of text
    ],
)
def test_a_line_of_text_is_no_row(own: list[tuple[int, int]]) -> None:
    runs, paths = broken_row(own)
    assert [round(row.baseline - 1.5) for row in without_duplicates(runs, paths)] == list(ROWS[:3])


def rows_and_frame(frame: tuple[int, int], height: float) -> list[tuple[TracePath, Floats]]:
    """Three rows with waves, and below them a line from one column to another with a bump."""
    x = np.arange(1300, dtype=np.float64)
    wave = 20 * np.sin(x / 15)
    lines = [np.where((x >= LEFT) & (x < RIGHT), row + wave, np.nan) for row in ROWS[:3]]
    shown = (x >= frame[0]) & (x < frame[1])
    lines.append(np.where(shown, ROWS[3] - height * ((x > 200) & (x < 400)), np.nan))
    none = np.zeros(0, np.int64)
    return [(TracePath(float(row), none, 0), line) for row, line in zip(ROWS, lines, strict=True)]


def test_the_edge_of_a_frame_is_no_row_also_with_text_on_it() -> None:
    rows = without_rules(rows_and_frame((LEFT - 30, RIGHT + 30), height=25.0))
    assert [path.baseline for path, _ in rows] == list(ROWS[:3])


@pytest.mark.parametrize("ends", [(LEFT, RIGHT), (LEFT - 30, RIGHT), (LEFT, RIGHT + 30)])
def test_a_flat_lead_with_waves_is_a_row(ends: tuple[int, int]) -> None:
    assert len(without_rules(rows_and_frame(ends, height=25.0))) == 4
