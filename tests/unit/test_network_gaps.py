"""Gaps that the ink network leaves in a trace: bridged along the ink, and only along a trace's."""

import numpy as np
import pytest

from heartsense.digitizer.ink.network import TRACE_PROBABILITY
from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.digitizer.rectified_page import AffineMap, RectifiedPage
from heartsense.digitizer.trace_extraction.row_traces import RowTraces, extract_row_traces
from heartsense.numeric import Floats

WIDTH, HEIGHT = 800, 240
BASELINE, PEAK = 150, 80
R_PEAKS = (100, 250, 400, 550, 700)
GAP = slice(392, 409)
"""Columns in which the network sees no trace: those of the middle R wave."""


def _line() -> Floats:
    """A trace in pixels downwards: R waves of 10 mm, six columns up and six down."""
    x = np.arange(WIDTH)
    distance = np.abs(x[:, None] - np.array(R_PEAKS)).min(axis=1)
    return np.asarray(BASELINE - PEAK * np.clip(1 - distance / 6, 0, 1))


def _drawn(line: Floats, darkness: float = 0.8) -> FloatImage:
    """A trace of three pixels, without a break also where it is steep."""
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    before = np.concatenate([line[:1], line[:-1]])
    for x, (a, b) in enumerate(zip(before, line, strict=True)):
        ink[int(min(a, b)) - 1 : int(max(a, b)) + 2, x] = darkness
    return ink


def _read(ink: FloatImage, probability: FloatImage) -> RowTraces:
    page = RectifiedPage(ink, ink, 0.2, AffineMap(np.eye(2, 3)), True, probability)
    rows = extract_row_traces(page)
    assert rows is not None
    assert len(rows.centrelines) == 1
    return rows


def _read_peak(ink: FloatImage, probability: FloatImage) -> float:
    """Height of the middle R wave as it was read, in pixels."""
    return BASELINE - float(np.nanmin(_read(ink, probability).centrelines[0][GAP]))


def _seen(ink: FloatImage) -> FloatImage:
    """What a network sees that misses the middle R wave."""
    seen = np.where(ink > 0, np.float32(0.9), np.float32(0))
    seen[:, GAP] = 0
    return seen


def test_a_wave_that_the_network_misses_is_read_from_its_ink() -> None:
    ink = _drawn(_line())

    assert _read_peak(ink, _seen(ink)) == pytest.approx(PEAK, abs=4)


def test_a_shadow_is_no_wave() -> None:
    ink = _drawn(_line())
    probability = _seen(ink)
    ink[:, GAP] *= 0.5

    assert _read_peak(ink, probability) < 4


def test_broken_ink_bridges_nothing() -> None:
    ink = _drawn(_line())
    probability = _seen(ink)
    ink[:, 395:399] = 0

    assert _read_peak(ink, probability) < 4


def test_what_the_network_sees_stays_where_it_has_no_gap() -> None:
    ink = _drawn(_line())
    full = np.where(ink > 0, np.float32(0.9), np.float32(0))
    assert full.max() > TRACE_PROBABILITY
    (alone,) = _read(ink, full).centrelines
    ink[BASELINE + 40 : BASELINE + 60, GAP] = 0.9  # a word below the trace, and one above it
    ink[BASELINE - 130 : BASELINE - 110, GAP] = 0.9

    assert _read_peak(ink, full) == pytest.approx(PEAK, abs=4)
    np.testing.assert_array_equal(_read(ink, full).centrelines[0], alone)


def test_a_trace_up_to_the_edge_of_the_page_ends_there() -> None:
    ink = _drawn(_line())
    ink[BASELINE - 1 : BASELINE + 2, 720:] = 0.9

    full = np.where(ink > 0, np.float32(0.9), np.float32(0))
    assert _read_peak(ink, full) > PEAK - 4
    assert _read(ink, full).span.last == WIDTH - 1


def test_a_row_that_ends_within_a_wave_is_read_to_its_end() -> None:
    ink = _drawn(_line())[:, :701]
    probability = np.where(ink > 0, np.float32(0.9), np.float32(0))
    probability[:, 696:] = 0

    assert _read(ink, probability).span.last == 700


def test_a_row_that_begins_within_a_wave_is_read_from_its_beginning() -> None:
    ink = _drawn(_line())
    ink[:, :100] = 0
    probability = np.where(ink > 0, np.float32(0.9), np.float32(0))
    probability[:, :105] = 0

    assert _read(ink, probability).span.first == 100
    assert _read(ink[:, 100:], probability[:, 100:]).span.first == 0
