"""Doctors' feedback over HTTP: who may, what counts, and what is exported."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from functions.report.schemas import MAX_EXPORT_LINES
from heartsense.conditions import CONDITION_IDS
from heartsense.errors import PredictionNotFoundError
from heartsense.service import feedback
from heartsense.service.predictions import MongoPredictionRepository, Refusal
from heartsense.service.predictions.prediction import Outcome
from tests.integration.test_report_http import Sender, code
from tests.support.running_service import BUCKET, Service
from tests.support.sample_results import classified_sample, uncertain


@pytest.fixture
def patient(service: Service) -> Sender:
    return Sender(service)


@pytest.fixture
def doctor(service: Service) -> Sender:
    return Sender(service, "doctor")


@pytest.fixture
def administrator(service: Service) -> Sender:
    return Sender(service, "administrator")


def submit_review(doctor: Sender, prediction_id: str, **body: Any) -> httpx.Response:
    return doctor.http.post(f"/predictions/{prediction_id}/feedback", json=body)


def submitted(doctor: Sender, prediction_id: str, **body: Any) -> dict[str, Any]:
    answer = submit_review(doctor, prediction_id, **body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def history(reader: Sender, prediction_id: str) -> list[dict[str, Any]]:
    answer = reader.http.get(f"/predictions/{prediction_id}/feedback")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def exported(administrator: Sender, **query: Any) -> dict[str, dict[str, Any]]:
    answer = administrator.http.get("/feedback/export", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    return {line["prediction_id"]: line for line in lines}


def test_all_reviews_are_stored_and_the_last_one_counts(
    patient: Sender, doctor: Sender, administrator: Sender
) -> None:
    prediction_id = patient.predicted()
    assert history(patient, prediction_id) == []
    first = submitted(doctor, prediction_id, verdict="confirmed", comment="Q in III.\nAnd aVF.")
    assert first["conditions"] == ["myocardial_infarction"]
    assert first["comment"] == "Q in III.\nAnd aVF."
    corrected = ["hypertrophy", "myocardial_infarction", "hypertrophy"]
    second = submitted(doctor, prediction_id, verdict="corrected", conditions=corrected)
    assert second["conditions"] == ["myocardial_infarction", "hypertrophy"]
    assert history(patient, prediction_id) == [second, first]
    assert history(doctor, prediction_id) == [second, first]
    line = exported(administrator)[prediction_id]
    assert (line["verdict"], line["conditions"]) == ("corrected", second["conditions"])


def test_a_review_does_not_name_its_author(patient: Sender, doctor: Sender) -> None:
    prediction_id = patient.predicted()
    submitted(doctor, prediction_id, verdict="confirmed")
    reviews_json = json.dumps(history(patient, prediction_id))
    assert doctor.person.id not in reviews_json
    assert doctor.email not in reviews_json


@pytest.mark.parametrize(
    "body",
    [
        {"verdict": "corrected"},
        {"verdict": "corrected", "conditions": ["Q"]},
        {"verdict": "corrected", "conditions": ["uncertain"]},
        {"verdict": "corrected", "conditions": ["normal", "hypertrophy"]},
        {"verdict": "confirmed", "conditions": ["hypertrophy"]},
    ],
)
def test_conditions_that_contradict_are_refused(
    patient: Sender, doctor: Sender, body: dict[str, Any]
) -> None:
    prediction_id = patient.predicted()
    assert code(submit_review(doctor, prediction_id, **body)) == (422, "invalid_feedback")
    assert history(doctor, prediction_id) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"verdict": "perhaps"},
        {"verdict": {"$gt": ""}},
        {"verdict": "corrected", "conditions": {"$gt": ""}},
        {"verdict": "corrected", "conditions": ["normal"] * 7},
        {"verdict": "corrected", "conditions": [1]},
        {"verdict": "confirmed", "comment": "x" * 2001},
        {"verdict": "confirmed", "comment": "a\x00b"},
        {"verdict": "confirmed", "reviewer": "somebody else"},
    ],
)
def test_anything_else_is_refused(doctor: Sender, body: dict[str, Any]) -> None:
    assert code(submit_review(doctor, "made-up", **body)) == (422, "invalid_request")


def test_an_uncertain_result_cannot_be_confirmed(patient: Sender, doctor: Sender) -> None:
    prediction_id = patient.stored(uncertain())
    assert code(submit_review(doctor, prediction_id, verdict="confirmed")) == (
        422,
        "invalid_feedback",
    )
    review = submitted(
        doctor, prediction_id, verdict="corrected", conditions=["supraventricular_arrhythmia"]
    )
    assert review["conditions"] == ["supraventricular_arrhythmia"]


def test_roles_decide(
    service: Service, patient: Sender, doctor: Sender, administrator: Sender
) -> None:
    prediction_id = patient.predicted()
    path = f"/predictions/{prediction_id}/feedback"
    review = {"verdict": "confirmed"}
    for caller in (patient, administrator):
        assert code(caller.http.post(path, json=review)) == (403, "not_allowed")
        assert code(caller.http.get("/reviews")) == (403, "not_allowed")
    for caller in (patient, doctor):
        assert code(caller.http.get("/feedback/export")) == (403, "not_allowed")
    assert code(administrator.http.get(path)) == (404, "no_such_prediction")
    assert code(Sender(service).http.get(path)) == (404, "no_such_prediction")
    assert code(submit_review(doctor, "made-up", **review)) == (404, "no_such_prediction")
    with service.browser() as stranger:
        assert code(stranger.post(path, json=review)) == (401, "not_signed_in")
        for asked in (path, "/reviews", "/feedback/export"):
            assert code(stranger.get(asked)) == (401, "not_signed_in")


def test_a_refused_image_cannot_be_reviewed(
    service: Service, patient: Sender, doctor: Sender
) -> None:
    store = MongoPredictionRepository(service.database)
    made = store.create(patient.person.id, 1, False, datetime.now(UTC))
    assert code(submit_review(doctor, made.id, verdict="confirmed")) == (409, "prediction_not_done")
    refused = Outcome(None, None, Refusal("no_ecg_found", "No ECG."))
    store.finish(made.id, refused, datetime.now(UTC))
    assert code(submit_review(doctor, made.id, verdict="confirmed")) == (409, "prediction_not_done")


def test_doctors_see_what_is_done_newest_first(patient: Sender, doctor: Sender) -> None:
    older, newer = patient.predicted(), patient.predicted("normal.png")
    review = submitted(doctor, older, verdict="confirmed")
    first = doctor.http.get("/reviews", params={"limit": 1}).json()
    assert [item["id"] for item in first["items"]] == [newer]
    assert first["items"][0]["findings"] == ["normal"]
    assert first["items"][0].get("feedback") is None
    cursor = first["next_cursor"]
    second = doctor.http.get("/reviews", params={"limit": 1, "cursor": cursor}).json()
    assert [(item["id"], item["feedback"]) for item in second["items"]] == [(older, review)]
    assert code(doctor.http.get("/reviews?cursor=made-up")) == (422, "invalid_request")


def test_the_export_names_pictures_only_with_consent(
    service: Service, patient: Sender, doctor: Sender, administrator: Sender
) -> None:
    agreed, silent = patient.predicted(), patient.predicted()
    agreement = {"$set": {"keep_for_training": True}}
    service.database["predictions"].update_one({"_id": agreed}, agreement)
    for prediction_id in (agreed, silent):
        submitted(doctor, prediction_id, verdict="confirmed", comment="É")
    lines = exported(administrator)
    assert lines[silent]["picture_key"] is None
    line = lines[agreed]
    reviewed_at = datetime.fromisoformat(line.pop("reviewed_at"))
    assert (datetime.now(UTC) - reviewed_at).total_seconds() < 60
    s3 = service.serving.client("s3")
    kept = s3.get_object(Bucket=BUCKET, Key=line["picture_key"])["Body"].read()
    assert kept == classified_sample("inferior-infarction.png").artifacts["picture.jpg"]
    assert {**line, "picture_key": None} == {
        "prediction_id": agreed,
        "sha256": "5" * 64,
        "model_version": "1.0.0",
        "picture_key": None,
        "page": 1,
        "verdict": "confirmed",
        "conditions": ["myocardial_infarction"],
        "comment": "É",
    }


def test_an_export_continues_where_it_ended(
    patient: Sender, doctor: Sender, administrator: Sender
) -> None:
    for _ in range(3):
        submitted(doctor, patient.predicted("normal.png"), verdict="confirmed")
    found: list[str] = []
    following: str | None = "/feedback/export?limit=1"
    origin = {"Origin": str(administrator.http.base_url).rstrip("/")}
    while following:
        answer = administrator.http.get(following, headers=origin)
        found += [json.loads(line)["prediction_id"] for line in answer.text.splitlines()]
        following = answer.links.get("next", {}).get("url")
        if following:  # relative, under whatever path the API has
            following = str(answer.url.join(following))
            assert answer.headers["access-control-expose-headers"] == "Link"
    assert len(found) == len(set(found))
    assert set(found) == set(exported(administrator))


def test_the_longest_page_fits_into_an_answer_of_lambda(
    patient: Sender, doctor: Sender, administrator: Sender
) -> None:
    prediction_id = patient.predicted("normal.png")
    every = [condition for condition in CONDITION_IDS if condition != "normal"]
    for character in ("\N{ANATOMICAL HEART}", '"', "\n"):
        review = {"conditions": every, "comment": character * 2000}
        submitted(doctor, prediction_id, verdict="corrected", **review)
        answer = administrator.http.get("/feedback/export", params={"limit": 200})
        (line,) = (text for text in answer.text.split("\n") if prediction_id in text)
        assert json.loads(line)["comment"] == character * 2000
        # A part of the function's own answer, which is JSON too; in older runtimes all ASCII.
        assert len(json.dumps(line)) * MAX_EXPORT_LINES < 5_500_000
    assert code(administrator.http.get("/feedback/export?limit=201"))[0] == 422


def test_reviews_go_with_their_prediction_and_account(
    service: Service, patient: Sender, doctor: Sender, administrator: Sender
) -> None:
    gone, kept = patient.predicted(), patient.predicted()
    for prediction_id in (gone, kept):
        submitted(doctor, prediction_id, verdict="confirmed", comment=f"about {prediction_id}")
    MongoPredictionRepository(service.database).remove(gone)
    assert gone not in exported(administrator)
    feedback.delete_by_prediction(service.database, gone)
    assert not service.database["feedback"].count_documents({"_id": gone})
    # A doctor who leaves leaves what was said, and not who said it.
    feedback.delete_account_data(service.database, doctor.person.id)
    assert [review["comment"] for review in history(patient, kept)] == [f"about {kept}"]
    reviews = service.database["feedback"].find_one({"_id": kept})
    assert doctor.person.id not in repr(reviews)
    feedback.delete_account_data(service.database, patient.person.id)
    assert not service.database["feedback"].count_documents({"owner": patient.person.id})


def test_a_review_of_a_prediction_deleted_meanwhile_is_not_stored(
    service: Service, patient: Sender, doctor: Sender
) -> None:
    store = MongoPredictionRepository(service.database)
    prediction = store.get(patient.predicted())
    assert prediction is not None
    reviews = feedback.FeedbackService(feedback.ReviewRepository(service.database), store)
    store.remove(prediction.id)
    with pytest.raises(PredictionNotFoundError):
        reviews.submit(prediction, doctor.person.id, feedback.Verdict.CONFIRMED, [], "")
    assert not service.database["feedback"].count_documents({"_id": prediction.id})
