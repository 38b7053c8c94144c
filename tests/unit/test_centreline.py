"""The centreline follows the pen, and nothing thinner than it."""

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.trace_extraction.centreline import trace_centreline
from heartsense.digitizer.trace_extraction.enclosed_ink import join_enclosed_runs
from heartsense.digitizer.trace_extraction.ink_runs import find_ink_runs
from heartsense.digitizer.trace_extraction.path_following import follow_paths

Ink = NDArray[np.float32]
BASELINE = 100
PEN_PX = 5


def drawn(heights: NDArray[np.int64]) -> Ink:
    """Ink of a pen that stands at each height in turn, and moves upright between them."""
    ink = np.zeros((200, len(heights)), np.float32)
    for x in range(len(heights) - PEN_PX):
        low, high = heights[x : x + 2].min(), heights[x : x + 2].max()
        ink[low - PEN_PX // 2 : high + PEN_PX // 2 + 1, x : x + PEN_PX] = 1.0
    return ink


def centreline(ink: Ink) -> NDArray[np.float64]:
    runs = find_ink_runs(ink, 0.5, ink)
    return trace_centreline(runs, follow_paths(runs, [float(BASELINE)])[0])


def test_the_rest_of_an_upright_grid_line_is_no_spike() -> None:
    ink = drawn(np.full(400, BASELINE))
    ink[BASELINE : BASELINE + 60, 200:202] = 1.0
    assert np.nanmax(np.abs(centreline(ink)[50:350] - BASELINE)) < PEN_PX


def test_a_stroke_as_wide_as_the_pen_is_a_spike() -> None:
    ink = drawn(np.full(400, BASELINE))
    ink[BASELINE - 60 : BASELINE, 200 : 200 + PEN_PX] = 1.0
    assert np.nanmin(centreline(ink)) < BASELINE - 50


def test_a_peak_whose_columns_hold_a_deeper_valley_is_kept() -> None:
    ink = drawn(np.full(400, BASELINE))
    ink[BASELINE : BASELINE + 45, 198:206] = 1.0
    ink[BASELINE - 30 : BASELINE, 202:206] = 1.0
    line = centreline(ink)
    assert np.nanmin(line) < BASELINE - 25
    assert np.nanmax(line) > BASELINE + 40
    assert np.nanargmax(line) < np.nanargmin(line)


def test_the_tip_of_a_peak_is_kept_where_its_flanks_almost_meet() -> None:
    """A path that takes the ink below the gap would cut the tip off."""
    ink = drawn(np.full(400, BASELINE))
    ink[BASELINE - 60 : BASELINE, 200 : 200 + PEN_PX] = 1.0
    ink[BASELINE - 30 : BASELINE - 24, 200 + PEN_PX // 2] = 0.0
    runs = find_ink_runs(ink, 0.5, ink)
    (whole,) = follow_paths(runs, [float(BASELINE)])
    joined, (path,) = join_enclosed_runs(runs, [whole])
    assert len(joined.column) == len(runs.column) - 1
    assert joined.height[path.runs].max() > 60
    assert np.nanmin(trace_centreline(joined, path)[202]) < BASELINE - 55


def test_the_tip_of_a_peak_is_kept_where_several_columns_are_divided() -> None:
    ink = drawn(np.full(400, BASELINE))
    ink[BASELINE - 60 : BASELINE, 200 : 200 + PEN_PX + 2] = 1.0
    ink[BASELINE - 30 : BASELINE - 24, 202:205] = 0.0
    runs = find_ink_runs(ink, 0.5, ink)
    joined, (path,) = join_enclosed_runs(runs, follow_paths(runs, [float(BASELINE)]))
    assert len(joined.column) == len(runs.column) - 3
    assert np.nanmin(trace_centreline(joined, path)) < BASELINE - 55


def test_ink_above_a_trace_that_its_runs_do_not_enclose_is_left_alone() -> None:
    ink = drawn(np.full(400, BASELINE))
    ink[BASELINE - 60 : BASELINE - 20, 200 : 200 + PEN_PX] = 1.0
    runs = find_ink_runs(ink, 0.5, ink)
    joined, _ = join_enclosed_runs(runs, follow_paths(runs, [float(BASELINE)]))
    assert len(joined.column) == len(runs.column)


def test_a_letter_that_a_trace_encloses_is_wider_and_left_alone() -> None:
    ink = drawn(np.full(400, BASELINE))
    ink[BASELINE - 60 : BASELINE, 200:214] = 1.0
    ink[BASELINE - 30 : BASELINE - 24, 202:212] = 0.0
    runs = find_ink_runs(ink, 0.5, ink)
    joined, _ = join_enclosed_runs(runs, follow_paths(runs, [float(BASELINE)]))
    assert len(joined.column) == len(runs.column)
