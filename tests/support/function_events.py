"""Events for the functions' handlers, made from the examples in `events/`."""

import base64
import copy
import importlib
import json
import os
from datetime import UTC, datetime
from typing import Any

import boto3

from heartsense.service.predictions import MongoPredictionRepository
from tests.support.handler_calls import LambdaContext
from tests.support.paths import ROOT

EVENTS = ROOT / "events"

Event = dict[str, Any]


def read_event(name: str) -> Event:
    """One of the examples in `events/`."""
    found: Event = json.loads((EVENTS / name).read_text())
    return found


def picture_event(body: bytes, content_type: str, **query: str) -> Event:
    """``POST /predict`` with a body of bytes, as API Gateway passes it on."""
    event = read_event("predict.json")
    event["headers"]["Content-Type"] = content_type
    event["multiValueHeaders"]["Content-Type"] = [content_type]
    event["body"] = base64.b64encode(body).decode()
    event["queryStringParameters"] = query or None
    event["multiValueQueryStringParameters"] = {k: [v] for k, v in query.items()} or None
    return event


def call(function: str, event: Event) -> Any:
    """What the handler in a folder of `functions/` answers."""
    return importlib.import_module(f"functions.{function}.handler").handler(event, LambdaContext())


def predict(event: Event) -> Any:
    """What the predict function answers."""
    return call("predict", event)


def uploaded(store: MongoPredictionRepository, owner: str, content: bytes, page: int = 1) -> str:
    """A prediction whose picture lies in the bucket; the object's key."""
    prediction = store.create(owner, page, False, datetime.now(UTC))
    key = f"uploads/{owner}/{prediction.id}"
    boto3.client("s3").put_object(Bucket=os.environ["PICTURES_BUCKET"], Key=key, Body=content)
    return key


def s3_event(key: str) -> Event:
    """S3's event of one object in the bucket."""
    event = read_event("s3-put.json")
    (record,) = event["Records"]
    record["s3"]["bucket"]["name"] = os.environ["PICTURES_BUCKET"]
    record["s3"]["object"]["key"] = key
    return event


def batch(*bodies: Event | str, receives: int = 1) -> Event:
    """A queue's messages with these bodies, received for the n-th time."""
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
    """The keys of all objects in the bucket."""
    listed = boto3.client("s3").list_objects_v2(Bucket=os.environ["PICTURES_BUCKET"])
    return [entry["Key"] for entry in listed.get("Contents", [])]


def parsed(answer: Any) -> tuple[int, Any]:
    """Status and JSON body of an answer."""
    return answer["statusCode"], json.loads(answer["body"])
