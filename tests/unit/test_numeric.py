"""Array helpers against what plain loops give, and their documented examples."""

import doctest
from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from heartsense import numeric
from heartsense.numeric import (
    concatenated_ranges,
    connected_components,
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
