"""A doctor's word leads over HTTP: in the result, in the list, and in the next report."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.integration.test_feedback import submitted
from tests.integration.test_report_http import Sender, attached, body
from tests.support.running_service import Service
from tests.support.sample_results import unreadable

INFARCTION = "myocardial_infarction"


@pytest.fixture
def patient(service: Service) -> Sender:
    return Sender(service)


@pytest.fixture
def doctor(service: Service) -> Sender:
    return Sender(service, "doctor")


def result_of(reader: Sender, prediction_id: str) -> dict[str, Any]:
    answer = reader.http.get(f"/predictions/{prediction_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["result"]
    return found


def listed(reader: Sender, prediction_id: str) -> dict[str, Any]:
    items = reader.http.get("/predictions").json()["items"]
    (found,) = (item for item in items if item["id"] == prediction_id)
    return dict(found)


def report_text(service: Service, patient: Sender, number: int) -> str:
    pdf = attached(service.mail(patient.email, number))
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


def test_a_correction_takes_the_place_of_the_machines_answer(
    patient: Sender, doctor: Sender
) -> None:
    prediction_id = patient.predicted()
    before = result_of(patient, prediction_id)
    assert (before["urgency"], before.get("review")) == ("emergency", None)
    assert listed(patient, prediction_id)["headline"] == before["headline"]
    submitted(doctor, prediction_id, verdict="corrected", conditions=["normal"], comment="Old.")
    for reader in (patient, doctor):
        found = result_of(reader, prediction_id)
        assert found["findings"] == ["normal"]
        assert found["urgency"] == "none"
        assert found["headline"] == "A doctor says: Normal ECG"
        assert found["review"]["verdict"] == "corrected"
        assert found["review"]["comment"] == "Old."
        assert found["machine"]["findings"] == before["findings"] == [INFARCTION]
        assert found["machine"]["urgency"] == "emergency"
        assert found["machine"]["conditions"] == before["conditions"]
        likely = [c["id"] for c in found["conditions"] if c["status"] == "likely"]
        assert likely == ["normal"]
    entry = listed(patient, prediction_id)
    assert entry["headline"] == "A doctor says: Normal ECG"
    assert (entry["findings"], entry["urgency"]) == (["normal"], "none")
    assert entry["verdict"] == "corrected"
    (reviewable, *_) = doctor.http.get("/reviews?limit=1").json()["items"]
    assert reviewable["headline"] == "A doctor says: Normal ECG"


def test_the_latest_review_leads(patient: Sender, doctor: Sender) -> None:
    prediction_id = patient.predicted("normal.png")
    submitted(doctor, prediction_id, verdict="corrected", conditions=[INFARCTION])
    assert result_of(patient, prediction_id)["urgency"] == "emergency"
    submitted(doctor, prediction_id, verdict="confirmed")
    found = result_of(patient, prediction_id)
    assert (found["urgency"], found["findings"]) == ("none", ["normal"])
    assert found["machine"]["findings"] == ["normal"]


def test_a_review_makes_one_new_report_that_begins_with_it(
    service: Service, patient: Sender, doctor: Sender
) -> None:
    prediction_id = patient.predicted()
    first = patient.sent(prediction_id)
    assert "Call an emergency number now." in report_text(service, patient, 0)
    submitted(doctor, prediction_id, verdict="corrected", conditions=["normal"])
    second = patient.sent(prediction_id)
    assert second["id"] != first["id"]
    assert patient.sent(prediction_id) == second
    mails = service.mails(patient.email)
    assert len(mails) == 2
    assert "A doctor has read this ECG" not in body(mails[0], "plain")
    for kind in ("plain", "html"):
        assert "A doctor has read this ECG" in " ".join(body(mails[1], kind).split())
        assert "Normal ECG" not in body(mails[1], kind)
    read = report_text(service, patient, 1)
    assert "Call an emergency number now." not in read
    said = read.index("A doctor says: Normal ECG")
    assert said < read.index("Likely: Signs of a heart attack, new or old")


def test_a_report_that_waits_is_written_with_the_review(
    service: Service, patient: Sender, doctor: Sender
) -> None:
    prediction_id = patient.predicted()
    waiting = patient.sent(prediction_id)
    not_yet_claimed = {"status": "pending", "available_at": datetime.now(UTC)}
    service.database["reports"].update_one({"_id": waiting["id"]}, {"$set": not_yet_claimed})
    submitted(doctor, prediction_id, verdict="corrected", conditions=["normal"])
    assert patient.sent(prediction_id)["id"] == waiting["id"]
    assert "A doctor says: Normal ECG" in report_text(service, patient, 1)


def test_a_page_that_nobody_could_read_is_taken_again(
    service: Service, patient: Sender, doctor: Sender
) -> None:
    prediction_id = patient.stored(unreadable())
    found = result_of(patient, prediction_id)
    assert found["retake"]
    assert listed(patient, prediction_id)["what_to_do"] == "Take it again"
    patient.sent(prediction_id)
    plain = " ".join(body(service.mail(patient.email), "plain").split())
    assert "Take it again: The leads do not fit together" in plain
    assert "Lay the paper flat" in plain
    submitted(doctor, prediction_id, verdict="corrected", conditions=["normal"])
    read = result_of(patient, prediction_id)
    assert (read["retake"], read["headline"]) == (False, "A doctor says: Normal ECG")
    assert read["machine"]["retake"]
