import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from heartsense.classifier.encoder import Features
from heartsense.classifier.ensemble import Ensemble
from heartsense.classifier.model_artifact import load_model, read_state
from heartsense.conditions import CONDITION_IDS
from heartsense.errors import ModelChangedError, ModelMissingError, UnsafePickleError
from heartsense.files import sha256
from heartsense.measurements import FEATURE_NAMES
from tests.support.paths import ROOT
from training.features import Table
from training.fit import FitSettings, TrainedEnsemble, fit_ensemble
from training.fit.encoding import VOLTAGE_COLUMNS, encode

SETTINGS = FitSettings(
    views=6, beats=8, boosting_iterations=12, boosting_leaf=5, mlaram_features=20, folds=3
)
MODEL = ROOT / "layers" / "inference" / "model"


def made_up(records: int, seed: int) -> Table:
    """Records with labels that shift a few features; a third without millivolts."""
    rng = np.random.default_rng(seed)
    labels = rng.random((records, 6)) < [0.5, 0.2, 0.15, 0.3, 0.3, 0.4]
    labels[:12] = np.tile(np.eye(6, dtype=bool), (2, 1))
    embedding = rng.normal(size=(records, 64)).astype(np.float32)
    embedding[:, :6] += 2 * labels
    signal = rng.normal(size=(records, len(FEATURE_NAMES)))
    signal[:, :60] += np.repeat(labels, 10, axis=1)
    signal[:, VOLTAGE_COLUMNS[:6]] += labels
    signal[rng.random(signal.shape) < 0.05] = np.nan
    signal[: records // 3, VOLTAGE_COLUMNS] = np.nan
    names = np.array([f"r{seed}-{i}" for i in range(records)])
    whole = np.zeros((records, 1280), np.float32)
    reading = np.tile([1.0, 12.0, 1.0], (records, 1))
    source = np.full(records, "made-up")
    return Table(names, source, names, labels, embedding, signal, whole, reading)


@pytest.fixture(scope="module")
def trained() -> TrainedEnsemble:
    return fit_ensemble(made_up(240, 0), SETTINGS)


@pytest.fixture(scope="module")
def held_out() -> Table:
    return made_up(150, 1)


def served_scores(ensemble: Ensemble, table: Table) -> NDArray[np.float64]:
    return np.array([ensemble.scores(table.features(row))[0] for row in range(len(table))])


@pytest.mark.slow
def test_inference_equals_the_libraries_on_every_record(
    trained: TrainedEnsemble, held_out: Table
) -> None:
    served = served_scores(trained.ensemble, held_out)
    library = trained.library_scores(held_out)
    assert served == pytest.approx(library, abs=1e-9)
    outputs = [trained.ensemble(held_out.features(row)) for row in range(len(held_out))]
    for row, output in enumerate(outputs):
        thresholds = trained.ensemble.calibrations[int(has_millivolts(held_out, row))].votes
        assert (output.votes == (library[row] > thresholds)).all()


def has_millivolts(table: Table, row: int) -> bool:
    return bool(np.isfinite(table.signal[row, VOLTAGE_COLUMNS]).any())


def test_scores_do_not_depend_on_other_records(trained: TrainedEnsemble, held_out: Table) -> None:
    forward = [trained.ensemble(held_out.features(row)) for row in range(len(held_out))]
    backward = [trained.ensemble(held_out.features(row)) for row in reversed(range(len(held_out)))]
    for one, other in zip(forward, reversed(backward), strict=True):
        assert one.probability.tobytes() == other.probability.tobytes()
        assert one.scores.tobytes() == other.scores.tobytes()


@given(st.data())
def test_rows_together_score_as_each_alone(
    trained: TrainedEnsemble, held_out: Table, data: st.DataObject
) -> None:
    submodel = trained.ensemble.submodels[data.draw(st.integers(0, 1))]
    numbers = st.integers(0, len(held_out) - 1)
    rows = data.draw(st.lists(numbers, min_size=1, max_size=40))
    codes = np.array([submodel.encoder(held_out.features(row)) for row in rows])
    together = submodel.scores(codes)
    for row, scores in zip(codes, together, strict=True):
        assert submodel.scores(row[None])[0].tobytes() == scores.tobytes()
    labels = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=6, unique=True))
    some = submodel.scores(codes, labels)
    assert some == pytest.approx(together[:, :, labels], rel=1e-12, abs=1e-12)


def test_the_ensemble_learned_something(trained: TrainedEnsemble, held_out: Table) -> None:
    given = np.array(
        [trained.ensemble(held_out.features(r)).probability for r in range(len(held_out))]
    )
    assert given[held_out.labels].mean() > given[~held_out.labels].mean() + 0.3


@pytest.mark.slow
def test_further_draws_of_a_record_count_as_one_record(trained: TrainedEnsemble) -> None:
    table = made_up(240, 0)
    noisy = replace(table, signal=table.signal + 0.1)
    drawn = fit_ensemble(Table.join([table, noisy]), SETTINGS).ensemble
    for one, other in zip(trained.ensemble.submodels, drawn.submodels, strict=True):
        assert (one.encoder.low == other.encoder.low).all()
        assert (one.svm.vectors == other.svm.vectors).all()
        assert not np.array_equal(one.boosting.value, other.boosting.value)
    of_records = [
        sum(mean.records for mean in means.values()) for means in drawn.calibrations[0].tier_means
    ]
    assert max(of_records) < 1.1 * len(table)  # each tier is rounded


