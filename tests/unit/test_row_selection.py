"""Which followed paths are traces: also broken ones, if several begin and end together."""

import numpy as np
import pytest

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns, find_ink_runs
from heartsense.digitizer.trace_extraction.path_following import TracePath, follow_paths
from heartsense.digitizer.trace_extraction.row_selection import traces_of

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
