"""Uploads reach the worker through a queue that is fair between their owners."""

import json
import os
from typing import Any

import boto3
import pytest
from pymongo.database import Database

from devstack.template import Template
from heartsense.service.predictions.upload_queue import (
    HEARTBEAT_SECONDS,
    VISIBILITY_SECONDS,
    UploadQueue,
)
from tests.support.devstack_process import eventually
from tests.support.function_events import Event, batch, call, s3_event
from tests.support.paths import ROOT

QUIET, NOISY = "a" * 24, "b" * 24


def key(owner: str, number: int) -> str:
    return f"uploads/{owner}/{number:024x}"


def receive(count: int = 1, visibility: int = 30) -> list[Any]:
    found: list[Any] = (
        boto3.client("sqs")
        .receive_message(
            QueueUrl=os.environ["UPLOAD_QUEUE_URL"],
            MaxNumberOfMessages=count,
            VisibilityTimeout=visibility,
            MessageSystemAttributeNames=["All"],
        )
        .get("Messages", [])
    )
    return found


def owner(message: Any) -> str:
    (record,) = json.loads(message["Body"])["Records"]
    found: str = record["s3"]["object"]["key"].split("/")[1]
    return found


def dispatch(*keys: str) -> Any:
    return call("upload_dispatcher", batch(*(s3_event(name) for name in keys)))


def test_an_event_is_passed_on_in_its_owners_group(deployed: Database[Event]) -> None:
    both = s3_event(key(NOISY, 1))
    both["Records"] += s3_event(key(QUIET, 2))["Records"]
    other = s3_event("elsewhere/1")
    test_event = '{"Event": "s3:TestEvent"}'
    assert call("upload_dispatcher", batch(both, other, test_event)) == {"batchItemFailures": []}
    received = receive(10)
    assert {(owner(found), found["Attributes"]["MessageGroupId"]) for found in received} == {
        (NOISY, NOISY),
        (QUIET, QUIET),
    }


def test_only_what_could_not_be_passed_on_is_delivered_again(
    deployed: Database[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    event = batch("no JSON", s3_event(key(QUIET, 1)))
    assert call("upload_dispatcher", event) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    monkeypatch.setenv("UPLOAD_QUEUE_URL", os.environ["UPLOAD_QUEUE_URL"] + "-gone")
    assert dispatch(key(QUIET, 2)) == {"batchItemFailures": [{"itemIdentifier": "0"}]}


def test_a_thousand_uploads_of_one_owner_do_not_delay_anothers(deployed: Database[Event]) -> None:
    """Shown here with ministack's queue and our order of it; on AWS, SQS itself is fair."""
    for start in range(0, 1000, 100):
        dispatch(*(key(NOISY, start + number) for number in range(100)))
    dispatch(key(QUIET, 1), key(QUIET, 2))
    assert [owner(found) for _ in range(4) for found in receive()].count(QUIET) == 2


def test_a_message_in_work_is_not_delivered_again_and_one_of_a_dead_worker_is(
    deployed: Database[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch(key(QUIET, 1))
    queue = "heartsense.service.predictions.upload_queue"
    monkeypatch.setattr(f"{queue}.VISIBILITY_SECONDS", 2)
    monkeypatch.setattr(f"{queue}.HEARTBEAT_SECONDS", 0.5)
    (message,) = receive(visibility=1)
    with UploadQueue(os.environ["UPLOAD_QUEUE_URL"]).kept_invisible(message["ReceiptHandle"]):
        assert not eventually(lambda: bool(receive(visibility=1)), 3)
    assert eventually(lambda: bool(receive(visibility=1)), 4)


def test_what_a_dead_worker_had_is_taken_up_again_within_a_minute() -> None:
    template = Template(ROOT / "template.yaml")
    queue = template.resources("AWS::SQS::Queue")["UploadQueue"]
    worker = template.functions["UploadWorkerFunction"]
    assert queue["VisibilityTimeout"] == VISIBILITY_SECONDS <= 60
    assert worker.timeout <= VISIBILITY_SECONDS  # Lambda refuses the mapping otherwise
    assert HEARTBEAT_SECONDS * 2 < VISIBILITY_SECONDS
