"""Single leads: beats told apart, counted, and the trees served as the library has them."""

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.ensemble import HistGradientBoostingClassifier

from heartsense.classifier.model_artifact import MANIFEST
from heartsense.classifier.strip.complexes import COMPLEX_NAMES, complexes
from heartsense.classifier.strip.findings import beats_in_words, statuses_of, strip_findings
from heartsense.classifier.strip.judgement import Beat, StripJudgement, beat_kinds, judge_strip
from heartsense.classifier.strip.lead import prepare
from heartsense.classifier.strip.model import StripModel, Tiers, load_strip_model
from heartsense.conditions import CONDITION_IDS
from heartsense.ecg import ECG, Trace
from heartsense.errors import ModelChangedError
from heartsense.files import sha256
from heartsense.pipeline import read
from training import MODEL_DIR
from training.render import PageSpec, render_page
from training.results_page import write_section
from training.strips.evaluate import Predicted, beat_class, confusion, detection
from training.strips.examples import match_beats
from training.strips.fit import served
from training.strips.pictures import true_seconds
from training.strips.report import HEADING, section_of
from training.strips.thresholds import best_f1, best_mean_f1

RATE = 500.0
SINUS, EARLY_WIDE = "sinus", "early and wide"


def strip(kinds: list[str]) -> ECG:
    """A beat every 0.8 s; early and wide ones come 0.3 s early, without a P wave."""
    signal, at = np.zeros(round((len(kinds) * 0.8 + 0.6) * RATE)), 0.6
    t = np.arange(len(signal)) / RATE
    for kind in kinds:
        if kind == SINUS:
            signal += 0.12 * np.exp(-(((t - at + 0.16) / 0.025) ** 2))
            signal += 1.1 * np.exp(-(((t - at) / 0.014) ** 2))
            signal -= 0.25 * np.exp(-(((t - at - 0.03) / 0.012) ** 2))
            signal += 0.25 * np.exp(-(((t - at - 0.26) / 0.045) ** 2))
        else:
            signal += 1.6 * np.exp(-(((t - at + 0.3) / 0.045) ** 2))
            signal -= 0.7 * np.exp(-(((t - at + 0.02) / 0.08) ** 2))
        at += 0.8
    return ECG(signal[:, None].astype(np.float32), RATE, ("II",))


@pytest.fixture(scope="module")
def model() -> StripModel:
    loaded = load_strip_model(MODEL_DIR)
    assert loaded is not None
    return loaded


TWELVE = [SINUS, SINUS, EARLY_WIDE, SINUS] * 3


def test_early_wide_beats_are_counted(model: StripModel) -> None:
    judgement = judge_strip(strip(TWELVE), model)
    assert [b.kind for b in judgement.beats] == ["usual", "usual", "ventricular", "usual"] * 3
    assert beats_in_words(judgement) == "3 of 12 beats early and wide."
    assert judgement.probabilities["ventricular_arrhythmia"] > 0.5


def test_a_plain_rhythm_has_usual_beats_only(model: StripModel) -> None:
    judgement = judge_strip(strip([SINUS] * 12), model)
    assert judgement.count("usual") == 12
    assert beats_in_words(judgement) == "All 12 beats are usual."


def test_the_gain_does_not_matter(model: StripModel) -> None:
    ecg = strip(TWELVE)
    doubled = judge_strip(ECG(2 * ecg.signal, RATE, ("II",)), model)
    single = judge_strip(ecg, model)
    assert [b.kind for b in doubled.beats] == [b.kind for b in single.beats]
    assert doubled.probabilities == pytest.approx(single.probabilities, abs=1e-6)


def test_an_early_wide_beat_stands_out_from_the_usual_ones() -> None:
    lead = prepare(strip(TWELVE))
    of = dict(zip(COMPLEX_NAMES, complexes(lead).T, strict=True))
    wide = np.arange(12) % 4 == 2
    for name in ("width_at_half", "area_ratio", "beside_usual_part"):
        assert of[name][wide].min() > 1.5 * of[name][~wide].max()
    for name in ("steepest_over_height", "rr_before_over_near", "alike_share"):
        assert np.nanmax(of[name][wide]) < np.nanmin(of[name][~wide])
    pairs = of["rr_pair_ratio"][wide]  # the pause makes up for what it comes early
    assert pairs == pytest.approx(1.0, abs=0.1)


def test_a_gain_does_not_change_complexes() -> None:
    ecg = strip(TWELVE)
    louder = ECG(3 * ecg.signal, RATE, ("II",))
    assert complexes(prepare(louder)) == pytest.approx(
        complexes(prepare(ecg)), rel=1e-3, abs=1e-4, nan_ok=True
    )


@pytest.mark.parametrize("kinds", [[SINUS], [SINUS] * 2])
def test_complexes_of_few_beats_are_measured(kinds: list[str]) -> None:
    lead = prepare(strip(kinds))
    assert complexes(lead).shape == (len(lead.peaks), len(COMPLEX_NAMES))


