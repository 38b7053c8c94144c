"""Columns of leads that are drawn apart, with blank paper, a tick or a bar between them."""

import numpy as np
import pytest

from heartsense.digitizer import digitize
from training.benchmark.fidelity import compare_signals
from training.render import PageSpec, render_page
from training.simulate import simulate

RHYTHM = {"3x4+3": ("II", "V1", "V5")}


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
    spec = PageSpec(
        layout=layout,
        rhythm=RHYTHM.get(layout, ("II",)),
        row_mm=26.0,
        column_gap=gap_mm,
        separators=separators,  # type: ignore[arg-type]  # one of the literals
    )
    drawn = render_page(simulate(heart_rate=72.0, noise=0.005), spec)
    read = digitize(drawn.pixels)
    assert read.quality.reasons == ()
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > 18.0


def test_a_last_column_that_the_picture_cuts_off_moves_no_border() -> None:
    drawn = render_page(simulate(heart_rate=72.0, noise=0.005), PageSpec(layout="3x4"))
    left = {trace.lead: float(trace.points[0, 0]) for trace in drawn.traces}
    right = max(float(trace.points[-1, 0]) for trace in drawn.traces)
    read = digitize(drawn.pixels[:, : round(right - 9.0 * drawn.pitch)])
    found = {trace.lead: float(trace.points[0, 0]) for trace in read.traces}
    for lead in ("aVR", "V1", "V4"):
        assert found[lead] == pytest.approx(left[lead], abs=1.0 * drawn.pitch)
