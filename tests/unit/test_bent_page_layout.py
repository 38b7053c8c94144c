"""Columns and rows of bent pages: dotted lines between leads, and rows printed aslant."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from heartsense.digitizer.page_layout.border_evidence import border_evidence
from heartsense.digitizer.page_layout.hypotheses import LayoutHypothesis, confirmed_by_laws
from heartsense.digitizer.page_layout.layouts import LIMB_LEADS, Layout
from heartsense.digitizer.page_layout.lead_segments import SAMPLING_RATE, LeadSegment
from heartsense.digitizer.page_layout.print_slant import (
    beats_confirm,
    lawful_slant,
    print_slant,
    slanted_offsets,
)
from heartsense.digitizer.scale.scale_estimation import Scale
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns, find_ink_runs
from heartsense.digitizer.trace_extraction.path_following import TracePath
from heartsense.ecg import ECG, LEADS

WIDTH, BASELINES, BORDER = 600, (100.0, 300.0, 500.0), 240
PX_PER_SECOND = 200.0


def runs_of(ink: NDArray[np.float32]) -> InkRuns:
    return find_ink_runs(ink, 0.5, ink)


def test_a_dotted_line_is_evidence_for_a_border_and_a_stain_is_not() -> None:
    traces = np.zeros((600, WIDTH), np.float32)
    for baseline in BASELINES:
        traces[int(baseline) : int(baseline) + 3] = 1.0
    other = np.zeros_like(traces)
    for top in range(110, 490, 8):
        other[top : top + 4, BORDER : BORDER + 3] = 1.0
    other[130:280, 400:440] = 1.0
    runs = runs_of(traces)
    paths = [TracePath(b, np.flatnonzero(np.abs(runs.centre - b) < 5), breaks=0) for b in BASELINES]
    lines = [np.full(WIDTH, baseline + 1) for baseline in BASELINES]
    evidence = border_evidence(runs, paths, lines, np.zeros(0, np.int64), runs_of(other))
    assert abs(int(np.argmax(evidence)) - BORDER - 1) <= 3
    assert evidence[400:440].max() < 0.2 * evidence.max()
    without = border_evidence(runs, paths, lines, np.zeros(0, np.int64))
    assert without.max() == 0


def beats(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Narrow waves of different heights, as pixels above a baseline."""
    return sum(
        (h * np.exp(-(((seconds - t) / 0.02) ** 2)) for t, h in ((0.4, 60), (1.2, 50), (2.0, 65))),
        np.zeros_like(seconds),
    )


def segment(lead: str | None, baseline: float, slant: float) -> LeadSegment:
    """A row whose waves are shifted to the right by the slant."""
    x = np.arange(500.0)
    seconds = x / PX_PER_SECOND
    y = baseline - beats(seconds - slant * baseline / PX_PER_SECOND)
    return LeadSegment(lead, x, y, seconds, 80.0)


@pytest.mark.parametrize("slant", [-0.01, 0.0, 0.008])
def test_a_rhythm_strip_shows_how_far_rows_are_shifted(slant: float) -> None:
    rows = [segment("II", 100.0, slant), segment(None, 700.0, slant)]
    signal = np.full((round(2.5 * SAMPLING_RATE), len(LEADS)), np.nan, np.float32)
    rows[0].write_to(signal[:, LEADS.index("II")])
    measured = print_slant(signal, rows, PX_PER_SECOND)
    assert measured == pytest.approx(slant, abs=0.0015)


def test_rows_are_shifted_only_where_their_beats_confirm_it() -> None:
    lines = [segment("I", baseline, 0.01).y for baseline in (*BASELINES, 700.0)]
    offsets = slanted_offsets(lines, [0, 1, 2], 0.01)
    assert offsets == pytest.approx([-2, 0, 2, 4], abs=0.5)
    assert beats_confirm(lines, [0, 1, 2], offsets)
    level = [segment("I", baseline, 0.0).y - baseline for baseline in BASELINES]
    rows = [line + baseline for line, baseline in zip(level, BASELINES, strict=True)]
    assert not beats_confirm([*rows, lines[3]], [0, 1, 2], offsets)


@pytest.mark.filterwarnings("error")
def test_rows_without_beats_confirm_nothing() -> None:
    lines = [np.full(500, baseline) for baseline in BASELINES]
    assert not beats_confirm(lines, [0, 1, 2], np.array([-2.0, 0.0, 2.0]))


def agreeing(rhythm_agreement: float) -> LayoutHypothesis:
    signal = np.full((1250, len(LEADS)), np.nan, np.float32)
    scale = Scale(25.0, "standard", 10.0, "standard")
    ecg = ECG(signal, SAMPLING_RATE)
    return LayoutHypothesis(Layout("3x4+1", ()), ecg, (), {}, rhythm_agreement, scale)


def test_where_beats_do_not_tell_rows_are_shifted_if_the_leads_then_fit_much_better() -> None:
    level, slanted, little = agreeing(0.7), agreeing(0.95), agreeing(0.75)
    assert confirmed_by_laws(level, slanted) is slanted
    assert confirmed_by_laws(level, little) is level
    some = agreeing(0.78)
    assert confirmed_by_laws(level, some) is level
    assert confirmed_by_laws(level, some, by_beats=True) is some


@pytest.mark.parametrize("slant", [-0.009, 0.0, 0.0075])
def test_the_laws_show_how_far_rows_are_shifted_without_a_strip(slant: float) -> None:
    heights = dict(zip(LIMB_LEADS, (100.0, 400.0, 700.0) * 2, strict=True))
    shares = {"I": 1.0, "II": 1.4, "III": 0.4, "aVR": -1.2, "aVL": 0.3, "aVF": 0.9}
    signal = np.full((round(2.5 * SAMPLING_RATE), len(LEADS)), np.nan, np.float32)
    rows = []
    for lead, share in shares.items():
        row = segment(lead, heights[lead], slant)
        row = replace(row, y=heights[lead] + share * (row.y - heights[lead]))
        row.write_to(signal[:, LEADS.index(lead)])
        rows.append(row)
    assert lawful_slant(signal, rows, PX_PER_SECOND) == pytest.approx(slant)


def test_a_slant_that_leaves_too_little_in_common_does_not_seem_lawful() -> None:
    rng = np.random.default_rng(3)
    signal = np.full((400, len(LEADS)), np.nan, np.float32)
    signal[:255, :6] = rng.normal(size=(255, 6))
    rows = [segment(lead, 100.0 + 300 * (i % 3), 0.0) for i, lead in enumerate(LIMB_LEADS)]
    slant = lawful_slant(signal, rows, PX_PER_SECOND)
    assert abs(slant) <= 0.003  # more leaves under half a second, of which no law can be told


def test_the_laws_show_no_slant_where_they_cannot_be_checked() -> None:
    signal = np.full((1250, len(LEADS)), np.nan, np.float32)
    assert lawful_slant(signal, [segment("II", 100.0, 0.01)], PX_PER_SECOND) == 0.0


def test_no_slant_without_a_rhythm_strip() -> None:
    signal = np.full((1250, len(LEADS)), np.nan, np.float32)
    assert print_slant(signal, [segment("II", 100.0, 0.01)], PX_PER_SECOND) == 0.0
