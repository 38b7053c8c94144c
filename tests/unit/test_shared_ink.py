"""Ink that complexes of neighbouring rows share: each row gets its own part."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from heartsense.digitizer import digitize
from heartsense.digitizer.trace_extraction import shared_ink
from heartsense.digitizer.trace_extraction.centreline import trace_centreline
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns, find_ink_runs
from heartsense.digitizer.trace_extraction.joint_curves import (
    SharedInk,
    fit_curves,
    steep_strokes,
)
from heartsense.digitizer.trace_extraction.overlaps import assign_shared_ink
from heartsense.digitizer.trace_extraction.path_following import TracePath, follow_paths
from heartsense.digitizer.trace_extraction.shared_ink import split_shared_ink
from heartsense.numeric import Floats
from tests.unit.test_overlapping_rows import page_of_tall_chest_leads
from training.benchmark.fidelity import compare_signals

BASELINES = [100.0, 260.0]
PEN = 4.0
SHAPE = (420, 160)


def curve(baseline: float, *tips: tuple[float, float]) -> Floats:
    """A level row with triangular waves eight pixels wide: their columns, and how far they go."""
    x = np.arange(SHAPE[1], dtype=np.float64)
    waves = [height * np.clip(1 - np.abs(x - column) / 4, 0, None) for column, height in tips]
    return np.asarray(sum(waves, start=np.full(SHAPE[1], baseline)))


def ink_of(curves: list[Floats]) -> InkRuns:
    """What a round pen draws along the curves."""
    image = np.zeros(SHAPE, dtype=np.float32)
    y = np.arange(SHAPE[0])[:, None]
    fine = np.linspace(0, SHAPE[1] - 1, 20 * SHAPE[1])
    for drawn in curves:
        heights = np.interp(fine, np.arange(SHAPE[1]), drawn)
        for column in range(SHAPE[1]):
            near = np.abs(fine - column) <= PEN / 2
            reach = np.sqrt((PEN / 2) ** 2 - (fine[near] - column) ** 2)
            image[:, column] += ((y >= heights[near] - reach) & (y <= heights[near] + reach)).any(
                axis=1
            )
    image = np.minimum(image, 1)
    return find_ink_runs(image, 0.5, image)


def split(
    curves: list[Floats],
) -> tuple[InkRuns, list[TracePath], InkRuns, list[TracePath], Floats]:
    runs = ink_of(curves)
    paths = follow_paths(runs, BASELINES)
    return runs, paths, *split_shared_ink(runs, paths)


def test_an_s_wave_and_the_r_wave_below_are_taken_apart() -> None:
    drawn = [curve(100, (70, 120.0)), curve(260, (75, -110.0))]
    _, paths, runs, parts, missed = split(drawn)
    assert set(paths[0].runs) & set(paths[1].runs)  # they do share ink
    upper, lower = (trace_centreline(runs, path) for path in parts)
    assert np.argmax(upper) == 70
    assert np.argmin(lower) == 75
    assert upper.max() == pytest.approx(220, abs=3)
    assert lower.min() == pytest.approx(150, abs=3)
    for read, truth in zip((upper, lower), drawn, strict=True):
        assert np.abs(read - truth).max() < 40.0  # strokes of 30 pixels a column
        assert np.sqrt(np.mean((read - truth) ** 2)) < 6.0
    assert missed.sum() < 10


def test_rows_that_are_apart_stay_as_they_are() -> None:
    before, paths, runs, parts, missed = split([curve(100, (70, -60.0)), curve(260, (75, -60.0))])
    assert runs is before
    assert parts is paths
    assert not missed.any()


def test_a_line_at_the_end_of_all_rows_is_not_split() -> None:
    image = np.zeros(SHAPE, dtype=np.float32)
    for baseline in (100, 260):
        image[baseline - 2 : baseline + 2, :141] = 1
    image[90:270, 141:144] = 1  # the border of the page
    runs = find_ink_runs(image, 0.5, image)
    paths = follow_paths(runs, BASELINES)
    assert set(paths[0].runs) & set(paths[1].runs)
    split_runs, parts, _ = split_shared_ink(runs, paths)
    assert split_runs is runs
    assert parts is paths


@pytest.mark.parametrize(
    ("columns", "lost", "is_told"),
    [(420, (180, 240), True), (240, (180, 240), False), (420, (0, 60), False)],
)
def test_a_row_that_follows_another_in_between_has_lost_its_trace(
    columns: int, lost: tuple[int, int], is_told: bool
) -> None:
    """Without a trace of its own before and behind, it may have begun or ended there."""
    runs = InkRuns(
        column=np.repeat(np.arange(columns), 2),
        top=np.tile([98.0, 258.0], columns),
        bottom=np.tile([102.0, 262.0], columns),
        first=2 * np.arange(columns + 1),
    )
    upper = TracePath(100.0, 2 * np.arange(columns), 0)
    is_lost = (np.arange(columns) >= lost[0]) & (np.arange(columns) < lost[1])
    lower = TracePath(260.0, upper.runs + ~is_lost, 2)
    kept, lost_px = assign_shared_ink(runs, [upper, lower])
    assert kept[0].runs.tolist() == upper.runs.tolist()
    assert kept[1].runs.tolist() == lower.runs[~is_lost].tolist()
    assert lost_px.tolist() == (4.0 * is_lost if is_told else 0.0 * is_lost).tolist()


def test_a_bar_as_wide_as_the_pen_is_one_stroke_and_a_wide_one_two() -> None:
    ink = np.zeros((12, 3), dtype=bool)
    ink[3:7, 0] = True  # four columns
    ink[2:10, 1] = True  # eight
    strokes = steep_strokes(ink, pen=4.0)
    assert np.flatnonzero(strokes[:, 0]).tolist() == [9]  # column 4.5
    assert np.flatnonzero(strokes[:, 1]).tolist() == [7, 15]  # 3.5 and 7.5: 1.5 inside
    assert not strokes[:, 2].any()


def test_the_curves_of_an_s_wave_and_an_r_wave_that_cross() -> None:
    columns, height = 20, 60
    allowed = np.zeros((2, 2 * columns - 1, height), dtype=bool)
    allowed[:, :, 10] = allowed[:, :, 50] = True  # the levels of both rows
    strokes = np.zeros(allowed.shape[1:], dtype=bool)
    for at, rows in (
        (10, slice(10, 41)),
        (14, slice(20, 51)),
        (18, slice(10, 41)),
        (22, slice(20, 51)),
    ):
        allowed[:, at, rows] = strokes[at, rows] = True
    allowed[:, 10:19, 40] = allowed[:, 14:23, 20] = True  # both tips
    ends = np.zeros((2, 2, height), dtype=bool)
    ends[0, :, 10] = ends[1, :, 50] = True
    [(curves, missed)] = fit_curves([SharedInk(allowed, strokes, ends, np.array([10.0, 50.0]))])
    assert missed == 0
    assert curves[0].max() == 40
    assert curves[1].min() == 20
    assert (curves[:, [0, -1]] == [[10], [50]]).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_places_are_fitted_together_as_each_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = []
    for _ in range(5):
        rows, columns, height = rng.integers(2, 4), rng.integers(1, 9), rng.integers(12, 60)
        ink = rng.random((columns, height)) < 0.5
        ends = np.zeros((rows, 2, height), dtype=bool)
        levels = np.sort(rng.choice(height, rows, replace=False))
        ends[np.arange(rows), :, levels] = True
        allowed = np.repeat(np.repeat(ink[None], rows, axis=0), 2, axis=1)[:, :-1]
        strokes = steep_strokes(ink, pen=2.0)
        places.append(SharedInk(allowed, strokes, ends, levels.astype(float)))
    for fit, place in zip(fit_curves(places), places, strict=True):
        [alone] = fit_curves([place])
        assert fit.missed == alone.missed
        assert fit.curves.tolist() == alone.curves.tolist()


def test_too_much_shared_ink_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise must not take long."""
    drawn = [curve(100, (70, 120.0)), curve(260, (75, -110.0))]
    monkeypatch.setattr(shared_ink, "MAX_WORK", 1000)
    before, _, runs, _, missed = split(drawn)
    assert runs is before
    assert missed.sum() > 100


