"""What counted for a condition: exact contributions of measurements, and their words."""

from itertools import combinations
from math import factorial
from time import process_time

import numpy as np
import pytest

from heartsense.classifier import released
from heartsense.classifier.contributions import Explainer, Leaves
from heartsense.classifier.encoder import Features
from heartsense.classifier.evidence import evidence_in_words
from heartsense.classifier.features import extract_features
from heartsense.classifier.members import BoostedTrees
from heartsense.measurements import FEATURE_NAMES
from heartsense.pipeline import digitize, read
from tests.support.paths import SAMPLES

NAMES = ["inferior-infarction.png", "paced.pdf", "hypertrophy-half-gain.png", "atrial-flutter.jpg"]
MAX_SECONDS = 0.010


def features_of(name: str) -> Features:
    ecg = digitize(SAMPLES / name).ecg
    return extract_features(ecg, released().model.backbone)[0]


@pytest.mark.parametrize("name", NAMES)
def test_contributions_sum_to_the_score(name: str) -> None:
    ensemble, features = released().model.ensemble, features_of(name)
    contributions = Explainer(ensemble)(features)
    applied = [each for each in ensemble.submodels if each.applies(features)]
    score = np.mean([each.boosting(each.encoder(features)[None])[0] for each in applied], axis=0)
    median = np.mean([each.boosting(each.encoder.fill[None])[0] for each in applied], axis=0)
    assert contributions.shape == (len(ensemble.labels), len(FEATURE_NAMES) + 1)
    assert contributions.sum(axis=1) == pytest.approx(score - median, abs=1e-9)


def test_they_are_cheap() -> None:
    features, explainer = features_of(NAMES[0]), Explainer(released().model.ensemble)
    explainer(features)  # finds the leaves
    times = []
    for _ in range(7):
        start = process_time()
        explainer(features)
        times.append(process_time() - start)
    assert min(times) <= MAX_SECONDS


def grown(rng: np.random.Generator, features: int, depth: int) -> BoostedTrees:
    """Two labels of three full trees each, on few features, so that paths repeat them."""
    nodes = 2 ** (depth + 1) - 1
    number = np.arange(6 * nodes)
    within, tree = number % nodes, number // nodes * nodes
    leaf = within >= nodes // 2
    return BoostedTrees(
        roots=np.arange(6, dtype=np.int32).reshape(2, 3) * nodes,
        feature=np.where(leaf, -1, rng.integers(0, features, len(number))).astype(np.int16),
        threshold=rng.integers(0, 255, len(number)).astype(np.uint8),
        left=np.where(leaf, 0, tree + 2 * within + 1).astype(np.int32),
        right=np.where(leaf, 0, tree + 2 * within + 2).astype(np.int32),
        value=np.where(leaf, rng.normal(size=len(number)), 0.0),
        baseline=np.zeros(2),
    )


@pytest.mark.parametrize("seed", range(5))
def test_they_are_the_shapley_values(seed: int) -> None:
    """By the definition: the mean gain of a feature over all sets of the others."""
    rng = np.random.default_rng(seed)
    count = 4
    trees = grown(rng, count, depth=4)
    own, reference = rng.integers(0, 256, (2, count)).astype(np.uint8)
    expected = np.zeros((2, count))
    for feature in range(count):
        others = [each for each in range(count) if each != feature]
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for chosen in combinations(others, size):
                mixed = reference.copy()
                mixed[[*chosen]] = own[[*chosen]]
                without = trees(mixed[None])[0]
                mixed[feature] = own[feature]
                expected[:, feature] += weight * (trees(mixed[None])[0] - without)
    leaves = Leaves.of(trees)
    assert leaves(own, leaves.inside(reference)) == pytest.approx(expected, abs=1e-12)


def told(**contributions: float) -> list[str]:
    """The words for contributions of named features, of an ECG with 0.2 mV everywhere."""
    row = np.zeros(len(FEATURE_NAMES) + 1)
    for name, value in contributions.items():
        row[FEATURE_NAMES.index(name)] = value
    signal = np.full(len(FEATURE_NAMES), 0.2)
    return [item.text for item in evidence_in_words(row, signal)]


def test_leads_that_are_neighbours_are_a_range() -> None:
    assert told(st60_mv_V2=1, st80_share_V3=1, j_mv_V4=1) == ["ST in V2-V4 +0.2 mV"]
    assert told(st60_mv_II=1, st60_mv_III=1, st60_mv_aVF=1) == ["ST in II, III, aVF +0.2 mV"]
    assert told(beat_V1_120ms=1) == ["ST in V1 +0.2 mV"]
    assert told(r_mv_V5=1, r_mv_V6=1) == ["R wave in V5, V6 +0.2 mV"]


def test_the_strongest_comes_first_and_what_speaks_against_is_left_out() -> None:
    assert told(qrs_ms=2, heart_rate=3, pr_ms=-5, qt_ms=0.1) == [
        "heart rate: 0 /min",
        "QRS duration: 0 ms",
    ]
    assert told(st60_mv_V2=1, st60_mv_V3=-2) == []


def test_every_measurement_has_words() -> None:
    for name in FEATURE_NAMES:
        assert told(**{name: 1.0}), name


@pytest.mark.parametrize("name", NAMES)
def test_a_result_lists_it_for_what_is_likely_or_possible(name: str) -> None:
    found = read(SAMPLES / name).to_dict()
    for condition in found["conditions"]:
        items = condition["evidence"]
        assert len(items) <= 4
        if condition["status"] == "unlikely":
            assert items == []
        elif condition["status"] == "likely":
            assert items
        assert [item["contribution"] for item in items] == sorted(
            (item["contribution"] for item in items), reverse=True
        )
