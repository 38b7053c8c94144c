"""What every screen says first: of the classifier's answer, of a doctor's, of old results."""

from datetime import UTC, datetime
from typing import Any

import pytest

from heartsense.conclusion import conclude, conclude_review
from heartsense.conditions import CONDITION_IDS, CONDITIONS, Status
from heartsense.result_schema import Result as ResultSchema
from heartsense.service.feedback import Review, Verdict, with_review
from heartsense.service.predictions.earlier_results import with_conclusion
from heartsense.urgency import WHAT_TO_DO
from tests.support.sample_results import classified_sample

UNLIKELY: dict[str, Status] = dict.fromkeys(CONDITION_IDS, "unlikely")
INFARCTION = "myocardial_infarction"


def test_likely_conditions_are_the_headline() -> None:
    found = conclude(
        {**UNLIKELY, INFARCTION: "likely", "hypertrophy": "likely", "normal": "possible"}
    )
    assert found.headline == (
        "Likely: Signs of a heart attack, new or old; Signs of a thick or large heart wall"
    )
    assert found.findings == (INFARCTION, "hypertrophy")
    assert found.possible == ("normal",)
    assert found.urgency == "emergency"
    assert found.what_to_do == WHAT_TO_DO["emergency"]
    assert not found.retake


def test_a_page_on_which_nothing_is_likely_was_still_read() -> None:
    found = conclude({**UNLIKELY, INFARCTION: "possible"})
    assert (found.headline, found.findings, found.retake) == ("Uncertain", ("uncertain",), False)
    assert found.urgency == "soon"


@pytest.mark.parametrize("advice", [None, "Hold the camera still."])
def test_a_page_of_which_nothing_could_be_assessed_is_taken_again(advice: str | None) -> None:
    found = conclude(dict.fromkeys(CONDITION_IDS, "not_assessed"), advice)
    assert found.retake
    assert found.headline == "Not assessed"
    assert found.what_to_do.title == "Take it again"
    assert found.what_to_do.text.startswith(advice or "Take a new picture")
    assert "Call an emergency number at once" in found.what_to_do.text


def test_one_assessed_condition_is_enough_to_show_it() -> None:
    statuses: dict[str, Status] = dict.fromkeys(CONDITION_IDS, "not_assessed")
    assert not conclude({**statuses, "ventricular_arrhythmia": "possible"}).retake


@pytest.mark.parametrize("about", CONDITIONS, ids=lambda about: about.id)
def test_what_a_doctor_sees_is_certain(about: Any) -> None:
    found = conclude_review([about.id])
    assert found.headline == f"A doctor says: {about.title}"
    assert (found.findings, found.possible, found.retake) == ((about.id,), (), False)
    assert (found.urgency == "emergency") == (about.id == INFARCTION)


def review(verdict: Verdict, *conditions: str) -> Review:
    return Review("d1", verdict, conditions, "Unchanged.", datetime(2026, 4, 4, tzinfo=UTC))


def test_a_review_leads_and_the_machines_answer_stays_apart() -> None:
    result = classified_sample("inferior-infarction.png").result
    assert result is not None
    assert result["urgency"] == "emergency"
    found = with_review(result, review(Verdict.CORRECTED, "normal"))
    assert found["findings"] == ["normal"]
    assert found["possible"] == []
    assert found["urgency"] == "none"
    assert found["headline"] == "A doctor says: Normal ECG"
    statuses = {condition["id"]: condition["status"] for condition in found["conditions"]}
    assert statuses == {**UNLIKELY, "normal": "likely"}
    assert {condition["probability"] for condition in found["conditions"]} == {None}
    for name, value in found["machine"].items():
        assert value == result[name], name
    assert found["machine"]["urgency"] == "emergency"
    assert found["review"]["comment"] == "Unchanged."
    assert found["measurements"] == result["measurements"]
    assert "d1" not in repr(found)


def test_without_a_review_the_result_is_the_machines() -> None:
    result = classified_sample("normal.png").result
    assert result is not None
    assert with_review(result, None) == result


def test_results_of_earlier_models_say_the_same() -> None:
    today = classified_sample("inferior-infarction.png").result
    assert today is not None
    words = {"likely": "present", "possible": "uncertain", "unlikely": "absent"}
    later = {"headline", "retake", "urgency", "what_to_do", "possible"}
    first = {name: value for name, value in today.items() if name not in later}
    first["conditions"] = [
        {**found, "status": words[found["status"]]} for found in today["conditions"]
    ]
    second = {name: value for name, value in today.items() if name not in {"headline", "retake"}}
    assert with_conclusion(first) == today
    assert with_conclusion(second) == today
    assert with_conclusion(today) is today
    assert set(today) == set(ResultSchema.__dataclass_fields__)