def test_a_threshold_is_best_for_most_patients_not_for_most_beats() -> None:
    patients = np.repeat(["a", "b", "c"], [40, 40, 2000])
    truth = np.concatenate([np.arange(40) % 2 == 0] * 2 + [np.arange(2000) % 2 == 0])
    score = np.where(truth, 0.6, 0.3)
    score[80:] = np.where(truth[80:], 0.9, 0.7)  # what speaks against one patient's many beats
    assert best_f1(truth, score) > 0.7
    assert 0.3 <= best_mean_f1(truth, score, patients) <= 0.6


def test_a_threshold_of_patients_with_few_beats_each_is_the_best_for_all_beats() -> None:
    patients = np.repeat(["a", "b", "c"], 12)
    truth = np.arange(36) % 2 == 0  # six of each patient
    score = np.where(truth, 0.6, 0.3)
    assert best_mean_f1(truth, score, patients) == best_f1(truth, score) == 0.6


@pytest.mark.parametrize("kinds", [[], [SINUS], [SINUS] * 3])
def test_too_few_beats_are_not_judged(model: StripModel, kinds: list[str]) -> None:
    judgement = judge_strip(strip(kinds), model)
    findings = strip_findings(judgement, model, unreadable=False)
    assert {f.status for f in findings} == {"not_assessed"}


@pytest.mark.parametrize("signal", [np.zeros((2500, 1)), np.full((2500, 1), np.nan)])
def test_a_lead_without_beats_is_not_judged(
    model: StripModel, signal: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> None:
    assert judge_strip(ECG(signal.astype(np.float32), RATE, ("II",)), model).beats == ()


def test_one_lead_says_nothing_of_infarction_and_hypertrophy(model: StripModel) -> None:
    findings = strip_findings(judge_strip(strip(TWELVE), model), model, unreadable=False)
    assert [f.id for f in findings] == list(CONDITION_IDS)
    status = {f.id: f.status for f in findings}
    for id in ("myocardial_infarction", "hypertrophy", "fusion_or_miscellaneous"):
        assert status[id] == "not_assessed"
    assert status["ventricular_arrhythmia"] != "not_assessed"


def test_a_strip_that_cannot_be_read_is_not_judged(model: StripModel) -> None:
    findings = strip_findings(judge_strip(strip(TWELVE), model), model, unreadable=True)
    assert {f.status for f in findings} == {"not_assessed"}


def test_a_picture_of_a_strip_counts_and_marks_its_beats() -> None:
    page = render_page(strip(TWELVE), PageSpec(layout="strip", rhythm=("II",)))
    file = io.BytesIO()
    Image.fromarray(page.pixels).save(file, "PNG")
    result = read(file.getvalue())
    beats = result.to_dict()["beats"]
    assert beats["total"] == 12
    assert beats["ventricular"] == 3
    assert beats["summary"].startswith("3 of 12 beats early and wide")
    marked = np.asarray(result.overlay())
    assert (marked == (170, 0, 110)).all(axis=2).sum() > 3 * 20


def test_kinds_by_thresholds() -> None:
    rows = np.array(
        [
            [0.6, 0.1, 0.1, 0.2, 0],
            [0, 0.3, 0, 0.7, 0],
            [0, 0.3, 0.6, 0.1, 0],
            [0, 1, 0, 0, 0],
            [0, 0.3, 0, 0, 0.7],
        ]
    )
    thresholds = {"F": 0.5, "V": 0.5, "S": 0.5, "X": 0.5}
    kinds = beat_kinds(rows, thresholds, fibrillates=False)
    assert kinds == ["uncertain", "ventricular", "supraventricular", "usual", "false"]
    assert beat_kinds(rows, thresholds, fibrillates=True)[2] == "usual"


@pytest.mark.parametrize(
    ("normal", "ventricular", "expected"),
    [
        (0.9, 0.1, ("likely", "unlikely")),
        (0.9, 0.3, ("possible", "possible")),
        (0.9, 0.7, ("unlikely", "likely")),
        (0.3, 0.1, ("possible", "unlikely")),
        (0.1, 0.1, ("unlikely", "unlikely")),
    ],
)
def test_normal_gives_way_to_other_conditions(
    normal: float, ventricular: float, expected: tuple[str, str]
) -> None:
    tiers = dict.fromkeys(("normal", "ventricular_arrhythmia"), Tiers(possible=0.2, likely=0.6))
    statuses = statuses_of({"normal": normal, "ventricular_arrhythmia": ventricular}, tiers)
    assert (statuses["normal"], statuses["ventricular_arrhythmia"]) == expected


def test_counts_in_words() -> None:
    beats = (Beat(0.5, "ventricular"), Beat(1.0, "supraventricular"), Beat(1.5, "uncertain"))
    assert beats_in_words(StripJudgement(beats, {})) == (
        "1 of 3 beats early and wide, 1 of 3 beats perhaps early and narrow, "
        "1 of 3 beats hard to tell."
    )
    assert beats_in_words(StripJudgement((), {})) == ""
    uneven = StripJudgement((Beat(0.5, "usual"),), {}, fibrillates=True)
    assert beats_in_words(uneven) == "The beats come unevenly, as in atrial fibrillation."


@pytest.mark.parametrize("classes", [2, 4])
def test_served_trees_equal_the_library(classes: int) -> None:
    rng = np.random.default_rng(classes)
    x = rng.normal(size=(1500, 9))
    x[rng.random(x.shape) < 0.1] = np.nan
    y = (np.nan_to_num(x[:, 0]) + np.nan_to_num(x[:, 1]) * 2 + rng.normal(size=1500)) // 1.5
    y = np.clip(y, 0, classes - 1)
    library = HistGradientBoostingClassifier(max_iter=15, random_state=0).fit(x, y)
    trees = served(library)
    assert np.abs(trees.probabilities(x) - library.predict_proba(x)).max() < 1e-12
    alone = np.concatenate([trees.probabilities(row[None]) for row in x[:20]])
    assert (alone == trees.probabilities(x)[:20]).all()


def test_a_model_without_one_for_strips_is_none(tmp_path: Path) -> None:
    manifest = json.loads((MODEL_DIR / MANIFEST).read_text())
    manifest["sha256"] = {k: v for k, v in manifest["sha256"].items() if "strip" not in k}
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    assert load_strip_model(tmp_path) is None


@pytest.mark.parametrize("name", ["strip.npz", "strip.json"])
def test_a_changed_model_is_refused(tmp_path: Path, name: str) -> None:
    shutil.copytree(MODEL_DIR, tmp_path, dirs_exist_ok=True)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(bytes(content))
    with pytest.raises(ModelChangedError):
        load_strip_model(tmp_path)


@pytest.mark.parametrize("missing", ["tiers", "beat_thresholds", "fibrillation", "tier_means"])
def test_settings_of_another_version_are_refused(tmp_path: Path, missing: str) -> None:
    shutil.copytree(MODEL_DIR, tmp_path, dirs_exist_ok=True)
    settings = json.loads((tmp_path / "strip.json").read_text())
    del settings[missing]
    content = json.dumps(settings).encode()
    (tmp_path / "strip.json").write_bytes(content)
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    manifest["sha256"]["strip.json"] = sha256(content)
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ModelChangedError):
        load_strip_model(tmp_path)


