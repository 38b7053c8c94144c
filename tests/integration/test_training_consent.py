"""Consent to training: kept with its time and text, withdrawn without deleting the result."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from heartsense.service.predictions import MongoPredictionRepository
from heartsense.service.predictions.consent import CURRENT_VERSION, TEXTS
from tests.integration.test_report_http import Sender, code
from tests.support.paths import ROOT
from tests.support.running_service import Service


@pytest.fixture
def patient(service: Service) -> Sender:
    return Sender(service)


def begin(patient: Sender, agrees: bool) -> str:
    body = {"content_type": "image/png", "size": 3, "keep_for_training": agrees}
    answer = patient.http.post("/uploads", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["prediction_id"])


def read(patient: Sender, prediction_id: str) -> dict[str, Any]:
    answer = patient.http.get(f"/predictions/{prediction_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_consent_is_kept_with_its_time_and_text_and_can_be_withdrawn(patient: Sender) -> None:
    agreed = begin(patient, True)
    before = read(patient, agreed)
    assert before["keep_for_training"]
    consent = before["training_consent"]
    assert consent["text_version"] == CURRENT_VERSION
    given = datetime.fromisoformat(consent["given_at"])
    assert abs((datetime.now(UTC) - given).total_seconds()) < 60
    for _ in range(2):
        withdrawn = patient.http.delete(f"/predictions/{agreed}/training-consent")
        assert withdrawn.status_code == 204
    after = read(patient, agreed)
    assert not after["keep_for_training"]
    assert after["training_consent"]["given_at"] == consent["given_at"]
    assert datetime.fromisoformat(after["training_consent"]["withdrawn_at"]) >= given
    assert after["id"] == agreed


def test_nobody_else_withdraws_a_consent_and_none_needs_no_withdrawal(
    service: Service, patient: Sender
) -> None:
    agreed, silent = begin(patient, True), begin(patient, False)
    for stranger in (Sender(service), Sender(service, "doctor")):
        refused = stranger.http.delete(f"/predictions/{agreed}/training-consent")
        assert code(refused) == (404, "no_such_prediction")
    assert read(patient, agreed)["keep_for_training"]
    assert patient.http.delete(f"/predictions/{silent}/training-consent").status_code == 204
    assert read(patient, silent).get("training_consent") is None


def test_a_withdrawn_image_is_not_exported_for_training(service: Service, patient: Sender) -> None:
    found = patient.predicted("normal.png")
    # As stored before times and texts were.
    agreement = {"$set": {"keep_for_training": True}}
    service.database["predictions"].update_one({"_id": found}, agreement)
    stored = MongoPredictionRepository(service.database).get(found)
    assert stored
    assert stored.consent
    assert (stored.consent.text_version, stored.consent.given_at) == (
        "unrecorded",
        stored.created_at,
    )
    review = {"verdict": "confirmed"}
    doctor, administrator = Sender(service, "doctor"), Sender(service, "administrator")
    assert doctor.http.post(f"/predictions/{found}/feedback", json=review).status_code == 201

    def picture_key() -> str | None:
        lines = administrator.http.get("/feedback/export").text.splitlines()
        (line,) = [line for line in map(json.loads, lines) if line["prediction_id"] == found]
        key: str | None = line["picture_key"]
        return key

    assert picture_key()
    assert patient.http.delete(f"/predictions/{found}/training-consent").status_code == 204
    assert picture_key() is None
    kept = read(patient, found)["training_consent"]
    assert (kept["text_version"], "withdrawn_at" in kept) == ("unrecorded", True)


def test_the_page_shows_the_text_that_consents_refer_to() -> None:
    words = (ROOT / "web" / "locales" / "en.js").read_text()
    (shown,) = re.findall(r'\bconsent: "(.*)",', words)
    assert shown == TEXTS[CURRENT_VERSION]
