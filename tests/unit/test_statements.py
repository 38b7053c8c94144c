"""Statements beside the conditions: said with their evidence, learned, measured and earned."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heartsense.classifier.gradient_boosting import GradientBoosting
from heartsense.classifier.model_artifact import MANIFEST
from heartsense.classifier.statements import (
    PACED,
    STATEMENT_FEATURES,
    STATEMENTS,
    StatementModel,
    Worth,
    load_statement_model,
    statements_of,
)
from heartsense.classifier.strip.early_beats import early_beats
from heartsense.classifier.strip.model import load_strip_model
from heartsense.ecg import ECG, LEADS
from heartsense.errors import ModelChangedError
from heartsense.pipeline import read
from training import MODEL_DIR
from training.results_page import write_section
from training.samples import SAMPLES_DIR
from training.statements.command import HEADING, section
from training.statements.fit import Examples, columns_of, fit, measure, served_trees
from training.statements.truth import TARGETS, Target

TARGET = Target(frozenset({"A"}), frozenset({"A"}), 0.8, 0.6, 0.7)


def examples(records: int = 400) -> Examples:
    """Records of which those with a long PR interval have the code, most of the time."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(records, len(STATEMENT_FEATURES)))
    features[rng.random(features.shape) < 0.05] = np.nan
    pr = np.nan_to_num(features[:, STATEMENT_FEATURES.index("pr_ms")])
    truth = pr + 0.2 * rng.normal(size=records) > 0.8
    patient = np.array([f"p{i // 2}" for i in range(records)])
    return Examples(features, patient, truth, truth)


@pytest.mark.slow
def test_a_normal_ecg_has_a_regular_rhythm_and_says_why() -> None:
    result = read(SAMPLES_DIR / "normal.png").to_dict()
    said = {statement["id"]: statement for statement in result["statements"]}
    assert set(said) == {"regular_with_p_waves"}
    statement = said["regular_with_p_waves"]
    assert {e["name"]: e["value"] for e in statement["evidence"]}["Heart rate"].endswith("/min")
    assert statement["ppv"] >= 0.9
    assert "Circulation" in statement["source"]


@pytest.mark.slow
def test_low_p_waves_of_an_uneven_sinus_rhythm_are_no_atrial_fibrillation() -> None:
    said = {statement.id for statement in read(SAMPLES_DIR / "normal-grey.png").statements}
    assert said == {"regular_with_p_waves"}


@pytest.mark.slow
def test_a_strip_has_no_statements() -> None:
    assert read(SAMPLES_DIR / "atrial-flutter-strip.jpg").to_dict()["statements"] == []


@pytest.mark.parametrize(
    ("spikes", "qrs_ms", "paced"),
    [(9.0, 150.0, True), (9.0, 90.0, False), (9.0, np.nan, False), (1.5, 150.0, False)],
)
def test_a_paced_rhythm_has_spikes_before_wide_complexes(
    spikes: float, qrs_ms: float, paced: bool
) -> None:
    features = np.zeros(len(STATEMENT_FEATURES))
    features[STATEMENT_FEATURES.index("pacing_spikes")] = spikes
    features[STATEMENT_FEATURES.index("qrs_ms")] = qrs_ms
    model = replace(certain_of(LBBB), thresholds={PACED: 4.0, LBBB: 0.5}, worth=WORTH)
    said = [statement.id for statement in statements_of(features, model)]
    assert said == [PACED if paced else LBBB]  # what a stimulus makes wide is no block


def test_a_rule_is_measured_like_trees() -> None:
    table = examples()
    noise = np.random.default_rng(2).random(len(table.learned))
    spikes = np.where(table.learned, 8.0, 1.0) + noise
    table.features[:, STATEMENT_FEATURES.index("pacing_spikes")] = spikes
    table.features[:, STATEMENT_FEATURES.index("qrs_ms")] = 150.0
    rule = replace(TARGET, rule=True)
    model, threshold = fit(table, rule)
    assert model is None
    assert table.right[spikes >= threshold].mean() >= rule.sought_ppv
    assert table.right[spikes < threshold].mean() == 0
    assert measure(table, rule).earns(rule)


LAFB = "left_anterior_fascicular_block"
LBBB = "left_bundle_branch_block"
RBBB = "right_bundle_branch_block"
WORTH = {PACED: Worth(1.0, 1.0, 1), LBBB: Worth(1.0, 1.0, 1)}


def certain_of(*ids: str) -> StatementModel:
    """A model that says these of every ECG: trees without a branch."""
    none = np.zeros(0)
    sure = GradientBoosting(
        baseline=np.array([5.0]),
        roots=np.zeros((0, 1), np.int32),
        feature=none.astype(np.int16),
        threshold=none,
        missing_left=none.astype(np.bool_),
        left=none.astype(np.int32),
        right=none.astype(np.int32),
        value=none,
    )
    return StatementModel(
        trees=dict.fromkeys(ids, sure),
        thresholds=dict.fromkeys(ids, 0.5),
        worth=dict.fromkeys(ids, Worth(1.0, 1.0, 1)),
    )


