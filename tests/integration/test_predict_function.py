"""The predict function's handler, called with the events that AWS sends."""

import base64
import copy
import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import boto3
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pymongo.database import Database

from devstack.template import Template
from functions.predict.form import read_field
from heartsense.reference_ranges import quality_label
from heartsense.service.accounts import AccountRepository
from heartsense.service.maintenance import account_deletion
from heartsense.service.predictions import (
    MAX_ATTEMPTS,
    ImageClassification,
    MongoPredictionRepository,
    Prediction,
    S3PredictionStorage,
    Status,
)
from heartsense.service.predictions.classification import classify_image
from tests.support.embedded_metrics import metrics_of
from tests.support.handler_environment import RING
from tests.support.paths import ROOT
from tests.support.predict_events import Event, parsed, picture_event, predict, read_event
from tests.support.signed_in_accounts import Person, new_person

SAMPLE = (ROOT / "samples" / "hypertrophy-half-gain.png").read_bytes()


def uploaded(
    store: MongoPredictionRepository, owner: str, content: bytes = SAMPLE, page: int = 1
) -> str:
    """A prediction whose picture lies in the bucket; the object's key."""
    prediction = store.create(owner, page, False, datetime.now(UTC))
    key = f"uploads/{owner}/{prediction.id}"
    boto3.client("s3").put_object(Bucket=os.environ["PICTURES_BUCKET"], Key=key, Body=content)
    return key


def s3_event(key: str) -> Event:
    event = read_event("s3-put.json")
    (record,) = event["Records"]
    record["s3"]["bucket"]["name"] = os.environ["PICTURES_BUCKET"]
    record["s3"]["object"]["key"] = key
    return event


def batch(*bodies: Event | str, receives: int = 1) -> Event:
    event = read_event("sqs-s3-put.json")
    (example,) = event["Records"]
    event["Records"] = []
    for number, body in enumerate(bodies):
        record = copy.deepcopy(example)
        record["messageId"] = str(number)
        record["body"] = body if isinstance(body, str) else json.dumps(body)
        record["attributes"]["ApproximateReceiveCount"] = str(receives)
        event["Records"].append(record)
    return event


def objects() -> list[str]:
    listed = boto3.client("s3").list_objects_v2(Bucket=os.environ["PICTURES_BUCKET"])
    return [entry["Key"] for entry in listed.get("Contents", [])]


def test_an_image_is_classified_and_nothing_is_stored(deployed: Database[Event]) -> None:
    status, result = parsed(predict(read_event("predict.json")))
    assert status == 200
    assert "hypertrophy" in result["findings"]
    assert result["scale"]["gain_mm_per_mv"] == 5
    assert len(result["conditions"]) == 6
    assert "pictures" not in result or result["pictures"] is None
    assert objects() == []
    assert not any(deployed[name].find_one() for name in deployed.list_collection_names())


def test_pictures_come_with_the_answer_when_asked_for(deployed: Database[Event]) -> None:
    status, result = parsed(predict(picture_event(SAMPLE, "image/png", pictures="true")))
    assert status == 200
    given_pictures = result["pictures"]
    present = {f["id"] for f in result["conditions"] if f["status"] == "present"}
    assert set(given_pictures["heatmaps"]) == present
    for url in (given_pictures["picture"], given_pictures["overlay"]):
        kind, _, content = url.partition(";base64,")
        assert kind == "data:image/jpeg"
        assert (
            Image.open(io.BytesIO(base64.b64decode(content))).size
            == Image.open(io.BytesIO(SAMPLE)).size
        )


def test_multipart_forms_of_browsers_and_curl_are_accepted(deployed: Database[Event]) -> None:
    request = httpx.Request("POST", "http://x", files={"image": ("a.png", SAMPLE, "image/png")})
    event = picture_event(request.read(), request.headers["content-type"])
    assert parsed(predict(event)) == parsed(predict(read_event("predict.json")))


