"""Where columns of leads begin and end, on drawn pages."""

from dataclasses import replace

import numpy as np
import pytest

from heartsense.digitizer import digitize
from heartsense.digitizer.page_layout.column_placement import SignalEnds, fit_edges
from heartsense.ecg import ECG
from training.benchmark.fidelity import compare_signals
from training.render import PageSpec, render_page
from training.simulate import simulate

STANDARD = np.array([100.0, 600.0, 1100.0, 1600.0, 2100.0])
"""Edges of four columns of 2.5 s."""

STRIPS = {"3x4+3": ("II", "V1", "V5")}


@pytest.fixture(scope="module")
def ecg() -> ECG:
    return simulate(heart_rate=70, seed=3)


def drawn(**looks: object) -> PageSpec:
    spec = PageSpec(layout="3x4+1", px_per_mm=8.0, row_mm=36.0, seed=1)
    return replace(spec, **looks)  # type: ignore[arg-type]


def decibels(truth: ECG, read: ECG) -> float:
    return float(10 * np.log10(compare_signals(truth, read).ratio))


@pytest.mark.parametrize("pulse", ["none", "left", "right"])
@pytest.mark.parametrize("pulse_gap", [0.0, 1.5])
def test_columns_begin_where_the_signal_does(ecg: ECG, pulse: str, pulse_gap: float) -> None:
    """Not on the pulse's foot: else each column shows the end of the one before."""
    rendered = render_page(ecg, drawn(pulse=pulse, pulse_gap=pulse_gap, labels=False))
    assert decibels(rendered.ecg, digitize(rendered.pixels).ecg) > 17


@pytest.mark.parametrize("layout", ["3x4", "3x4+1", "3x4+3"])
def test_gaps_that_the_pen_crossed_are_no_signal(ecg: ECG, layout: str) -> None:
    """A line in each gap, or a strip that has none, tells how wide they are."""
    separators = "none" if "+" in layout else "lines"
    strips = STRIPS.get(layout, ("II",))
    spec = drawn(layout=layout, column_gap=2.9, joined=True, separators=separators, rhythm=strips)
    rendered = render_page(ecg, spec)
    read = digitize(rendered.pixels).ecg
    assert decibels(rendered.ecg, read) > 15
    assert read.duration == pytest.approx(10, abs=0.06)


def test_columns_with_blank_gaps_are_as_far_apart_in_time_as_they_were_recorded(ecg: ECG) -> None:
    """Neither the pen's width nor the pulse's foot is signal."""
    rendered = render_page(ecg, drawn(column_gap=2.5, pulse="left"))
    starts = [trace.start for trace in digitize(rendered.pixels).traces if trace.lead != "II"]
    assert np.unique(np.round(starts, 1)) == pytest.approx([0.0, 2.5, 5.0, 7.5])
    assert max(starts) == pytest.approx(7.5, abs=0.02)


@pytest.mark.parametrize(
    ("layout", "separators", "gap_mm"),
    [
        ("3x4+3", "none", 2.9),  # the three strips end before the other rows
        ("3x4+3", "bars", 2.9),
        ("3x4+3", "ticks", 1.5),
        ("3x4", "ticks", 1.5),
        ("3x4+1", "lines", 2.9),
    ],
)
def test_leads_that_are_drawn_apart_keep_their_time(
    layout: str, separators: str, gap_mm: float
) -> None:
    """With blank paper, a tick or a bar between them."""
    strips = STRIPS.get(layout, ("II",))
    spec = PageSpec(
        layout=layout,
        rhythm=strips,
        row_mm=26.0,
        column_gap=gap_mm,
        separators=separators,  # type: ignore[arg-type]  # one of the literals
    )
    rendered = render_page(simulate(heart_rate=72.0, noise=0.005), spec)
    read = digitize(rendered.pixels)
    assert read.quality.reasons == ()
    assert decibels(rendered.ecg, read.ecg) > 18


def test_a_last_column_that_the_picture_cuts_off_moves_no_border() -> None:
    rendered = render_page(simulate(heart_rate=72.0, noise=0.005), PageSpec(layout="3x4"))
    left = {trace.lead: float(trace.points[0, 0]) for trace in rendered.traces}
    right = max(float(trace.points[-1, 0]) for trace in rendered.traces)
    read = digitize(rendered.pixels[:, : round(right - 9.0 * rendered.pitch)])
    found = {trace.lead: float(trace.points[0, 0]) for trace in read.traces}
    for lead in ("aVR", "V1", "V4"):
        assert found[lead] == pytest.approx(left[lead], abs=1.0 * rendered.pitch)


def test_a_tick_is_cut_out_where_a_complex_meets_it(ecg: ECG) -> None:
    """An R wave stands 24 ms behind the third border; what a tick hides of it is guessed."""
    peak = int(np.argmax(ecg.lead("II")[:2500]))
    late = ECG(np.roll(ecg.signal, 2500 + 12 - peak, axis=0), ecg.rate, ecg.leads)
    spec = drawn(layout="3x4", pulse="none", labels=False, row_mm=26.0)
    plain, marked = (
        digitize(render_page(late, replace(spec, separators=marks)).pixels).ecg.signal
        for marks in ("none", "ticks")
    )
    length = min(len(plain), len(marked))
    difference = np.abs(plain[:length] - marked[:length])
    assert np.nanmax(difference) < 0.35
    assert np.nanmean(difference > 0.2) < 0.001


def test_columns_of_standard_width_end_where_the_signal_does() -> None:
    """It seems to begin earlier, on the foot of a pulse."""
    ends = SignalEnds(85.0, 2099.0, trust=(0.1, 1.0))
    edges = fit_edges(np.zeros(2200), ends, 4, has_grid=True)
    assert edges == pytest.approx(STANDARD, abs=2)


def test_breaks_in_all_rows_outweigh_the_ends_of_the_signal() -> None:
    evidence = np.zeros(2200)
    evidence[[610, 1110, 1610]] = 4.5
    edges = fit_edges(evidence, SignalEnds(100.0, 2099.0), 4, has_grid=True)
    assert edges == pytest.approx(STANDARD + 10, abs=2)


def test_names_alone_do_not() -> None:
    """They begin up to 2 mm right of the border."""
    evidence = np.zeros(2200)
    for border in STANDARD[1:-1].astype(int):
        evidence[border + 2 : border + 16] = 2.0
    edges = fit_edges(evidence, SignalEnds(100.0, 2099.0), 4, has_grid=True)
    assert edges == pytest.approx(STANDARD, abs=4)


def test_without_millimetres_a_page_is_divided_evenly() -> None:
    edges = fit_edges(np.zeros(1600), SignalEnds(50.0, 1449.0), 4, has_grid=False)
    assert edges == pytest.approx(np.linspace(50, 1450, 5), abs=1)


def test_a_page_of_three_columns_keeps_their_width() -> None:
    """What is missing is that of the last one, as names stand at the others."""
    evidence = np.zeros(2200)
    evidence[STANDARD[:-2].astype(int)] = 2.0
    edges = fit_edges(evidence, SignalEnds(100.0, 1599.0), 4, has_grid=True)
    assert edges == pytest.approx(STANDARD, abs=2)