@settings(max_examples=30, deadline=None)
@given(
    column=st.integers(50, 110),
    lag=st.integers(-14, 14),
    depth=st.floats(60.0, 200.0),
    height=st.floats(60.0, 200.0),
)
def test_parts_lie_within_the_ink(column: int, lag: int, depth: float, height: float) -> None:
    drawn = [curve(100, (column, depth)), curve(260, (column + lag, -height))]
    before, _, runs, parts, _ = split(drawn)
    assume(runs is not before)
    for path in parts:
        assert (np.diff(runs.column[path.runs]) > 0).all()  # one run a column
        for run in path.runs:
            column_runs = slice(before.first[runs.column[run]], before.first[runs.column[run] + 1])
            inside = (before.top[column_runs] <= runs.top[run]) & (
                before.bottom[column_runs] >= runs.bottom[run]
            )
            assert inside.any()


@pytest.mark.parametrize(
    ("layout", "least"), [("12x1", 18.0), ("6x2", 18.0), ("3x4", 18.0), ("3x4+3", 11.0)]
)
def test_tall_complexes_are_read_through_their_neighbours(layout: str, least: float) -> None:
    """They had 13, 14, 16 and 5 dB where all shared ink is given to one row."""
    drawn = page_of_tall_chest_leads(layout, 2.5)
    ratio = compare_signals(drawn.ecg, digitize(drawn.pixels).ecg).ratio
    assert 10 * np.log10(ratio) > least
