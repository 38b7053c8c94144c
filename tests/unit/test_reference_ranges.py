"""What measured values mean: the words at the edges of every range, by sex and age."""

import re
from typing import Any

import pytest

from heartsense.reference_ranges import REFERENCE_RANGES, Sex, measurement_rows
from heartsense.reference_ranges.limits import Limits
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "reference-ranges.md"


def words(name: str, value: float, sex: Sex | None = None, age: int | None = None) -> str:
    found = REFERENCE_RANGES[name].assess(value, sex, age)
    return f"{found.comparison}: {found.word}"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("heart_rate_bpm", 49, "low: slow (bradycardia)"),
        ("heart_rate_bpm", 49.6, "normal: normal"),  # shown as 50
        ("heart_rate_bpm", 50, "normal: normal"),
        ("heart_rate_bpm", 100.4, "normal: normal"),
        ("heart_rate_bpm", 100.6, "high: fast (tachycardia)"),
        ("pr_ms", 119, "low: short"),
        ("pr_ms", 120, "normal: normal"),
        ("pr_ms", 200, "normal: normal"),
        ("pr_ms", 201, "high: long"),
        ("qrs_ms", 60, "normal: normal"),
        ("qrs_ms", 110, "normal: normal"),
        ("qrs_ms", 111, "high: slightly wide"),
        ("qrs_ms", 119, "high: slightly wide"),
        ("qrs_ms", 120, "high: wide"),
        ("qtc_ms", 340, "low: short"),
        ("qtc_ms", 341, "normal: normal"),
        ("qtc_ms", 353, "normal: normal"),
        ("qtc_ms", 449, "normal: normal"),
        ("qtc_ms", 450, "borderline: long for a man"),
        ("qtc_ms", 459, "borderline: long for a man"),
        ("qtc_ms", 460, "high: long"),
        ("axis_deg", -180, "low: extreme axis deviation"),
        ("axis_deg", -91, "low: extreme axis deviation"),
        ("axis_deg", -90, "low: left axis deviation"),
        ("axis_deg", -72, "low: left axis deviation"),
        ("axis_deg", -31, "low: left axis deviation"),
        ("axis_deg", -30, "normal: normal"),
        ("axis_deg", 90, "normal: normal"),
        ("axis_deg", 91, "high: right axis deviation"),
        ("axis_deg", 180, "high: right axis deviation"),
        ("sokolow_lyon_mv", 3.504, "normal: normal"),
        ("sokolow_lyon_mv", 3.51, "high: high voltage"),
        ("cornell_mv", 2.0, "normal: normal"),
        ("cornell_mv", 2.01, "borderline: high voltage for a woman"),
        ("cornell_mv", 2.8, "borderline: high voltage for a woman"),
        ("cornell_mv", 2.81, "high: high voltage"),
        ("qt_ms", 400, "None: "),
        ("rr_spread_ms", 400, "None: "),
    ],
)
def test_words_at_the_edges(name: str, value: float, expected: str) -> None:
    assert words(name, value) == expected


@pytest.mark.parametrize(
    ("name", "value", "female", "male"),
    [
        ("qtc_ms", 449, "normal: normal", "normal: normal"),
        ("qtc_ms", 450, "normal: normal", "high: long"),
        ("qtc_ms", 459, "normal: normal", "high: long"),
        ("qtc_ms", 460, "high: long", "high: long"),
        ("qtc_ms", 340, "low: short", "low: short"),
        ("cornell_mv", 2.0, "normal: normal", "normal: normal"),
        ("cornell_mv", 2.01, "high: high voltage", "normal: normal"),
        ("cornell_mv", 2.81, "high: high voltage", "high: high voltage"),
        ("pr_ms", 201, "high: long", "high: long"),
    ],
)
def test_where_the_sexes_differ(name: str, value: float, female: str, male: str) -> None:
    assert words(name, value, "female") == female
    assert words(name, value, "male") == male


@pytest.mark.parametrize(
    ("name", "value", "age", "expected"),
    [
        ("qrs_ms", 89, 3, "normal: normal"),
        ("qrs_ms", 90, 3, "high: wide"),
        ("qrs_ms", 90, 4, "normal: normal"),
        ("qrs_ms", 99, 15, "normal: normal"),
        ("qrs_ms", 100, 15, "high: wide"),
        ("qrs_ms", 100, 16, "normal: normal"),
        ("sokolow_lyon_mv", 4.0, 35, "None: "),
        ("sokolow_lyon_mv", 4.0, 36, "high: high voltage"),
        ("cornell_mv", 3.0, 35, "None: "),
        ("heart_rate_bpm", 120, 15, "None: "),
        ("heart_rate_bpm", 120, 16, "high: fast (tachycardia)"),
        ("qtc_ms", 470, 0, "None: "),
        ("qtc_ms", 470, 130, "high: long"),
    ],
)
def test_where_ages_differ(name: str, value: float, age: int, expected: str) -> None:
    assert words(name, value, age=age) == expected


def test_ranges_in_words() -> None:
    shown = {row.id: row.normal_range for row in measurement_rows({})}
    assert shown == {
        "heart_rate_bpm": "50 to 100",
        "rr_spread_ms": "",
        "pr_ms": "120 to 200",
        "qrs_ms": "up to 110",
        "qt_ms": "",
        "qtc_ms": "341 to 449 (women 459)",
        "axis_deg": "\N{MINUS SIGN}30 to 90",
        "sokolow_lyon_mv": "up to 3.50",
        "cornell_mv": "up to 2.80 (women 2.00)",
    }
    women = {row.id: row.normal_range for row in measurement_rows({}, "female")}
    assert (women["qtc_ms"], women["cornell_mv"]) == ("341 to 459", "up to 2.00")


@pytest.mark.parametrize("sex", [None, "female", "male"])
@pytest.mark.parametrize("age", [None, 0, 3, 4, 15, 16, 35, 36, 90])
def test_every_value_of_anybody_has_one_answer(sex: Sex | None, age: int | None) -> None:
    values: dict[str, float | None] = dict.fromkeys(REFERENCE_RANGES, 1.0)
    for row in measurement_rows(values, sex, age):
        assert row.source
        assert (row.comparison is None) == (row.word == "") == (row.normal_range == "")


def rows_of_page() -> list[tuple[str, ...]]:
    lines = re.findall(r"^\| (.+) \|$", PAGE.read_text(), flags=re.MULTILINE)[1:]
    return [tuple(cell.strip() for cell in line.split(" | ")) for line in lines]


def described(limits: Limits) -> Any:
    people = {None: "all", "female": "women", "male": "men"}[limits.sex]
    first, last = limits.ages.start, limits.ages.stop - 1
    ages = f"{first} to {last}" if last < 130 else f"from {first}"
    words = "; ".join(
        f"{band.word} up to {band.upto:g}" if band.upto < 1e9 else f"then {band.word}"
        for band in limits.bands
    )
    return people, ages, words or "not compared", limits.source


def test_the_page_shows_the_table() -> None:
    assert rows_of_page() == [
        (f"{reference.title}, {reference.unit}", *described(limits))
        for reference in REFERENCE_RANGES.values()
        for limits in reference.limits
    ]
