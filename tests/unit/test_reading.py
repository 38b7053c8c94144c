"""Reading errors of an answer, and ECGs unlike those in training."""

import io
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from heartsense.classifier import Classifier, released
from heartsense.classifier.classification import DOUBTS
from heartsense.classifier.decision import MIN_SAME, decide
from heartsense.classifier.ensemble import EnsembleOutput
from heartsense.classifier.features import extract_features
from heartsense.classifier.model_artifact import load_model
from heartsense.classifier.reading import ARRAYS, DRAWS, load_reading_model
from heartsense.conditions import CONDITION_IDS
from heartsense.ecg import Digitized
from heartsense.errors import ModelChangedError
from heartsense.files import model_folder
from heartsense.measurements import measure
from heartsense.pipeline import digitize, read
from heartsense.result import Result
from heartsense.service.reports.view_model import report_view
from tests.support.paths import SAMPLES
from training.fit.digests import renew_manifest

N = len(CONDITION_IDS)
MI = CONDITION_IDS.index("myocardial_infarction")


@pytest.fixture(scope="module")
def page() -> Digitized:
    return digitize(SAMPLES / "normal.png")


def output(probability: float, tier: int, rows: tuple[int, ...] = ()) -> EnsembleOutput:
    """The same for all conditions but normal, which is unlikely."""
    given = np.full((*rows, N), probability)
    tiers = np.full((*rows, N), tier)
    tiers[..., 0] = 0
    votes = np.ones((*rows, 3, N), np.bool_)
    return EnsembleOutput(np.zeros((*rows, 3, N)), votes, given, tiers)


def mixed(likely: int, count: int = 20) -> EnsembleOutput:
    """Readings of which some find the conditions likely, the others possible."""
    found = output(0.4, 1, (count,))
    found.tier[:likely, 1:] = 2
    found.probability[:likely] = 0.8
    return found


def test_every_assessed_condition_has_an_interval_that_holds_its_probability() -> None:
    found = json.loads(json.dumps(read(SAMPLES / "normal.png").to_dict(), allow_nan=False))
    for condition in found["conditions"]:
        error = condition["reading_error"]
        assert 0 <= error["low"] <= condition["probability"] <= error["high"] <= 1
        assert 0 <= error["same_status"] <= 1
        assert error["moved"] is False
    assert found["doubts"] == []


def test_the_same_page_has_the_same_reading_error(page: Digitized) -> None:
    first, second = (released().classify(page, measure(page.ecg)) for _ in range(2))
    assert first.conditions == second.conditions


def test_a_worse_reading_is_less_certain(page: Digitized) -> None:
    """The errors of pages with a like quality score are tried."""
    model = released()
    assert model.reading_model is not None
    features, _ = extract_features(page.ecg, model.model.backbone)
    spread = []
    for quality in (0.97, 0.5):
        rereads = model.reading_model.errors.reread(model.model.ensemble, features, quality)
        assert rereads.probability.shape == (DRAWS, N)
        odds = np.log(rereads.probability / (1 - rereads.probability))
        spread.append(odds.std(axis=0).mean())
    assert spread[1] > 1.2 * spread[0]


@pytest.mark.parametrize(("likely", "status"), [(20, "likely"), (13, "likely"), (9, "possible")])
def test_a_status_that_readings_do_not_agree_on_is_possible(likely: int, status: str) -> None:
    found = decide(output(0.8, 2), (), mixed(likely))[MI]
    assert found.status == status
    assert found.reading_error is not None
    assert found.reading_error.same_status == likely / 20
    assert found.reading_error.moved == (likely / 20 < MIN_SAME)
    if found.reading_error.moved:
        assert found.reason.startswith("It looks likely, but a small error in the reading")
        low, high = found.reading_error.low, found.reading_error.high
        assert f"{round(100 * low)} to {round(100 * high)} %" in found.reason
        assert found.tier_means is None


def test_an_unlikely_condition_is_possible_where_most_readings_say_so() -> None:
    found = decide(output(0.02, 0), (), output(0.3, 1, (20,)))[MI]
    assert found.status == "possible"
    assert found.reason.startswith("It looks unlikely, but")


def test_a_page_that_was_read_badly_stays_not_assessed() -> None:
    found = decide(output(0.8, 2), ("quality_low",), mixed(3))
    assert {f.status for f in found} == {"not_assessed"}
    assert {f.reading_error for f in found} == {None}


def test_an_ecg_unlike_those_in_training_is_told(page: Digitized) -> None:
    """Upside down, no ECG of a person looks so."""
    upside_down = replace(page, ecg=replace(page.ecg, signal=-page.ecg.signal))
    measured = measure(upside_down.ecg)
    found = released().classify(upside_down, measured)
    result = Result(np.zeros((9, 9, 3), np.uint8), upside_down, measured, found).to_dict()
    (doubt,) = (d for d in result["doubts"] if d["code"] == "unlike_training")
    assert doubt["text"] == DOUBTS["unlike_training"]
    assert doubt["text"] in result["warnings"]  # which the page and the e-mail show
    report = report_view(result, datetime(2026, 1, 1, tzinfo=UTC))
    assert doubt["text"] in report.remarks
    assert released().classify(page, measure(page.ecg)).doubts == ()


def test_a_model_without_the_file_says_nothing_of_it(page: Digitized, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model_folder(), folder)
    (folder / ARRAYS).unlink()
    renew_manifest(folder)
    found = Classifier(folder).classify(page, measure(page.ecg))
    assert {f.reading_error for f in found.conditions} == {None}
    assert found.doubts == ()


def test_errors_of_another_ensemble_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model_folder(), folder)
    with np.load(folder / ARRAYS) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["errors.0"] = arrays["errors.0"][:, 1:]
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    (folder / ARRAYS).write_bytes(content.getvalue())
    renew_manifest(folder)
    with pytest.raises(ModelChangedError, match=ARRAYS):
        load_reading_model(load_model(folder).ensemble, folder)
