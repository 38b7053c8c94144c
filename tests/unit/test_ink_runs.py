"""Vertical runs of ink in the columns of a page."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.digitizer.trace_extraction.ink_runs import find_ink_runs
from heartsense.numeric import true_runs

THRESHOLD = 0.5
PAGES = arrays(
    np.float32,
    st.tuples(st.integers(1, 40), st.integers(1, 12)),
    elements=st.floats(0, 1, width=32),
)


@given(page=PAGES)
def test_there_is_one_run_for_each_stretch_of_ink_in_a_column(page: FloatImage) -> None:
    """Beyond the page is paper: a run at its edge ends between the last pixel and the next."""
    runs = find_ink_runs(page, THRESHOLD, np.zeros_like(page))
    stretches = [
        (column, first, stop - 1)
        for column in range(page.shape[1])
        for first, stop in true_runs(page[:, column] > THRESHOLD).tolist()
    ]
    assert runs.column.tolist() == [column for column, _, _ in stretches]
    for top, bottom, (_, first, last) in zip(runs.top, runs.bottom, stretches, strict=True):
        assert first - 1 <= top <= first
        assert last <= bottom <= last + 1
    assert runs.first[-1] == len(runs.column)
    assert (np.diff(runs.first) == np.bincount(runs.column, minlength=page.shape[1])).all()


def test_a_run_ends_where_the_darkness_crosses_the_threshold() -> None:
    page = np.array([0.0, 0.2, 1.0, 1.0, 0.1, 0.0], np.float32)[:, None]
    runs = find_ink_runs(page, THRESHOLD, page)
    assert np.allclose(runs.top, 1 + (0.5 - 0.2) / 0.8)
    assert np.allclose(runs.bottom, 4 - (0.5 - 0.1) / 0.9)


def test_faint_ink_between_two_runs_joins_them() -> None:
    page = np.array([0, 0.9, 0.9, 0.3, 0.3, 0.9, 0.9, 0], np.float32)[:, None]
    assert len(find_ink_runs(page, THRESHOLD, np.zeros_like(page)).column) == 2
    assert len(find_ink_runs(page, THRESHOLD, np.zeros_like(page), max_faint_px=4).column) == 1
    page[3:5] = 0.05  # lighter than a quarter of the threshold
    assert len(find_ink_runs(page, THRESHOLD, np.zeros_like(page), max_faint_px=4).column) == 2
