"""The centreline network: tips and small waves that the width of the pen hides."""

import json
import shutil
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsense.digitizer.trace_extraction.calibration_pulse import CalibrationPulse
from heartsense.digitizer.trace_extraction.centreline import (
    InkEdges,
    ink_edges,
    trace_centreline,
)
from heartsense.digitizer.trace_extraction.centreline_network import (
    DESCRIPTION,
    NETWORK,
    CentrelineNetwork,
    column_features,
    correct_centrelines,
    released_centreline_network,
)
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.digitizer.trace_extraction.path_following import TracePath
from heartsense.digitizer.trace_extraction.row_traces import RowTraces
from heartsense.digitizer.trace_extraction.signal_span import SignalSpan
from heartsense.errors import ModelChangedError
from heartsense.numeric import Floats
from training import MODEL_DIR
from training.centreline.export import write_network
from training.centreline.fit import decibels, fit_network
from training.centreline.true_curves import TrueCurve, drawn_curves
from training.records import records_of_no_figure
from training.sources import photographed_patients, read_manifest

COLUMNS = 800
BASELINE = 200.0
PEN = 1.8
FINE = 16
"""Points of a curve per column."""


@pytest.fixture
def named_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEARTSENSE_MODEL", str(tmp_path))
    return tmp_path


def beats(width: float, height: float) -> Floats:
    """Four beats with a narrow R wave, a small Q and an S wave; ``FINE`` points a column."""
    x = np.arange(COLUMNS * FINE) / FINE
    wave = np.zeros_like(x)
    for centre in range(100, COLUMNS, 200):
        for place, part in ((-1.6, -0.12), (0.0, 1.0), (1.5, -0.25)):
            wave += part * np.exp(-0.5 * ((x - centre - place * width) / (0.5 * width)) ** 2)
    return BASELINE - height * wave


def drawn_by_a_pen(curve: Floats) -> InkRuns:
    """One run of ink a column: the curve dilated by a round pen."""
    reach = int(PEN * FINE)
    across = np.arange(-reach, reach + 1) / FINE
    down = np.sqrt(PEN**2 - across**2)
    padded = np.pad(curve, reach, mode="edge")
    near = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)[::FINE]
    top, bottom = (near - down).min(axis=1), (near + down).max(axis=1)
    return InkRuns(np.arange(COLUMNS), top, bottom, np.arange(COLUMNS + 1))


def rows_of(curve: Floats) -> RowTraces:
    runs = drawn_by_a_pen(curve)
    path = TracePath(BASELINE, np.arange(COLUMNS), 0)
    span = SignalSpan(0.0, COLUMNS - 1.0, PEN)
    nothing = np.zeros(0, np.int64)
    return RowTraces(runs, [path], [trace_centreline(runs, path)], None, nothing, nothing, span)


def noise(rows: RowTraces, curve: Floats) -> float:
    error = rows.centrelines[0] - curve[::FINE]
    return float(np.mean((error - np.median(error)) ** 2))


def test_complexes_as_narrow_as_the_pen_are_nearer_to_what_was_drawn() -> None:
    before, after = 0.0, 0.0
    for width in (1.5, 2.0, 2.5, 3.0):
        for height in (100.0, 130.0, 160.0):
            curve = beats(width, height)
            rows = rows_of(curve)
            before += noise(rows, curve)
            after += noise(correct_centrelines(rows), curve)
    assert after < 0.8 * before


def test_a_level_trace_stays_as_it_is() -> None:
    rows = rows_of(np.full(COLUMNS * FINE, BASELINE))
    assert correct_centrelines(rows).centrelines[0].tolist() == rows.centrelines[0].tolist()


def test_gaps_stay_gaps() -> None:
    rows = rows_of(beats(2.0, 120.0))
    broken = rows.centrelines[0].copy()
    broken[290:310] = np.nan
    corrected = correct_centrelines(replace(rows, centrelines=[broken])).centrelines[0]
    assert np.isnan(corrected).tolist() == np.isnan(broken).tolist()


@settings(max_examples=25, deadline=None)
@given(down=st.integers(-150, 150))
def test_the_place_of_a_row_does_not_matter(down: int) -> None:
    curve = beats(2.0, 120.0)
    here = correct_centrelines(rows_of(curve)).centrelines[0]
    there = correct_centrelines(rows_of(curve + down)).centrelines[0]
    assert there == pytest.approx(here + down, abs=1e-2)


