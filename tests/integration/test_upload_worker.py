"""The upload worker's handler, called with the events that AWS sends."""

import io
import json
import os
from typing import Any

import boto3
import pytest
from PIL import Image
from pymongo.database import Database

from devstack.template import Template
from heartsense.reference_ranges import quality_label
from heartsense.service.predictions import (
    MAX_ATTEMPTS,
    ImageClassification,
    MongoPredictionRepository,
    S3PredictionStorage,
    Status,
)
from heartsense.service.predictions.classification import classify_image
from tests.support.embedded_metrics import metrics_of
from tests.support.function_events import (
    Event,
    batch,
    call,
    objects,
    parsed,
    picture_event,
    predict,
    read_event,
    s3_event,
    uploaded,
)
from tests.support.handler_environment import RING
from tests.support.paths import ROOT
from tests.support.signed_in_accounts import new_person

SAMPLE = (ROOT / "samples" / "hypertrophy-half-gain.png").read_bytes()


def worker(event: Event) -> Any:
    return call("upload_worker", event)


def test_s3s_own_event_classifies_the_upload(deployed: Database[Event]) -> None:
    person, store = new_person(deployed, RING), MongoPredictionRepository(deployed)
    key = uploaded(store, person.id, SAMPLE)
    outcome = {"uploads": [{"key": key, "outcome": "done"}]}
    assert worker(s3_event(key)) == outcome
    assert worker(s3_event(key)) == outcome  # told twice
    prediction = store.get(key.rpartition("/")[2])
    assert prediction is not None
    assert prediction.status is Status.DONE
    assert prediction.result is not None
    _, direct = parsed(predict(read_event("predict.json")))
    assert direct.pop("quality_label") == quality_label(direct["quality"]["score"])
    for told in ("pictures", "measurement_rows", "limitations"):  # in the answer, not stored
        direct.pop(told)
    assert prediction.result == direct
    kept = {name.rpartition("/")[2] for name in objects()}
    heat = {f"heatmap-{name}.png" for name in prediction.heatmaps}
    assert heat
    assert kept == {"picture.jpg", "overlay.png", "signal.json", *heat}
    assert not any(name.startswith("uploads/") for name in objects())


def test_stored_artifacts_can_be_opened(deployed: Database[Event]) -> None:
    person, store = new_person(deployed, RING), MongoPredictionRepository(deployed)
    key = uploaded(store, person.id, SAMPLE)
    worker(s3_event(key))
    kept = S3PredictionStorage(os.environ["PICTURES_BUCKET"])
    prediction_id = key.rpartition("/")[2]
    size = Image.open(io.BytesIO(SAMPLE)).size
    prediction = store.get(prediction_id)
    assert prediction is not None
    heat = [f"heatmap-{name}.png" for name in prediction.heatmaps]
    assert heat
    for name in ("picture.jpg", "overlay.png", *heat):
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
    assert worker(batch(s3_event(key))) == {"batchItemFailures": []}
    prediction = store.get(key.rpartition("/")[2])
    assert prediction is not None
    assert prediction.status is Status.FAILED
    assert prediction.refusal is not None
    assert prediction.refusal.code == "not_an_image"
    assert objects() == []


def test_only_failed_messages_of_a_batch_are_delivered_again(
    deployed: Database[Event], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from functions.upload_worker import dependencies

    store = MongoPredictionRepository(deployed)
    good, bad = uploaded(store, "a", SAMPLE), uploaded(store, "a", b"breaks")

    def breaking(data: bytes, page: int) -> ImageClassification:
        if data == b"breaks":
            raise MemoryError("of a patient's picture")
        return classify_image(data, page)

    monkeypatch.setattr(dependencies, "classify_image", breaking)
    event = batch(s3_event(bad), s3_event(good))
    assert worker(event) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert [found.status for found in store.newest("a", 5)[0]].count(Status.DONE) == 1
    (failure,) = [record for record in caplog.records if record.msg == "upload_failed"]
    assert failure.__dict__["error_type"] == "MemoryError"
    assert "breaking" in failure.__dict__["trace"][-1]
    assert "patient" not in str(failure.__dict__)
    last = batch(s3_event(bad), receives=MAX_ATTEMPTS)
    assert worker(last) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    given_up = store.get(bad.rpartition("/")[2])
    assert given_up is not None
    assert given_up.refusal is not None
    assert given_up.refusal.code == "classification_failed"


def test_outcomes_of_images_are_counted(
    deployed: Database[Event], capsys: pytest.CaptureFixture[str]
) -> None:
    store = MongoPredictionRepository(deployed)
    deleted = uploaded(store, "a", SAMPLE)
    store.remove(deleted.rpartition("/")[2])
    worker(s3_event(uploaded(store, "a", SAMPLE)))
    worker(s3_event(uploaded(store, "a", SAMPLE)))
    worker(s3_event(uploaded(store, "a", b"hello")))
    worker(s3_event(deleted))
    worker(batch(s3_event(uploaded(store, "a", b"at last")), receives=MAX_ATTEMPTS))
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


def test_the_last_attempt_comes_before_the_dead_letter_queue() -> None:
    queue = Template(ROOT / "template.yaml").resources("AWS::SQS::Queue")["UploadQueue"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == MAX_ATTEMPTS


@pytest.mark.parametrize("key", ["elsewhere/1", "uploads/a", "uploads/a/b/c", "uploads/%2e%2e/a"])
def test_other_objects_are_not_deleted(deployed: Database[Event], key: str) -> None:
    s3 = boto3.client("s3")
    s3.put_object(Bucket=os.environ["PICTURES_BUCKET"], Key=key, Body=b"x")
    assert worker(s3_event(key))["uploads"][0]["outcome"] == "ignored"
    assert objects() == [key]


def test_an_event_of_another_bucket_is_ignored(deployed: Database[Event]) -> None:
    assert worker(read_event("s3-put.json")) == {"uploads": []}


def test_an_unrequested_upload_is_deleted(deployed: Database[Event]) -> None:
    key = "uploads/00000000000000000000000a/00000000000000000000000b"
    boto3.client("s3").put_object(Bucket=os.environ["PICTURES_BUCKET"], Key=key, Body=SAMPLE)
    assert worker(s3_event(key)) == {"uploads": [{"key": key, "outcome": "gone"}]}
    assert objects() == []


def test_image_metadata_is_not_stored(deployed: Database[Event]) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe, born 1950"
    photo = io.BytesIO()
    Image.open(io.BytesIO(SAMPLE)).convert("RGB").save(photo, "JPEG", exif=exif)
    assert b"Jane Doe" in photo.getvalue()
    key = uploaded(MongoPredictionRepository(deployed), "a", photo.getvalue())
    worker(s3_event(key))
    s3 = boto3.client("s3")
    assert objects()
    for name in objects():
        content = s3.get_object(Bucket=os.environ["PICTURES_BUCKET"], Key=name)["Body"].read()
        assert b"Jane Doe" not in content