@pytest.mark.parametrize(
    ("others", "qrs_ms", "said"),
    [
        ((), 100.0, True),
        ((), np.nan, True),
        ((), 120.0, False),  # paced, for example
        ((LBBB,), 110.0, False),
        ((RBBB,), 140.0, True),  # both blocks: bifascicular
    ],
)
def test_a_left_anterior_block_has_a_narrow_qrs(
    others: tuple[str, ...], qrs_ms: float, said: bool
) -> None:
    features = np.zeros(len(STATEMENT_FEATURES))
    features[STATEMENT_FEATURES.index("qrs_ms")] = qrs_ms
    ids = {statement.id for statement in statements_of(features, certain_of(LAFB, *others))}
    assert ids == {*others, *([LAFB] if said else [])}


def test_no_left_anterior_block_is_said_beside_a_paced_rhythm() -> None:
    features = np.zeros(len(STATEMENT_FEATURES))
    features[STATEMENT_FEATURES.index("pacing_spikes")] = 9.0
    features[STATEMENT_FEATURES.index("qrs_ms")] = 115.0  # wide enough for both
    model = certain_of(LAFB, RBBB)
    model = replace(
        model,
        thresholds={PACED: 4.0, **model.thresholds},
        worth={PACED: Worth(1.0, 1.0, 1), **model.worth},
    )
    assert [statement.id for statement in statements_of(features, model)] == [PACED]


def test_only_earned_statements_are_released() -> None:
    model = load_statement_model(MODEL_DIR)
    assert model is not None
    for id, worth in model.worth.items():
        assert worth.sensitivity >= TARGETS[id].sensitivity
        assert worth.ppv >= TARGETS[id].ppv


def test_every_statement_has_a_target_and_known_evidence() -> None:
    assert [text.id for text in STATEMENTS] == list(TARGETS)
    for text in STATEMENTS:
        assert {measured.feature for measured in text.evidence} <= set(STATEMENT_FEATURES)


def test_served_trees_equal_the_library() -> None:
    table = examples()
    model, threshold = fit(table, TARGET)
    assert model is not None
    served = served_trees(model, TARGET).probabilities(table.features)
    library = model.predict_proba(table.features[:, columns_of(TARGET)])
    assert np.abs(served - library).max() < 1e-12
    said = library[:, 1] >= threshold
    assert table.right[said].mean() >= TARGET.sought_ppv


def test_what_is_not_in_the_features_is_not_earned() -> None:
    table = examples()
    shuffled = np.random.default_rng(1).permutation(table.learned)
    noise = Examples(table.features, table.patient, shuffled, shuffled)
    assert measure(table, TARGET).earns(TARGET)
    assert not measure(noise, TARGET).earns(TARGET)


def test_a_model_without_statements_says_none(tmp_path: Path) -> None:
    manifest = json.loads((MODEL_DIR / MANIFEST).read_text())
    manifest["sha256"] = {k: v for k, v in manifest["sha256"].items() if "statement" not in k}
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    assert load_statement_model(tmp_path) is None


@pytest.mark.parametrize("name", ["statements.npz", "statements.json"])
def test_a_changed_model_is_refused(tmp_path: Path, name: str) -> None:
    shutil.copytree(MODEL_DIR, tmp_path, dirs_exist_ok=True)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(bytes(content))
    with pytest.raises(ModelChangedError):
        load_statement_model(tmp_path)


def test_the_section_of_the_results_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    page.write_text("# Results\n\nOthers.\n\n## Next\n\nMore.\n")
    scores = {"long_pr": measure(examples(), TARGET)}
    for _ in range(2):
        write_section(page, HEADING, section(scores))
    text = page.read_text()
    assert text.count(HEADING) == text.count("## Next") == 1
    assert "Long PR interval" in text


def test_early_wide_beats_are_said_of_a_page_that_shows_them() -> None:
    result = read(SAMPLES_DIR / "ventricular-extrasystole.jpg")
    said = {statement.id: statement for statement in result.statements}
    assert "wide_early_beats" in said
    assert said["wide_early_beats"].worth.ppv >= 0.75
    assert "wide_early_beats" not in {s.id for s in read(SAMPLES_DIR / "normal.png").statements}


def test_beats_of_the_longest_lead_are_unknown_without_a_model_or_beats() -> None:
    flat = ECG(np.zeros((5000, 12), np.float32), 500.0, LEADS)
    assert np.isnan(early_beats(flat, None)).all()
    assert np.isnan(early_beats(flat, load_strip_model())).all()


def test_a_page_with_pacing_spikes_is_said_to_be_paced() -> None:
    said = {statement.id: statement for statement in read(SAMPLES_DIR / "paced.pdf").statements}
    assert LBBB not in said
    assert said[PACED].evidence[0].value.endswith("times what is beside them")
    assert said[PACED].worth.sensitivity >= 0.5