def true_curve(width: float, height: float) -> TrueCurve:
    curve = beats(width, height)
    rows = rows_of(curve)
    edges = ink_edges(rows.runs, rows.paths[0])
    return TrueCurve(edges, rows.centrelines[0], curve[::FINE], by_network=False)


@pytest.fixture(scope="module")
def trained() -> CentrelineNetwork:
    shapes = product((1.5, 1.75, 2.25, 2.5), (60.0, 80.0, 100.0, 130.0))
    return fit_network([true_curve(*shape) for shape in shapes], epochs=100, seed=0)


def test_a_training_learns_what_the_pen_hides(trained: CentrelineNetwork) -> None:
    other = true_curve(2.0, 70.0)
    assert decibels([other], trained) > decibels([other])


def test_a_training_learns_each_curve_upside_down_too(trained: CentrelineNetwork) -> None:
    other = true_curve(2.0, 70.0)
    turned = other.upside_down()
    assert decibels([turned]) == pytest.approx(decibels([other]))
    assert decibels([turned], trained) > decibels([turned])


def test_the_written_network_answers_as_the_fitted_one(named_folder: Path) -> None:
    curve = true_curve(1.5, 80.0)
    network = fit_network([curve], epochs=3, seed=0)
    write_network(network, named_folder, {})
    released = released_centreline_network()
    assert released is not None
    ((_, features),) = column_features(curve.edges, curve.centreline, by_network=False)
    assert released(features).tolist() == network(features).tolist()


def test_beside_a_gap_nothing_of_what_follows_is_seen() -> None:
    curve = true_curve(1.5, 80.0)
    broken = curve.centreline.copy()
    broken[310:330] = np.nan
    cut = InkEdges(curve.edges.top[:310], curve.edges.bottom[:310], curve.edges.pen)
    before_gap = column_features(curve.edges, broken, by_network=False)[0]
    at_end = column_features(cut, broken[:310], by_network=False)[0]
    assert before_gap[0].tolist() == at_end[0].tolist()
    assert before_gap[1].tolist() == at_end[1].tolist()


def test_columns_that_a_pulse_is_seen_from_stay_as_they_are() -> None:
    rows = rows_of(beats(2.0, 120.0))
    beside_pulse = replace(rows, pulse=CalibrationPulse(40, 95, 10.0))
    line = correct_centrelines(beside_pulse).centrelines[0]
    assert line[:110].tolist() == rows.centrelines[0][:110].tolist()
    assert line[250:350].tolist() == correct_centrelines(rows).centrelines[0][250:350].tolist()


@pytest.mark.data
def test_a_drawn_page_gives_the_curves_that_were_drawn(data_dir: Path) -> None:
    curves = drawn_curves(records_of_no_figure(data_dir)[0], "clean", 0)
    assert len(curves) >= 12
    assert np.median(decibels(curves)) > 14
    assert np.median(decibels(curves, released_centreline_network())) > np.median(decibels(curves))


@pytest.mark.data
def test_nobody_whose_pages_are_measured_is_learned_from(data_dir: Path) -> None:
    learned = {record.patient for record in records_of_no_figure(data_dir)}
    measured = {r.patient for r in read_manifest(data_dir, data_dir / "manifest.csv")}
    assert learned
    assert not learned & (measured | photographed_patients(data_dir))


def test_the_file_of_another_version_is_told(named_folder: Path) -> None:
    other = CentrelineNetwork((np.zeros((5, 1), np.float32),), (np.zeros(1, np.float32),))
    write_network(other, named_folder, {})
    with pytest.raises(ModelChangedError, match="does not fit this version"):
        released_centreline_network()


def test_without_the_file_the_erosion_does(named_folder: Path) -> None:
    rows = rows_of(beats(2.0, 120.0))
    assert correct_centrelines(rows) is rows


def test_a_changed_file_is_refused(named_folder: Path) -> None:
    shutil.copy(MODEL_DIR / NETWORK, named_folder)
    (named_folder / DESCRIPTION).write_text(json.dumps({"sha256": "0" * 64}))
    with pytest.raises(ModelChangedError):
        released_centreline_network()
