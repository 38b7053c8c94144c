from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from heartsense.conditions import CONDITION_IDS
from training import ManifestError
from training.evaluate.cross_validation import EvaluationData, splits
from training.evaluate.metrics import (
    auroc_with_interval,
    bootstrap,
    bootstrap_difference,
    bootstrap_within_folds,
    calibration_error,
    f1_score,
    macro_auroc,
    score_conditions,
)
from training.evaluate.pictures import labelled_pictures
from training.features import Table
from training.records import development_records

N = len(CONDITION_IDS)


def table(patients: list[str], source: str) -> Table:
    n = len(patients)
    labels = np.random.default_rng(n).random((n, N)) < 0.4
    return Table(
        record=np.array([f"{source}-{i}" for i in range(n)]),
        source=np.full(n, source),
        patient=np.array(patients),
        labels=labels,
        embedding=np.zeros((n, 4), np.float32),
        signal=np.zeros((n, 3)),
        whole=np.zeros((n, 1280), np.float32),
        reading=np.tile([1.0, 12.0, 1.0], (n, 1)),
    )


def test_no_patient_is_both_trained_on_and_tested() -> None:
    tested = table([f"p{i // 2}" for i in range(60)], "tested")
    extra = table([f"p{i}" for i in range(20, 80)], "extra")
    eval_data = EvaluationData(Table.join([tested, extra]), tested, tested)
    tested_times = np.zeros(len(tested), dtype=int)
    for train, test in splits(eval_data):
        tested_times[test] += 1
        trained_on = set(eval_data.train.patient[train].tolist())
        assert trained_on.isdisjoint(tested.patient[test].tolist())
        assert trained_on | set(tested.patient[test].tolist()) == set(
            eval_data.train.patient.tolist()
        )
    assert (tested_times == 1).all()


@pytest.mark.data
def test_copies_of_one_record_count_once_and_share_their_patient(data_dir: Path) -> None:
    records = development_records(data_dir)
    assert len({record.id for record in records}) == len(records)
    first = [record for record in records if record.source == "ptbxl-first500"]
    archive = [record for record in records if record.source == "ptbxl-zscored"]
    numbers = {int(record.id[-8:-3]) for record in first}
    assert numbers.isdisjoint(int(record.id[-5:]) for record in archive)
    both = {record.patient for record in first} & {record.patient for record in archive}
    assert both  # patients do come in both: folds must go by patient


def test_macro_auroc_ignores_rare_conditions() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random((100, N)) < 0.5
    truth[:, 2] = False
    truth[:4, 2] = True
    given = truth + rng.normal(0, 0.01, truth.shape)
    given[:, 2] = -given[:, 2]  # wrong on every record, but on too few
    assert macro_auroc(truth, given) == 1.0
    assert np.isnan(macro_auroc(np.zeros((9, N), bool), np.zeros((9, N))))


def test_scores_of_perfect_and_useless_predictions() -> None:
    truth = np.zeros((10, N), dtype=bool)
    truth[:5, 0] = True
    perfect = score_conditions(truth, truth.astype(float), truth)["normal"]
    assert (perfect.auroc, perfect.auprc, perfect.f1, perfect.n_positive) == (1.0, 1.0, 1.0, 5)
    useless = score_conditions(truth, np.zeros((10, N)), ~truth)["normal"]
    assert (useless.auroc, useless.f1) == (0.5, 0.0)
    none = score_conditions(truth, truth.astype(float), truth)["hypertrophy"]
    assert (none.auroc, none.auprc, none.n_positive) == (None, None, 0)


def test_f1_by_hand() -> None:
    true = np.array([1, 1, 1, 0, 0], dtype=bool)
    predicted = np.array([1, 1, 0, 1, 0], dtype=bool)
    assert f1_score(true, predicted) == pytest.approx(2 / 3)


@pytest.mark.slow
def test_intervals_contain_the_value() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random((300, N)) < 0.3
    given = truth + rng.normal(0, 1, truth.shape)
    macro, by_condition = bootstrap(truth, given, rounds=100)
    for figure in (macro, *by_condition.values()):
        assert figure.low < figure.value < figure.high
    assert set(by_condition) == set(CONDITION_IDS)


def test_calibration_error_by_hand() -> None:
    truth = np.array([[True], [False], [True], [True]])
    given = np.array([[0.5], [0.5], [0.9], [0.9]])
    assert calibration_error(truth, given) == pytest.approx(0.05)


def test_the_difference_of_equal_probabilities_is_nothing() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random((60, 6)) < 0.4
    given = rng.random((60, 6))
    same = bootstrap_difference(truth, given, given, rounds=20)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    better = bootstrap_difference(truth, truth + 0.1 * given, given, rounds=20)
    assert better.value > 0.3
    assert better.low > 0.1


def test_auroc_with_interval() -> None:
    true = np.array([False] * 20 + [True] * 20)
    perfect = auroc_with_interval(true, true.astype(float))
    assert (perfect.value, perfect.low, perfect.high) == (1.0, 1.0, 1.0)
    assert np.isnan(auroc_with_interval(true[:20], np.zeros(20)).value)


def test_pictures_are_labelled_by_their_table_or_their_name(tmp_path: Path) -> None:
    for name in ("khan-Normal-1.jpg", "khan-MI-2.jpg", "other.jpg"):
        (tmp_path / name).touch()
    by_name = labelled_pictures(tmp_path)
    assert [(p.path.name, p.normal) for p in by_name] == [
        ("khan-MI-2.jpg", False),
        ("khan-Normal-1.jpg", True),
    ]
    table = "picture,truth,labels6\nother.jpg,,Normal\nkhan-MI-2.jpg,,Normal;MI\nx.jpg,,\n"
    (tmp_path / "truth.csv").write_text(table)
    assert [(p.path.name, p.normal) for p in labelled_pictures(tmp_path)] == [
        ("other.jpg", True),
        ("khan-MI-2.jpg", False),
    ]
    (tmp_path / "truth.csv").write_text("picture,truth\nother.jpg,\n")
    with pytest.raises(ManifestError, match="no labelled pictures"):
        labelled_pictures(tmp_path)


def test_within_folds_shifted_calibrations_do_not_count() -> None:
    truth = np.tile([False, True], 10)[:, None].repeat(6, axis=1)
    fold = np.repeat([0, 1], 10).astype(np.intp)
    probability = np.where(truth, 0.4, 0.1) + 0.5 * fold[:, None]
    assert macro_auroc(truth, probability) < 0.8
    assert macro_auroc(truth, probability, fold) == 1.0
    assert bootstrap_within_folds(truth, probability, fold, rounds=20).low == 1.0


@given(st.integers(0, 2**32 - 1))
def test_of_one_fold_within_folds_is_the_auroc(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, probability = rng.random((40, 6)) < 0.5, rng.random((40, 6)).round(1)
    one = np.zeros(40, dtype=np.intp)
    assert macro_auroc(truth, probability, one) == macro_auroc(truth, probability)
    by_hand = [roc_auc_score(t, p) for t, p in zip(truth.T, probability.T, strict=True)]
    assert macro_auroc(truth, probability) == pytest.approx(np.mean(by_hand))
