"""Where two leads meet, each is read from its own side."""

import numpy as np
import pytest
from numpy.typing import NDArray

from heartsense.digitizer.page_layout.lead_ends import RowInk, bridged_lines, with_own_ends
from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.centreline import trace_centreline
from heartsense.digitizer.trace_extraction.ink_runs import find_ink_runs
from heartsense.digitizer.trace_extraction.path_following import FLAT_PAGE, follow_paths
from heartsense.numeric import Floats

WIDTH, HEIGHT, LEVEL = 800, 400, 200
BORDER = 400


def complex_at(middle: float, height: float) -> Floats:
    """A level row with one wave, downwards positive."""
    x = np.arange(WIDTH)
    return np.asarray(LEVEL - height * np.exp(-0.5 * ((x - middle) / 5.0) ** 2))


def drawn(lead: Floats, columns: slice) -> NDArray[np.float32]:
    """Ink of a pen that is 4 px wide, with steep strokes filled."""
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    x = np.arange(WIDTH)[columns]
    for column, at in zip(x[:-1], np.column_stack([lead[x[:-1]], lead[x[1:]]]), strict=True):
        ink[round(at.min()) - 2 : round(at.max()) + 2, column - 1 : column + 2] = 1.0
    return ink


def row_of(ink: NDArray[np.float32], hidden: NDArray[np.bool_]) -> tuple[RowInk, Floats]:
    seen = np.where(hidden, np.float32(0), ink)
    runs = find_ink_runs(seen, 0.5, seen)
    path = follow_paths(runs, [float(LEVEL)])[0]
    row = RowInk(runs, path, hidden, FLAT_PAGE.max_gap_px)
    return row, trace_centreline(runs, path)


@pytest.mark.parametrize("line", [0, 4])
@pytest.mark.parametrize("height", [90.0, -90.0])
def test_a_complex_at_a_border_does_not_lead_to_the_next_lead(height: float, line: int) -> None:
    first, second = np.full(WIDTH, float(LEVEL)), complex_at(BORDER + 4, height)
    ink = np.maximum(drawn(first, slice(20, BORDER)), drawn(second, slice(BORDER, WIDTH - 20)))
    hidden = np.zeros(WIDTH, dtype=bool)
    hidden[BORDER - line // 2 : BORDER + line // 2] = True
    row, centreline = row_of(ink, hidden)
    before = with_own_ends(row, centreline[20:BORDER], 20, False, True)
    after = with_own_ends(row, centreline[BORDER : WIDTH - 20], BORDER, True, False)
    near = slice(0, 3 * PX_PER_MM)
    assert np.abs(before - first[20:BORDER]).max() < 2.5
    error = np.abs(after - second[BORDER : WIDTH - 20])[near]
    unread = np.abs(centreline[BORDER : WIDTH - 20] - second[BORDER : WIDTH - 20])[near]
    assert np.sqrt((error**2).mean()) < 0.12 * abs(height)
    assert np.nansum(error**2) < np.nansum(unread**2)


def test_leads_without_a_break_are_left() -> None:
    row, centreline = row_of(
        drawn(complex_at(BORDER, 60.0), slice(20, WIDTH - 20)), np.zeros(WIDTH, dtype=bool)
    )
    lead = centreline[20:BORDER]
    assert np.array_equal(with_own_ends(row, lead, 20, False, True), lead)


def test_a_strip_goes_on_smoothly_behind_a_line() -> None:
    lead = complex_at(BORDER, 90.0)
    hidden = np.zeros(WIDTH, dtype=bool)
    hidden[BORDER - 6 : BORDER + 2] = True  # it hides the wave's tip and most of one side
    row, centreline = row_of(drawn(lead, slice(20, WIDTH - 20)), hidden)
    bridged = bridged_lines(row, centreline)
    inside = slice(BORDER - 8, BORDER + 8)
    error, straight = bridged[inside] - lead[inside], centreline[inside] - lead[inside]
    assert (error**2).sum() < 0.5 * (straight**2).sum()
    assert np.array_equal(bridged[: BORDER - 20], centreline[: BORDER - 20], equal_nan=True)


def test_a_broken_line_across_a_strip_is_one_line() -> None:
    lead = complex_at(BORDER, 90.0)
    hidden = np.zeros(WIDTH, dtype=bool)
    hidden[[BORDER - 2, BORDER + 2]] = True
    row, centreline = row_of(drawn(lead, slice(20, WIDTH - 20)), hidden)
    bridged = bridged_lines(row, centreline)
    inside = slice(BORDER - 8, BORDER + 8)
    assert np.abs(bridged[inside] - lead[inside]).max() < 30


def test_a_stroke_with_level_trace_on_one_side_only_is_no_tick() -> None:
    lead = np.full(WIDTH, float(LEVEL))
    ink = drawn(lead, slice(20, BORDER))
    ink[LEVEL - 60 : LEVEL, BORDER : BORDER + 3] = 1.0  # a complex that the page's end cuts
    row, _ = row_of(ink, np.zeros(WIDTH, dtype=bool))
    assert row.without_stroke_at(BORDER) is row
    ink = np.maximum(ink, drawn(lead, slice(BORDER, WIDTH - 20)))
    row, _ = row_of(ink, np.zeros(WIDTH, dtype=bool))
    assert row.without_stroke_at(BORDER).hidden[BORDER : BORDER + 3].all()