@settings(max_examples=200)
@given(content=st.binary(), others=st.dictionaries(st.sampled_from("abc"), st.text()))
def test_a_forms_picture_arrives_byte_for_byte(content: bytes, others: dict[str, str]) -> None:
    request = httpx.Request("POST", "http://x", data=others, files={"image": ("x", content)})
    assert read_field(request.headers["content-type"], request.read(), "image") == content


PDF = (ROOT / "samples" / "paced.pdf").read_bytes()
REFUSED = {
    "text": (b"hello", "text/plain", {}, 415, "unsupported_media_type"),
    "json": (b"{}", "application/json", {}, 415, "unsupported_media_type"),
    "nothing": (b"", "image/png", {}, 400, "empty_file"),
    "not a picture": (b"hello", "image/png", {}, 415, "not_an_image"),
    "half a picture": (SAMPLE[:20000], "image/png", {}, 422, "truncated_image"),
    "page 99": (PDF, "application/pdf", {"page": "99"}, 422, "invalid_request"),
    "page 2": (PDF, "application/pdf", {"page": "2"}, 422, "no_such_page"),
    "page x": (PDF, "application/pdf", {"page": "x"}, 422, "invalid_request"),
    "no boundary": (b"x", "multipart/form-data", {}, 422, "invalid_request"),
    "no field": (
        b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n',
        "multipart/form-data; boundary=b",
        {},
        422,
        "invalid_request",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_reason(
    deployed: Database[Event], case: str
) -> None:
    body, content_type, query, status, code = REFUSED[case]
    answer = predict(picture_event(body, content_type, **query))
    assert answer["multiValueHeaders"]["Content-Type"] == ["application/problem+json"]
    found, problem = parsed(answer)
    assert (found, problem["code"]) == (status, code)
    assert problem["detail"].endswith(".")


def test_a_sheet_without_an_ecg_is_refused(deployed: Database[Event]) -> None:
    sheet = io.BytesIO()
    Image.new("RGB", (800, 600), "white").save(sheet, "PNG")
    status, problem = parsed(predict(picture_event(sheet.getvalue(), "image/png")))
    assert (status, problem["code"]) == (422, "no_ecg_found")


def test_a_body_that_came_as_text_is_refused(deployed: Database[Event]) -> None:
    event = read_event("predict.json") | {"isBase64Encoded": False, "body": "\ufffdPNG"}
    assert parsed(predict(event))[0] == 422


def test_an_upload_needs_a_caller(deployed: Database[Event]) -> None:
    assert parsed(predict(read_event("uploads.json")))[1]["code"] == "token_refused"
    event = read_event("uploads.json")
    del event["headers"]["Authorization"]
    assert parsed(predict(event))[1]["code"] == "not_signed_in"


def test_s3s_own_event_classifies_the_upload(deployed: Database[Event]) -> None:
    person, store = new_person(deployed, RING), MongoPredictionRepository(deployed)
    key = uploaded(store, person.id)
    outcome = {"uploads": [{"key": key, "outcome": "done"}]}
    assert predict(s3_event(key)) == outcome
    assert predict(s3_event(key)) == outcome  # told twice
    prediction = store.get(key.rpartition("/")[2])
    assert prediction is not None
    assert prediction.status is Status.DONE
    assert prediction.result is not None
    _, direct = parsed(predict(read_event("predict.json")))
    assert direct.pop("quality_label") == quality_label(direct["quality"]["score"])
    direct.pop("pictures")
    assert prediction.result == direct
    kept = {name.rpartition("/")[2] for name in objects()}
    heat = {f"heatmap-{name}.png" for name in prediction.heatmaps}
    assert heat
    assert kept == {"picture.jpg", "overlay.png", "signal.json", *heat}
    assert not any(name.startswith("uploads/") for name in objects())


def test_stored_artifacts_can_be_opened(deployed: Database[Event]) -> None:
    person, store = new_person(deployed, RING), MongoPredictionRepository(deployed)
    key = uploaded(store, person.id)
    predict(s3_event(key))
    kept = S3PredictionStorage(os.environ["PICTURES_BUCKET"])
    prediction_id = key.rpartition("/")[2]
    size = Image.open(io.BytesIO(SAMPLE)).size
    for name in ("picture.jpg", "overlay.png", "heatmap-hypertrophy.png"):
        content = kept.read_artifact(person.id, prediction_id, name)
        assert content is not None
        assert Image.open(io.BytesIO(content)).size == size
    signal = json.loads(kept.read_artifact(person.id, prediction_id, "signal.json") or b"")
    assert len(signal["leads"]) == 12
    assert {len(signal["signal_mv"][lead]) for lead in signal["leads"]} == {
        len(signal["signal_mv"]["II"])
    }
    assert kept.read_artifact(person.id, prediction_id, "nothing.png") is None


def test_a_refused_image_is_a_result_and_is_not_retried(deployed: Database[Event]) -> None:
    store = MongoPredictionRepository(deployed)
    key = uploaded(store, "a", b"hello")
    assert predict(batch(s3_event(key))) == {"batchItemFailures": []}
    prediction = store.get(key.rpartition("/")[2])
    assert prediction is not None
    assert prediction.status is Status.FAILED
    assert prediction.refusal is not None
    assert prediction.refusal.code == "not_an_image"
    assert objects() == []


def test_only_failed_messages_of_a_batch_are_delivered_again(
    deployed: Database[Event], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from functions.predict import dependencies

    store = MongoPredictionRepository(deployed)
    good, bad = uploaded(store, "a"), uploaded(store, "a", b"breaks")

    def breaking(data: bytes, page: int) -> ImageClassification:
        if data == b"breaks":
            raise MemoryError("of a patient's picture")
        return classify_image(data, page)

    monkeypatch.setattr(dependencies, "classify_image", breaking)
    test_event = '{"Event": "s3:TestEvent"}'
    event = batch(s3_event(bad), s3_event(good), test_event)
    assert predict(event) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert [found.status for found in store.newest("a", 5)[0]].count(Status.DONE) == 1
    (failure,) = [record for record in caplog.records if record.msg == "upload_failed"]
    assert failure.__dict__["error_type"] == "MemoryError"
    assert "breaking" in failure.__dict__["trace"][-1]
    assert "patient" not in str(failure.__dict__)
    last = batch(s3_event(bad), receives=MAX_ATTEMPTS)
    assert predict(last) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    given_up = store.get(bad.rpartition("/")[2])
    assert given_up is not None
    assert given_up.refusal is not None
    assert given_up.refusal.code == "classification_failed"


def test_outcomes_of_images_are_counted(
    deployed: Database[Event], capsys: pytest.CaptureFixture[str]
) -> None:
    store = MongoPredictionRepository(deployed)
    deleted = uploaded(store, "a")
    store.remove(deleted.rpartition("/")[2])
    predict(s3_event(uploaded(store, "a")))
    predict(s3_event(uploaded(store, "a")))
    predict(s3_event(uploaded(store, "a", b"hello")))
    predict(s3_event(deleted))
    predict(batch(s3_event(uploaded(store, "a", b"at last")), receives=MAX_ATTEMPTS))
    assert predict(picture_event(b"hello", "image/png"))["statusCode"] == 415
    assert predict(picture_event(SAMPLE, "image/png"))["statusCode"] == 200
    refused = {"service": "tests", "code": "not_an_image"}
    assert metrics_of(capsys.readouterr().out) == [
        ("PicturesClassified", 1, {"service": "tests"}),
        ("Uploads", 1, {"service": "tests", "outcome": "done"}),
        ("Uploads", 1, {"service": "tests", "outcome": "duplicate"}),
        ("PicturesRefused", 1, refused),
        ("Uploads", 1, {"service": "tests", "outcome": "failed"}),
        ("Uploads", 1, {"service": "tests", "outcome": "gone"}),
        ("Uploads", 1, {"service": "tests", "outcome": "given_up"}),
        ("PicturesRefused", 1, refused),
        ("PicturesClassified", 1, {"service": "tests"}),
    ]


@pytest.mark.parametrize(("kind", "loaded"), [("snap-start", 1), ("on-demand", 0)])
def test_a_snapshot_holds_the_model(kind: str, loaded: int) -> None:
    program = (
        "import functions.predict.handler\n"
        "from heartsense.classifier import released\n"
        "print(released.cache_info().currsize)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "AWS_LAMBDA_INITIALIZATION_TYPE": kind},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(loaded)


def test_the_last_attempt_comes_before_the_dead_letter_queue() -> None:
    queue = Template(ROOT / "template.yaml").resources("AWS::SQS::Queue")["UploadQueue"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == MAX_ATTEMPTS


@pytest.mark.parametrize("key", ["elsewhere/1", "uploads/a", "uploads/a/b/c", "uploads/%2e%2e/a"])
def test_other_objects_are_not_deleted(deployed: Database[Event], key: str) -> None:
    s3 = boto3.client("s3")
    s3.put_object(Bucket=os.environ["PICTURES_BUCKET"], Key=key, Body=b"x")
    assert predict(s3_event(key))["uploads"][0]["outcome"] == "ignored"
    assert objects() == [key]


def test_an_event_of_another_bucket_is_ignored(deployed: Database[Event]) -> None:
    assert predict(read_event("s3-put.json")) == {"uploads": []}


def test_an_unrequested_upload_is_deleted(deployed: Database[Event]) -> None:
    key = "uploads/00000000000000000000000a/00000000000000000000000b"
    boto3.client("s3").put_object(Bucket=os.environ["PICTURES_BUCKET"], Key=key, Body=SAMPLE)
    assert predict(s3_event(key)) == {"uploads": [{"key": key, "outcome": "gone"}]}
    assert objects() == []


def test_image_metadata_is_not_stored(deployed: Database[Event]) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe, born 1950"
    photo = io.BytesIO()
    Image.open(io.BytesIO(SAMPLE)).convert("RGB").save(photo, "JPEG", exif=exif)
    assert b"Jane Doe" in photo.getvalue()
    key = uploaded(MongoPredictionRepository(deployed), "a", photo.getvalue())
    predict(s3_event(key))
    s3 = boto3.client("s3")
    assert objects()
    for name in objects():
        content = s3.get_object(Bucket=os.environ["PICTURES_BUCKET"], Key=name)["Body"].read()
        assert b"Jane Doe" not in content


def person_and_event(deployed: Database[Event]) -> tuple[Person, Event]:
    person = new_person(deployed, RING)
    event = read_event("uploads.json")
    event["headers"]["Authorization"] = f"Bearer {person.token}"
    return person, event


def test_uploads_are_rate_limited(deployed: Database[Event]) -> None:
    _, event = person_and_event(deployed)
    statuses = [predict(event)["statusCode"] for _ in range(63)]
    assert statuses[:60] == [201] * 60
    assert statuses[-1] == 429


def test_nothing_is_started_for_an_account_deleted_meanwhile(
    deployed: Database[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    person, event = person_and_event(deployed)
    create = MongoPredictionRepository.create

    def overtaken(store: MongoPredictionRepository, owner: str, *rest: Any) -> Prediction:
        account = AccountRepository(deployed).by_id(owner)
        assert account
        account_deletion(deployed, os.environ["PICTURES_BUCKET"]).delete(account)
        return create(store, owner, *rest)

    monkeypatch.setattr(MongoPredictionRepository, "create", overtaken)
    status, body = parsed(predict(event))
    assert (status, body["code"]) == (409, "account_closing")
    assert MongoPredictionRepository(deployed).newest(person.id, 5) == ([], None)
