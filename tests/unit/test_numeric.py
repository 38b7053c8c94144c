"""Array helpers against what plain loops give, and their documented examples."""

import doctest
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from heartsense import numeric
from heartsense.numeric import (
    concatenated_ranges,
    connected_components,
    interpolated_smoothly,
    local_maxima,
    true_runs,
)

EDGES = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30)


def test_documented_examples_hold() -> None:
    result = doctest.testmod(numeric)
    assert result.attempted > 0
    assert result.failed == 0


@given(st.lists(st.booleans()))
def test_runs_are_the_groups_of_true_values(values: list[bool]) -> None:
    groups = [
        [i for i, _ in group] for true, group in groupby(enumerate(values), lambda p: p[1]) if true
    ]
    found = true_runs(np.array(values, dtype=bool))
    assert found.tolist() == [[g[0], g[-1] + 1] for g in groups]


@given(arrays(np.float64, st.integers(0, 30), elements=st.sampled_from([0.0, 1.0, 2.0])))
def test_maxima_rise_from_the_left_and_fall_to_the_right(values: np.ndarray) -> None:
    expected = [i for i in range(1, len(values) - 1) if values[i - 1] <= values[i] > values[i + 1]]
    assert local_maxima(values).tolist() == expected


@given(st.lists(st.integers(0, 9)))
def test_ranges_are_counted_anew_for_each_count(counts: list[int]) -> None:
    expected = [i for count in counts for i in range(count)]
    assert concatenated_ranges(np.array(counts, dtype=np.int64)).tolist() == expected


@given(EDGES)
def test_nodes_share_a_label_exactly_where_edges_join_them(edges: list[tuple[int, int]]) -> None:
    group = list(range(20))
    for a, b in edges:
        group = [group[a] if g == group[b] else g for g in group]
    first, second = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    label = connected_components(20, first, second).tolist()
    assert [label.index(n) for n in label] == [group.index(g) for g in group]
    assert sorted(set(label)) == list(range(len(set(label))))


VALUES = st.floats(-100, 100)


@given(arrays(np.float64, st.integers(1, 20), elements=VALUES | st.just(np.nan)))
def test_smooth_curves_pass_through_every_value_and_keep_gaps(values: np.ndarray) -> None:
    samples = np.arange(len(values), dtype=float)
    np.testing.assert_array_equal(interpolated_smoothly(samples, values), values)
    between = interpolated_smoothly(samples[:-1] + 0.5, values)
    np.testing.assert_array_equal(np.isnan(between), np.isnan(values[:-1] + values[1:]))


@given(VALUES, VALUES, st.lists(st.floats(0, 9), min_size=1))
def test_smooth_curves_are_straight_where_values_are(
    height: float, slope: float, positions: list[float]
) -> None:
    line = height + slope * np.arange(10.0)
    expected = height + slope * np.array(positions)
    found = interpolated_smoothly(np.array(positions), line)
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_smooth_curve_reaches_a_peak_between_samples() -> None:
    def wave(t: np.ndarray) -> np.ndarray:
        return np.exp(-(((t - 10.5) / 2) ** 2))

    samples, fine = np.arange(21.0), np.arange(0, 20, 0.1)
    smooth = interpolated_smoothly(fine, wave(samples)) - wave(fine)
    straight = np.interp(fine, samples, wave(samples)) - wave(fine)
    assert np.abs(smooth).max() < np.abs(straight).max() / 3
