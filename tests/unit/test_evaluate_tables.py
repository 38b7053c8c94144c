"""What the evaluation counts: calibration, bounds on misses, groups, and the page it writes."""

from pathlib import Path

import numpy as np
import pytest

from heartsense.classifier.ensemble import TIERS
from heartsense.conditions import CONDITION_IDS
from training.evaluate.command import draw
from training.evaluate.cross_validation import Predictions
from training.evaluate.folds import Held
from training.evaluate.guarantees import (
    BOUNDED,
    MISSED,
    bounds,
    calibration_errors,
    integrated_calibration_index,
)
from training.evaluate.page import FIRST_OF_OTHERS, write_part
from training.evaluate.subgroups import page_groups, patient_groups
from training.evaluate.urgencies import urgencies
from training.features import Table
from training.fit.tiers import Scored
from training.render import Distortion, PageSpec
from training.sources import Record
from training.sources.people import Person

N = len(CONDITION_IDS)
MI = CONDITION_IDS.index("myocardial_infarction")


def made_up(records: int = 1200, bias: float = 0.0, seed: int = 0) -> Scored:
    """Conditions that come as often as their probabilities say, if there is no bias."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-0.5, 1.5, (records, N))
    labels = rng.random((records, N)) < 1 / (1 + np.exp(-odds))
    given = 1 / (1 + np.exp(-odds - bias))
    source = np.where(np.arange(records) % 2, "LUDB", "PTB-XL")
    patient = np.array([f"p{i}" for i in range(records)])
    return Scored(given, given > 0.5, labels, source, patient)


def test_calibrated_probabilities_have_hardly_any_error() -> None:
    good, off = made_up(), made_up(bias=1.5)
    assert integrated_calibration_index(good.labels[:, 0], good.probability[:, 0]) < 0.03
    error = integrated_calibration_index(off.labels[:, 0], off.probability[:, 0])
    assert error == pytest.approx(off.probability[:, 0].mean() - off.labels[:, 0].mean(), abs=0.02)
    assert error > 0.15


def test_calibration_is_told_by_condition_and_source() -> None:
    found = calibration_errors(made_up(400), rounds=4)
    assert len(found) == 2 * N
    for each in found:
        assert each.error.low <= each.error.high < 0.2
        assert abs(each.expected - each.observed) < 0.1
    rare = made_up(400)
    rare.labels[rare.source == "LUDB", 0] = False
    assert len(calibration_errors(rare, rounds=2)) == 2 * N - 1


def test_both_bounds_hold_on_patients_they_were_not_learned_from() -> None:
    found = {(b.condition, b.source, b.strict): b for b in bounds(made_up(), rounds=8)}
    assert {condition for condition, _, _ in found} == set(BOUNDED)
    for condition in BOUNDED:
        released, strict = (found[condition, "", kind] for kind in (False, True))
        assert released.missed.value <= MISSED + 0.01
        assert strict.missed_of_certain.value <= MISSED + 0.02
        assert strict.open.value >= released.open.value  # the price


def held(records: int = 80) -> Held:
    rng = np.random.default_rng(0)
    labels = rng.random((records, N)) < 0.4
    names = np.array([f"r{i}" for i in range(records)])
    reading = np.tile([0.97, 12.0, 1.0], (records, 1))
    reading[0] = [0.5, 11.0, 0.0]
    table = Table(
        record=names,
        source=np.full(records, "ptbxl-first500"),
        patient=names,
        labels=labels,
        embedding=np.zeros((records, 0), np.float32),
        signal=np.zeros((records, 0)),
        whole=np.zeros((records, 0), np.float32),
        reading=reading,
    )
    given = labels + rng.normal(0, 0.3, labels.shape)
    predictions = Predictions(given, given > 0.5, np.zeros(labels.shape, np.intp))
    return Held(table, np.zeros((records, 3, N)), predictions)


def test_groups_of_patients_are_counted() -> None:
    people = {
        f"r{i}": Person(40.0 if i < 30 else 80.0, "female" if i % 2 else "male", 100.0)
        for i in range(79)
    }
    found = {(g.by, g.group): g for g in patient_groups(held(), people)}
    assert found["sex", "female"].records == 39  # the last one is unknown
    assert found["sex", "male"].records == 40
    assert found["age", "under 50"].records == 30
    assert found["age", "80 and above"].records == 49
    sure = found["likelihood of MI", "80 to 100"]
    assert sure.records == int(held().table.labels[:79, MI].sum())
    assert sure.auroc.low > 0.9
    assert found["likelihood of MI", "under 50"].records == 0


def test_groups_of_pages_are_counted() -> None:
    turned = PageSpec(layout="12x1", px_per_mm=4.0, distortion=Distortion(rotation=-2.0))
    specs = [turned, turned, *[PageSpec(layout="3x4", px_per_mm=8.0)] * 78]
    found = {(g.by, g.group): g.records for g in page_groups(held(), specs)}
    assert found["layout", "12x1"] == found["pixels per mm", "under 5"] == 2
    assert found["distortion", "turned by over 1 degree"] == 2
    assert found["leads read", "fewer"] == found["quality", "too low for an answer"] == 1
    assert found["quality score", "under 0.8"] == 1
    assert found["quality score", "0.95 and above"] == 79


def test_a_larger_sample_holds_the_smaller_ones() -> None:
    records = [Record(str(i), "x", str(i), frozenset(), Path(str(i))) for i in range(50)]
    assert draw(records, 20, 0)[:10] == draw(records, 10, 0)
    assert draw(records, 10, 0) != draw(records, 10, 1)
    assert len(draw(records, None, 0)) == 50


def test_what_other_steps_wrote_is_kept(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    others = f"{FIRST_OF_OTHERS}\n\n## Heat-maps\n\nas they were\n\n## Strips\n\n| a |\n"
    page.write_text(f"# Results\n\nold\n\n{others}")
    write_part(page, "# Results\n\nnew\n")
    assert page.read_text() == f"# Results\n\nnew\n\n{others}"
    page.write_text("# Results\n")
    with pytest.raises(ValueError, match="where the part"):
        write_part(page, "new")
    assert page.read_text() == "# Results\n"


def test_the_released_page_says_where_the_part_ends() -> None:
    from training import DOCS_DIR

    assert (DOCS_DIR / "results.md").read_text().count(FIRST_OF_OTHERS) == 1


def test_urgencies_are_counted_by_what_is_true() -> None:
    """Two normal ECGs of which one looks like an infarction, and one infarction that is found."""
    normal = CONDITION_IDS.index("normal")
    labels = np.zeros((3, N), np.bool_)
    labels[[0, 1], normal] = labels[2, MI] = True
    tier = np.zeros((3, N), np.intp)
    tier[0, normal] = tier[1, normal] = tier[1, MI] = tier[2, MI] = TIERS.index("likely")
    given = tier / 2
    source = np.array(["PTB-XL", "LUDB", "LUDB"])
    scored = Scored(given, given > 0.5, labels, source, source)
    found = {
        (u.group, u.source): u for u in urgencies(scored, Predictions(given, given > 0.5, tier))
    }
    assert found["normal", "pooled"].shares == {
        **{"emergency": 0.5, "none": 0.5},
        **{"soon": 0.0, "routine": 0.0},
    }
    assert found["normal", "PTB-XL"].shares["emergency"] == 0
    assert found["heart attack", "LUDB"].shares["emergency"] == 1
    assert found["other changes", "pooled"].records == 0
