"""Doctors' corrections in training, and the gate for the new model."""

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heartsense.classifier.model_artifact import load_model
from heartsense.conditions import CONDITION_IDS
from heartsense.files import model_folder
from tests.support.paths import SAMPLES
from training import FeedbackError
from training.__main__ import main
from training.evaluate import cross_validation
from training.evaluate.cross_validation import EvaluationData
from training.features import Table
from training.feedback import extract_corrections, extraction, gate, read_export, run_gate
from training.feedback.gate import GateMetrics
from training.fit import FitSettings, command

LABELS = {
    "normal-grey.png": "normal",
    "atrial-flutter.jpg": "supraventricular_arrhythmia",
    "ventricular-extrasystole.jpg": "ventricular_arrhythmia",
    "inferior-infarction.png": "myocardial_infarction",
    "hypertrophy.jpg": "hypertrophy",
    "paced.pdf": "fusion_or_miscellaneous",
}


@dataclass(frozen=True, slots=True)
class Quick(FitSettings):
    """The released settings, made fast."""

    boosting_iterations: int = 3
    folds: int = 2


def line(picture: str | None, conditions: list[str] | None, **other: Any) -> dict[str, Any]:
    return {
        "prediction_id": f"p-{picture}",
        "sha256": hashlib.sha256(str(picture).encode()).hexdigest(),
        "model_version": "1.0.0+0",
        "picture_key": picture,
        "page": 1,
        "verdict": "corrected",
        "conditions": conditions,
        "comment": "",
        "reviewed_at": "2026-11-25T10:00:00Z",
        **other,
    }


def export(folder: Path, lines: Iterable[dict[str, Any]]) -> Path:
    path = folder / "feedback.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in lines))
    return path


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Table]:
    """A build folder, and the features of the samples that it caches."""
    build_dir = tmp_path_factory.mktemp("build")
    path = export(build_dir, [line(name, [label]) for name, label in LABELS.items()])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extraction, "BUILD_DIR", build_dir)
        table, skipped = extract_corrections(read_export(path)[0], SAMPLES, jobs=1)
    assert not skipped
    return build_dir, table