def test_beats_are_matched_once_and_nearest_first() -> None:
    true, found = np.array([1.0, 1.1, 3.0]), np.array([1.12, 2.0, 3.1])
    assert match_beats(true, found) == [(1, 0), (2, 2)]
    assert match_beats(true, np.zeros(0)) == []


@pytest.mark.parametrize("turned", [False, True], ids=["upright", "upside down"])
def test_what_was_read_has_the_time_of_its_place_on_the_page(turned: bool) -> None:
    drawn = Trace("II", np.array([[100, 50], [1000, 50]], np.float32), 0.0, 10.0)
    read = replace(drawn, points=drawn.points[::-1]) if turned else drawn
    ecg = ECG(np.zeros((1000, 1), np.float32), 100.0, ("II",))
    expected = np.arange(1000) / 100.0
    seconds = true_seconds(ecg, (read,), (drawn,))
    assert seconds == pytest.approx(10.0 - expected if turned else expected, abs=0.01)


def test_missed_and_false_beats_count() -> None:
    nothing = np.zeros(4)
    predicted = Predicted(
        patient="a",
        recording="100",
        true=np.array(["N", "V", "V", "X", "N"]),
        given=np.array(["N", "V", "-", "V", "-"]),
        windows=nothing,
        truth=nothing > 0,
    )
    assert detection([predicted]) == (2 / 4, 2 / 3)
    assert beat_class("V")([predicted]) == (1 / 2, 1 / 2)
    assert confusion([predicted]).sum() == 5


def test_the_leads_beats_are_where_they_were_drawn() -> None:
    lead = prepare(strip([SINUS] * 5))
    assert lead.seconds == pytest.approx(0.6 + 0.8 * np.arange(5), abs=0.02)
    assert lead.common.all()


def test_the_section_of_the_results_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    page.write_text("# Results\n\nOthers.\n")
    assert section_of(page) == ""
    for _ in range(2):
        write_section(page, HEADING, f"{HEADING}\n\nNew.\n")
    assert page.read_text() == f"# Results\n\nOthers.\n\n{HEADING}\n\nNew.\n"
    assert section_of(page) == f"{HEADING}\n\nNew.\n"
