"""Rhythm strips and the leads they repeat; leads and the ticks between them."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from heartsense.digitizer.grid import Grid
from heartsense.digitizer.page_attempt import UNKNOWN_STRIP_DOUBT, Attempt
from heartsense.digitizer.page_layout.hypotheses import LayoutHypothesis
from heartsense.digitizer.page_layout.layouts import Layout
from heartsense.digitizer.page_layout.lead_segments import (
    SAMPLING_RATE,
    LeadSegment,
    cut_lead_segments,
)
from heartsense.digitizer.page_layout.rhythm_strips import merge_rhythm_strips, samples_of
from heartsense.digitizer.quality import lead_similarity
from heartsense.digitizer.scale.scale_estimation import Scale
from heartsense.digitizer.trace_extraction.centreline import trace_centreline
from heartsense.digitizer.trace_extraction.ink_runs import find_ink_runs
from heartsense.digitizer.trace_extraction.path_following import TracePath
from heartsense.digitizer.trace_extraction.row_traces import RowTraces
from heartsense.digitizer.trace_extraction.signal_span import SignalSpan
from heartsense.ecg import ECG, LEADS, Trace

PX_PER_MV = 80.0
SECONDS = np.arange(0, 10, 0.005)


def beats(height: float, wave: float) -> NDArray[np.float64]:
    """A tall spike and a slow wave every 0.8 s, in mV."""
    phase = SECONDS % 0.8
    spike = height * np.exp(-(((phase - 0.2) / 0.012) ** 2))
    return spike + wave * np.exp(-(((phase - 0.45) / 0.05) ** 2))


def strip(millivolts: NDArray[np.float64]) -> LeadSegment:
    x = np.arange(len(SECONDS), dtype=float)
    return LeadSegment(None, x, 500.0 - PX_PER_MV * millivolts, SECONDS, PX_PER_MV)


def signal_of(shown: dict[str, tuple[float, float]]) -> NDArray[np.float32]:
    """Each lead for 2.5 s, in its column of a 3x4 page."""
    columns = {lead: i // 3 for i, lead in enumerate(LEADS)}
    signal = np.full((int(10 * SAMPLING_RATE), 12), np.nan, dtype=np.float32)
    for lead, waves in shown.items():
        first = int(columns[lead] * 2.5 * SAMPLING_RATE)
        times = np.arange(len(signal)) / SAMPLING_RATE
        whole = np.interp(times, SECONDS, beats(*waves))
        signal[first : first + int(2.5 * SAMPLING_RATE), LEADS.index(lead)] = whole[
            first : first + int(2.5 * SAMPLING_RATE)
        ]
    return signal


ALIKE = {"I": (1.0, 0.3), "II": (1.1, 0.33), "V1": (-1.2, 0.2), "V5": (2.0, 0.5), "V6": (1.5, 0.4)}


def test_each_strip_repeats_another_lead() -> None:
    # Both strips are closest to II; only one of them can be II.
    strips = [strip(beats(1.1, 0.33)), strip(beats(1.04, 0.32))]
    merged, agreements = merge_rhythm_strips(signal_of(ALIKE), strips)
    assert [segment.lead for segment in merged] == ["II", "I"]
    assert min(agreements) > 0.95


def test_a_strip_is_put_in_time_with_its_lead() -> None:
    late = replace(strip(beats(1.1, 0.33)), seconds=SECONDS + 0.02)
    signal = signal_of(ALIKE)
    shown = signal[:, LEADS.index("II")].copy()
    merged, _ = merge_rhythm_strips(signal, [late])
    assert merged[0].seconds[0] >= 0.0
    known = np.isfinite(shown)
    difference = np.ptp(signal[known, LEADS.index("II")] - shown[known])
    assert difference < 0.1


def test_a_strip_on_bent_paper_repeats_lead_ii_though_a_rare_lead_is_a_little_closer() -> None:
    shown = strip(beats(1.1, 0.33))
    signal = signal_of({"II": (1.1, 0.33), "aVF": (0.83, 0.25)})
    second, times = signal[:, LEADS.index("II")], np.arange(len(signal)) / SAMPLING_RATE
    early_and_late = times + 0.0075 * np.sin(2 * np.pi * times / 1.6)
    second[:] = np.interp(early_and_late, times, second)
    samples = samples_of(shown, len(signal)).astype(float)
    of_ii, of_avf = (
        lead_similarity(samples, signal[:, LEADS.index(lead)].astype(float), 50)
        for lead in ("II", "aVF")
    )
    assert of_ii is not None
    assert of_avf is not None
    assert of_avf.closeness > of_ii.closeness + 0.1
    merged, _ = merge_rhythm_strips(signal, [shown])
    assert [segment.lead for segment in merged] == ["II"]


def test_a_strip_may_repeat_a_rare_lead() -> None:
    signal = signal_of({"II": (1.1, 0.33), "aVF": (0.83, 0.25)})
    merged, _ = merge_rhythm_strips(signal, [strip(beats(0.83, 0.25))])
    assert [segment.lead for segment in merged] == ["aVF"]


def test_a_strip_that_is_like_no_lead_is_left_out() -> None:
    # The neighbours' complexes hide its own: what is left of V5 must not pass for another lead.
    hidden = beats(2.0, 0.5)
    hidden[SECONDS % 0.8 < 0.3] = -0.8
    signal = signal_of(ALIKE)
    before = signal.copy()
    merged, agreements = merge_rhythm_strips(signal, [strip(hidden)])
    assert merged == []
    assert len(agreements) == 1
    assert agreements[0] < 0.8
    np.testing.assert_array_equal(signal, before)


def reading(*strip_leads: str) -> Attempt:
    """A page whose rhythm strip repeats this lead, or none."""
    ecg = ECG(signal_of(ALIKE), SAMPLING_RATE)
    layout = Layout("3x4+1", ((None,),))
    scale = Scale(25.0, "standard", 10.0, "standard")
    points = np.zeros((2, 2), np.float32)
    traces = tuple(Trace(lead, points, 0.0, 1.0) for lead in ("aVF", *strip_leads))
    hypothesis = LayoutHypothesis(layout, ecg, traces, {}, 0.9, scale, strip_leads=strip_leads)
    return Attempt(hypothesis, Grid(8.0, 8.0, 0.0), has_grid=True)


def test_a_reading_whose_strip_is_like_no_lead_is_doubted() -> None:
    assert reading().doubt > reading("II").doubt


def test_a_strip_that_is_left_out_repeats_no_rare_lead() -> None:
    # The last trace is then that of the last lead, which no strip repeats.
    assert reading().doubt == pytest.approx(reading("II").doubt + UNKNOWN_STRIP_DOUBT)


def test_a_gap_at_a_border_does_not_lead_to_the_next_lead() -> None:
    # Lead I stands at row 100; the line across the gap climbs to lead II's start, at row 20.
    ink = np.zeros((200, 800), np.float32)
    ink[98:102, 10:392] = 1.0
    ink[18:22, 408:790] = 1.0
    runs = find_ink_runs(ink, 0.5, ink)
    path = TracePath(100.0, np.arange(len(runs.column)), 0)
    line = trace_centreline(runs, path)
    nowhere = np.zeros(0, np.int64)
    rows = RowTraces(runs, [path], [line], None, nowhere, nowhere, SignalSpan(10.0, 789.0))
    layout = Layout("two columns", (("I", "II"),))
    scale = Scale(25.0, "standard", 10.0, "standard")
    spans = np.array([[10.0, 400.0], [400.0, 790.0]])
    first, second = cut_lead_segments(rows, layout, spans, scale)
    assert np.ptp(first.y) < 5
    assert np.ptp(second.y) < 5
