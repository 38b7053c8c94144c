from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from heartsense.measurements.preprocessing import (
    gaussian_filter,
    interpolate_short_gaps,
    moving_average,
    remove_spikes,
)
from heartsense.numeric import gaussian_kernel, median

Signal = NDArray[np.float64]

values = st.one_of(st.floats(-5, 5, width=32), st.just(np.nan))
signals = st.tuples(st.integers(0, 40), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=values)
)


def within(signal: Signal, at: int, lead: int, half: int) -> tuple[Signal, NDArray[np.intp]]:
    """The values shown round one sample of one lead, and how far they are from it."""
    near = np.arange(max(at - half, 0), min(at + half + 1, len(signal)))
    near = near[np.isfinite(signal[near, lead])]
    return signal[near, lead], near - at


@given(signals, st.floats(0.5, 3))
def test_the_low_pass_weighs_the_values_shown(signal: Signal, sigma: float) -> None:
    half = int(np.ceil(3 * sigma))
    kernel = gaussian_kernel(sigma, half)
    filtered = gaussian_filter(signal, sigma)
    assert (np.isfinite(filtered) == np.isfinite(signal)).all()
    for at, lead in np.argwhere(np.isfinite(signal)):
        near, distance = within(signal, at, lead, half)
        weights = kernel[distance + half]
        assert abs(filtered[at, lead] - (weights * near).sum() / weights.sum()) < 1e-9


@given(signals, st.integers(1, 12))
def test_the_moving_average_is_that_of_the_values_shown(signal: Signal, width: int) -> None:
    average = moving_average(signal, width)
    assert (np.isfinite(average) == np.isfinite(signal)).all()
    for at, lead in np.argwhere(np.isfinite(signal)):
        near, _ = within(signal, at, lead, width // 2)
        assert abs(average[at, lead] - near.mean()) < 1e-9


@given(signals)
def test_spikes_are_replaced_by_the_median_of_five(signal: Signal) -> None:
    smooth = remove_spikes(signal)
    for at, lead in np.ndindex(signal.shape):
        near, _ = within(signal, at, lead, 2)
        expected = np.median(near) if len(near) == 5 else signal[at, lead]
        assert np.array_equal(smooth[at, lead], expected, equal_nan=True)


@given(signals, st.integers(1, 6))
def test_only_short_gaps_between_values_are_bridged(signal: Signal, longest: int) -> None:
    filled = interpolate_short_gaps(signal, longest)
    for lead in range(signal.shape[1]):
        known = np.flatnonzero(np.isfinite(signal[:, lead]))
        assert (filled[known, lead] == signal[known, lead]).all()
        expected = set(known.tolist())
        for before, after in pairwise(known):
            if after - before - 1 <= longest:
                expected |= set(range(before, after))
        assert set(np.flatnonzero(np.isfinite(filled[:, lead]))) == expected
        straight = np.interp(sorted(expected), known, signal[known, lead]) if len(known) else []
        assert np.abs(filled[sorted(expected), lead] - straight).max(initial=0) < 1e-9


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e6, 1e6)))
def test_the_median_is_numpys(values: Signal) -> None:
    assert median(values) == np.median(values)
