"""Bars between leads are taken out of the ink, and waves are not."""

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.trace_extraction.separator_bars import remove_separator_bars

Ink = NDArray[np.float32]
BASELINES = (100, 250, 400)
BORDERS = (300, 600)


def page(bars: bool) -> Ink:
    """Three flat traces, each with R waves of its own height, with or without bars."""
    ink = np.zeros((500, 900), np.float32)
    for row, baseline in enumerate(BASELINES):
        ink[baseline : baseline + 3] = 1.0
        for x in range(50, 900, 170):
            ink[baseline - 30 - 17 * row : baseline, x : x + 6] = 1.0
        for x in BORDERS if bars else ():
            ink[baseline - 16 : baseline + 16, x : x + 6] = 1.0
    return ink


def test_bars_go_and_the_trace_goes_on() -> None:
    ink, columns = remove_separator_bars(page(bars=True), page(bars=True), 0.5)
    without = page(bars=False)
    assert len(columns) == len(BORDERS)
    assert np.abs(columns - np.array(BORDERS)).max() <= 4
    for x in BORDERS:
        assert ink[:, x].sum() <= without[:, x].sum() + 2
        assert all(ink[y - 2 : y + 4, x].any() for y in BASELINES)


def test_waves_stay() -> None:
    before = page(bars=False)
    ink, columns = remove_separator_bars(before, before, 0.5)
    assert not len(columns)
    assert np.array_equal(ink, before)


def test_tall_bars_go_and_the_trace_does_not_turn_to_a_name_beside_them() -> None:
    ink = page(bars=False)
    for baseline in BASELINES:
        for x in BORDERS:
            ink[baseline - 40 : baseline + 40, x : x + 6] = 1.0
            ink[baseline + 32 : baseline + 48, x + 7 : x + 10] = 1.0
    without, columns = remove_separator_bars(ink, ink, 0.5)
    assert len(columns) == len(BORDERS)
    for baseline in BASELINES:
        for x in BORDERS:
            assert without[baseline - 2 : baseline + 4, x + 7].any()
            assert not without[baseline + 6 : baseline + 30, x : x + 9].any()