@pytest.fixture
def build_dir(extracted: tuple[Path, Table], monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (extraction, gate, command):
        monkeypatch.setattr(module, "BUILD_DIR", extracted[0])
    monkeypatch.setattr(cross_validation, "FOLDS", 2)
    return extracted[0]


@pytest.fixture
def records(extracted: tuple[Path, Table]) -> Table:
    """Sixteen patients of each sample, each a little different."""
    rows = np.repeat(np.arange(len(extracted[1])), 16)
    rng = np.random.default_rng(0)
    table = extracted[1][rows]
    names = np.array([f"patient-{n}" for n in range(len(rows))])
    return replace(
        table,
        record=names,
        patient=names,
        source=np.full(len(rows), "ptbxl-first500"),
        embedding=table.embedding + rng.normal(0, 0.3, table.embedding.shape).astype(np.float32),
        signal=table.signal * rng.normal(1, 0.2, table.signal.shape),
    )


def wrong_corrections(times: int) -> list[dict[str, Any]]:
    """Every sample several times, as different uploads, with another sample's label."""
    labels = [*LABELS.values()]
    wrong = dict(zip(LABELS, labels[2:] + labels[:2], strict=True))
    return [
        line(name, [label], sha256=f"{copy}-{name}", prediction_id=f"{copy}-{name}")
        for copy in range(times)
        for name, label in wrong.items()
    ]


def test_the_latest_usable_correction_of_an_ecg_counts(tmp_path: Path) -> None:
    path = export(
        tmp_path,
        [
            line("a", ["normal"]),
            line("a", ["hypertrophy"], prediction_id="p-a2", reviewed_at="2026-11-26T10:00:00Z"),
            line("a", ["normal"], prediction_id="p-a3", reviewed_at="2026-11-24T10:00:00+02:00"),
            line("a", ["normal"], prediction_id="p-a-page-2", page=2),
            line(None, ["normal"]),
            line("b", []),
            line("c", None, gate_result="confirmed"),
            line("d", ["uncertain"], gate_result="confirmed"),
            line("e", ["normal", "hypertrophy"]),
            line("f", ["myocardial_infarction", "hypertrophy"], gate_result="confirmed"),
        ],
    )
    corrections, skipped = read_export(path)
    assert {c.prediction: set(c.labels) for c in corrections} == {
        "p-a2": {"hypertrophy"},
        "p-a-page-2": {"normal"},
        "p-f": {"myocardial_infarction", "hypertrophy"},
    }
    assert skipped == {
        "p-a": "superseded",
        "p-a3": "superseded",
        "p-None": "no_consent",
        "p-b": "no_conditions",
        "p-c": "no_conditions",
        "p-d": "no_conditions",
        "p-e": "contradiction",
    }


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[]", "line 1"),
        ("nothing", "line 1"),
        (json.dumps(line("a", ["MI"])), "'MI' is none of normal"),
        (json.dumps(line("a", ["normal"], reviewed_at="yesterday")), "line 1"),
        (json.dumps({**line("a", ["normal"]), "page": None}).replace('"page"', '"p"'), "page"),
    ],
)
def test_a_malformed_export_is_refused(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "feedback.jsonl"
    path.write_text(text + "\n")
    with pytest.raises(FeedbackError, match=what):
        read_export(path)


@pytest.mark.slow
def test_unusable_pictures_are_skipped_with_a_reason(build_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "text.jpg").write_text("not a picture")
    shutil.copy(SAMPLES / "atrial-flutter-strip.jpg", folder)
    (tmp_path / "outside.jpg").write_bytes((SAMPLES / "normal.png").read_bytes())
    names = ("gone.jpg", "../outside.jpg", "text.jpg", "atrial-flutter-strip.jpg")
    path = export(tmp_path, [line(name, ["normal"]) for name in names])
    table, skipped = extract_corrections(read_export(path)[0], folder, jobs=1)
    assert not len(table)
    assert table.labels.shape == (0, len(CONDITION_IDS))
    assert skipped == {
        "p-gone.jpg": "picture_missing",
        "p-../outside.jpg": "picture_missing",
        "p-text.jpg": "not_an_image",
        "p-atrial-flutter-strip.jpg": "leads_missing",
    }


@pytest.mark.slow
def test_extracted_features_are_cached(
    extracted: tuple[Path, Table], build_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "digitize", None)
    path = export(tmp_path, [line(name, [label]) for name, label in LABELS.items()])
    again, _ = extract_corrections(read_export(path)[0], SAMPLES, jobs=1)
    assert again.embedding.tobytes() == extracted[1].embedding.tobytes()
    assert again.signal.tobytes() == extracted[1].signal.tobytes()
    assert set(again.source) == {"feedback"}
    assert len(set(again.patient)) == len(again)  # each a patient of its own


def test_the_gate_never_tests_on_corrections_and_caches_the_baseline(
    extracted: tuple[Path, Table], records: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits: list[tuple[int, set[str], FitSettings]] = []

    def guess(train: Table, test: Table, settings: FitSettings) -> cross_validation.Predictions:
        assert set(train.patient).isdisjoint(test.patient)
        fits.append((int((train.source == "feedback").sum()), set(test.source), settings))
        nothing = np.zeros(test.labels.shape, np.bool_)
        return cross_validation.Predictions(
            np.full(test.labels.shape, len(fits) / 10), nothing, nothing.astype(np.intp)
        )

    monkeypatch.setattr(gate, "fit_and_predict", guess)
    monkeypatch.setattr(gate, "BUILD_DIR", tmp_path)
    eval_data = EvaluationData(records, records, records)
    first = run_gate(eval_data, extracted[1], Quick(cap=9), jobs=1, released=Quick())
    before, after = (0, {"ptbxl-first500"}, Quick()), (6, {"ptbxl-first500"}, Quick(cap=9))
    assert fits == [before] * 5 + [after] * 5
    assert list(first.released) == ["pooled", "ptbxl-first500"]
    assert first.corrections == 6
    again = run_gate(eval_data, extracted[1], Quick(cap=9), jobs=1, released=Quick())
    assert fits[10:] == [after] * 5
    assert again.released == first.released
    run_gate(
        EvaluationData(records[np.arange(95)], records, records), extracted[1], Quick(), jobs=1
    )
    assert [corrections for corrections, *_ in fits[15:]] == [0] * 5 + [6] * 5


@pytest.mark.parametrize(
    ("auroc", "error", "refused"),
    [
        (0.9, 0.02, []),
        (0.95, 0.01, []),
        (0.8901, 0.0399, []),
        (0.8899, 0.02, ["macro AUROC"]),
        (0.9, 0.0401, ["calibration error"]),
        (0.5, 0.3, ["macro AUROC", "calibration error"]),
        (float("nan"), 0.02, ["macro AUROC"]),
        (0.9, float("nan"), ["calibration error"]),
    ],
)
def test_limits_of_the_gate(auroc: float, error: float, refused: list[str]) -> None:
    reasons = gate._refusal_reasons(GateMetrics(700, 0.9, 0.02), GateMetrics(700, auroc, error))
    assert [reason.rpartition(" by ")[0].rsplit(" ", 1)[0] for reason in reasons] == refused


@pytest.fixture
def quick(records: Table, build_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``fit`` on the small data set."""
    monkeypatch.setattr(command, "development_records", lambda data: [])
    monkeypatch.setattr(command, "extract_all", lambda *_: (records, {}))
    monkeypatch.setattr(command, "extract_draws", lambda *_: (records, {}))
    monkeypatch.setattr(command, "FitSettings", Quick)
    monkeypatch.setattr(gate, "FitSettings", Quick)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def fit(feedback: Path, out: Path) -> int:
    with pytest.raises(SystemExit) as end:
        main(
            [
                *("fit", "--feedback", str(feedback), "--pictures", str(SAMPLES)),
                *("--out", str(out), "--jobs", "1"),
            ]
        )
    return int(str(end.value.code))


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_good_corrections_pass_the_gate_and_wrong_ones_do_not(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shutil.copytree(model_folder(), tmp_path / "model")
    before = content(out)

    assert fit(export(tmp_path, wrong_corrections(30)), out) == 1
    said = capsys.readouterr().out
    assert "180 corrections used, 0 not" in said
    assert "gate: refused: macro AUROC falls by" in said
    assert content(out) == before
    report = json.loads((build_dir / "gate.json").read_text())
    assert report["passed"] is False
    fall = (
        report["released"]["pooled"]["macro_auroc"] - report["candidate"]["pooled"]["macro_auroc"]
    )
    assert fall > 0.01

    good = [line(name, [label]) for name, label in LABELS.items()]
    assert fit(export(tmp_path, [*good, line("gone.jpg", ["normal"])]), out) == 0
    said = capsys.readouterr().out
    assert "correction of p-gone.jpg not used: picture_missing" in said
    assert "6 corrections used, 1 not" in said
    assert "gate: passed" in said
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["data"] == {"feedback": 6, "ptbxl-first500": 96}
    assert manifest["gate"]["passed"] is True
    assert load_model(out).version == manifest["version"] != json.loads(before["manifest.json"])


@pytest.mark.usefixtures("quick")
def test_without_one_usable_correction_nothing_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shutil.copytree(model_folder(), tmp_path / "model")
    before = content(out)
    assert fit(export(tmp_path, [line(None, ["normal"])]), out) == 1
    assert "holds no correction that can be used" in capsys.readouterr().err
    assert content(out) == before
