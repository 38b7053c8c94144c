import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartsense.classifier.ensemble import TIERS, tiers
from heartsense.conditions import CONDITION_IDS
from training.fit.calibrate import best_f1_threshold, fit_calibration, fit_logistic_regression
from training.fit.tiers import MIN_SHARE, MISSED, Scored, fit_tiers, measure_tiers
from training.undersampling import undersample


@given(st.integers(0, 2**31 - 1), st.integers(5, 60))
def test_rare_classes_lose_nothing_to_frequent_ones(seed: int, cap: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.random((200, 4)) < [0.7, 0.4, 0.1, 0.02]
    balanced = undersample(labels, cap, seed)
    assert (balanced.before == labels.sum(axis=0)).all()
    assert (balanced.after == labels[balanced.kept].sum(axis=0)).all()
    assert (balanced.after >= np.minimum(balanced.before, cap)).all()
    for label in np.flatnonzero(balanced.after > cap):
        # Every record left above the cap has a label that is not.
        rest = labels[balanced.kept & labels[:, label]]
        assert (rest[:, balanced.after <= cap].any(axis=1)).all()


def test_single_labels_are_cut_to_the_cap() -> None:
    labels = np.eye(3, dtype=bool)[np.repeat([0, 1, 2], [100, 30, 5])]
    balanced = undersample(labels, 20, seed=1)
    assert balanced.after.tolist() == [20, 20, 5]


def test_undersampling_is_seeded() -> None:
    labels = np.ones((50, 1), dtype=bool)
    assert (undersample(labels, 10, 1).kept == undersample(labels, 10, 1).kept).all()
    assert (undersample(labels, 10, 1).kept != undersample(labels, 10, 2).kept).any()


def test_a_cap_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="cap"):
        undersample(np.ones((2, 1), dtype=bool), 0)


@given(st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=2, max_size=30))
def test_the_best_threshold_is_the_best(pairs: list[tuple[int, bool]]) -> None:
    scores = np.array([score for score, _ in pairs], dtype=float)
    truth = np.array([true for _, true in pairs])

    def f1(threshold: float) -> float:
        predicted = scores > threshold
        total = predicted.sum() + truth.sum()
        return float(2 * (predicted & truth).sum() / total) if total else 0.0

    best = max(f1(t) for t in np.arange(-5.5, 5))
    assert f1(best_f1_threshold(scores, truth)) == pytest.approx(best)


def test_calibration_weights_are_not_negative() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(500) < 0.4
    good = truth + rng.normal(0, 0.5, 500)
    scores = np.column_stack([good, good + rng.normal(0, 1, 500), -good])
    weights, _ = fit_logistic_regression(scores, truth)
    assert (weights >= 0).all()
    assert weights[0] > 1
    assert weights[2] == 0


def test_probabilities_are_calibrated() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random((4000, 1)) < 0.3
    scores = np.stack(
        [
            np.clip(0.3 + 0.2 * truth + rng.normal(0, 0.1, truth.shape), 0.01, 0.99),
            0.3 * truth + rng.normal(0.3, 0.2, truth.shape),
            2.0 * truth - 1 + rng.normal(0, 1, truth.shape),
        ],
        axis=1,
    )
    source, patient = np.full(len(truth), "one"), np.arange(len(truth)).astype(str)
    calibration = fit_calibration(scores, truth, source, patient)
    given_ = np.array([calibration.probability(row)[0] for row in scores])
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = (given_ >= low) & (given_ < low + 0.2)
        assert truth[inside].mean() == pytest.approx(given_[inside].mean(), abs=0.08)


def scored(size: int, seed: int) -> Scored:
    """Made-up probabilities that mean what they say, on two sources."""
    rng = np.random.default_rng(seed)
    probability = rng.beta(0.6, 1.2, (size, len(CONDITION_IDS)))
    labels = rng.random(probability.shape) < probability
    source = np.where(rng.random(size) < 0.7, "one", "other")
    return Scored(probability, probability > 0.3, labels, source, np.arange(size).astype(str))


def test_tiers_keep_their_promises_on_new_patients() -> None:
    likely, possible = fit_tiers(scored(3000, 0))
    new = scored(3000, 1)
    found = tiers(new.probability, new.majority, likely, possible)
    for label, id in enumerate(CONDITION_IDS):
        for source in ("one", "other"):
            rows = new.source == source
            flagged = rows & (found[:, label] == TIERS.index("likely"))
            assert new.labels[flagged, label].mean() >= MIN_SHARE
        true = new.labels[:, label]
        assert (found[true, label] == TIERS.index("unlikely")).mean() <= MISSED[id] + 0.02


def test_tier_means_are_what_a_tier_means() -> None:
    known = scored(1500, 2)
    for label in measure_tiers(known, rounds=20):
        assert label["unlikely"].share < label["possible"].share < label["likely"].share
        assert sum(tier.records for tier in label.values()) == pytest.approx(1500, abs=5)
        assert set(label["likely"].sources) == {"one", "other"}


def _of_two_sources(has: slice) -> Scored:
    """A source that tells well, and another with 60 ECGs, few of which have the condition."""
    probability = np.concatenate((np.linspace(0.01, 0.99, 400), np.linspace(0.6, 0.94, 60)))
    truth = np.concatenate((probability[:400] > 0.45, np.zeros(60, dtype=bool)))
    truth[400:][has] = True
    source = np.repeat(["one", "other"], [400, 60])
    patient = np.array([f"p{i}" for i in range(460)])
    majority = probability[:, None] > 0.4
    return Scored(probability[:, None], majority, truth[:, None], source, patient, ("normal",))


def test_a_source_that_hardly_tells_a_condition_does_not_forbid_it_to_all() -> None:
    (likely,), _ = fit_tiers(_of_two_sources(slice(2, None, 3)))
    assert 0.85 < likely < 0.95


def test_a_source_that_shows_a_condition_to_be_wrong_forbids_it() -> None:
    (likely,), _ = fit_tiers(_of_two_sources(slice(12)))
    assert likely == 1.0


def test_a_source_with_too_few_of_a_condition_has_no_say() -> None:
    (likely,), _ = fit_tiers(_of_two_sources(slice(4)))
    assert likely == 0.5