@pytest.mark.slow
def test_training_leaves_the_table_as_it_was() -> None:
    table = made_up(120, 2)
    before = pickle.dumps(table)
    fit_ensemble(table, SETTINGS)
    assert pickle.dumps(table) == before


def test_extreme_features_are_clipped(trained: TrainedEnsemble) -> None:
    branch = trained.ensemble.submodels[1]
    wild = Features(
        np.full(64, 1e9, np.float32), np.where(np.arange(len(FEATURE_NAMES)) % 2, np.inf, -1e9)
    )
    assert branch.encoder(wild).dtype == np.uint8
    assert np.isfinite(trained.ensemble(wild).probability).all()


def test_a_likely_condition_is_more_probable_than_a_possible_one(trained: TrainedEnsemble) -> None:
    for calibration in trained.ensemble.calibrations:
        assert (calibration.possible <= calibration.likely).all()
        assert (calibration.likely >= 0.5).all()


def test_codes_are_the_same_row_by_row_and_together(
    trained: TrainedEnsemble, held_out: Table
) -> None:
    encoder = trained.ensemble.submodels[0].encoder
    together = encode(encoder, held_out)
    for row in (0, 7, len(held_out) - 1):
        assert (together[row] == encoder(held_out.features(row))).all()


def test_only_arrays_and_builtins_are_stored(trained: TrainedEnsemble, held_out: Table) -> None:
    content = pickle.dumps(trained.ensemble.to_state(), protocol=5)
    restored = Ensemble.from_state(read_state(content), FEATURE_NAMES)
    assert restored.labels == CONDITION_IDS
    features = held_out.features(0)
    assert restored(features).scores.tobytes() == trained.ensemble(features).scores.tobytes()


def test_features_are_found_by_name(trained: TrainedEnsemble, held_out: Table) -> None:
    order = np.random.default_rng(3).permutation(len(FEATURE_NAMES))
    names = [*(FEATURE_NAMES[i] for i in order), "a new measurement"]
    moved = Ensemble.from_state(trained.ensemble.to_state(), names)
    features = held_out.features(0)
    there = Features(features.embedding, np.append(features.signal[order], 7.0))
    assert moved(there).scores.tobytes() == trained.ensemble(features).scores.tobytes()


def test_a_missing_feature_is_refused(trained: TrainedEnsemble) -> None:
    with pytest.raises(KeyError):
        Ensemble.from_state(trained.ensemble.to_state(), FEATURE_NAMES[:-1])


class Attack:
    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize(
    "attack",
    [
        Attack(eval, "1 + 1"),
        Attack(Path.touch, Path("owned")),
        Attack(np.frombuffer, b"1234"),
        Attack(np.load, "owned.npy"),
        Path("a harmless class"),
        np.array([Path("hidden in an array")], dtype=object),
    ],
    ids=["builtin", "method", "numpy function", "numpy load", "class", "object array"],
)
def test_a_pickle_that_names_another_global_is_refused(
    attack: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnsafePickleError) as refusal:
        read_state(pickle.dumps({"labels": attack}, protocol=5))
    assert refusal.value.code == "unsafe_pickle"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"\x80\x05.", b"not a pickle", b"\x80\x05}q\x00"])
def test_a_broken_pickle_is_refused(content: bytes) -> None:
    with pytest.raises(UnsafePickleError):
        read_state(content)


def copy_of_the_model(folder: Path) -> Path:
    for path in MODEL.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.mark.parametrize("name", ["backbone.tflite", "ensemble.pkl"])
def test_a_changed_model_file_is_refused(name: str, tmp_path: Path) -> None:
    copy_of_the_model(tmp_path)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(bytes(content))
    with pytest.raises(ModelChangedError):
        load_model(tmp_path)


@pytest.mark.parametrize("name", ["backbone.tflite", "ensemble.pkl", "manifest.json"])
def test_a_missing_model_file_is_refused(name: str, tmp_path: Path) -> None:
    copy_of_the_model(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ModelMissingError):
        load_model(tmp_path)


def test_a_hostile_pickle_under_its_own_digest_is_still_refused(tmp_path: Path) -> None:
    copy_of_the_model(tmp_path)
    hostile = pickle.dumps(Attack(eval, "1 + 1"))
    text = (tmp_path / "manifest.json").read_text()
    kept = sha256((tmp_path / "ensemble.pkl").read_bytes())
    (tmp_path / "manifest.json").write_text(text.replace(kept, sha256(hostile)))
    (tmp_path / "ensemble.pkl").write_bytes(hostile)
    with pytest.raises(UnsafePickleError):
        load_model(tmp_path)


def test_the_released_model_is_small_and_sound() -> None:
    model = load_model(MODEL)
    assert model.ensemble.labels == CONDITION_IDS
    assert sum(path.stat().st_size for path in MODEL.iterdir()) < 12_000_000
