"""The auth function on its schedule: deletions that were cut off."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from pymongo.database import Database

from heartsense import upkeep
from heartsense.accounts import AccountStore, KeyRing
from heartsense.api import database
from heartsense.predictions import MongoPredictions, pictures
from tests.people import new_person
from tests.stack import new_bucket
from tests.test_predict_function import Context

EVENTS = Path(__file__).parents[1] / "events"
RING = KeyRing.generate()
NOW = datetime.now(UTC)


@pytest.fixture
def deployed(
    mongodb_uri: str, mongodb: Database[Any], aws: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database[Any]]:
    """The function's environment; its database."""
    for name, value in {
        "MONGODB_URI": mongodb_uri,
        "MONGODB_DATABASE": mongodb.name,
        "PICTURES_BUCKET": new_bucket(),
        "TOKEN_KEYS": RING.to_json(),
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_SERVICE_NAME": "auth",
    }.items():
        monkeypatch.setenv(name, value)
    upkeep.create_indexes(mongodb)
    _forget_connections()
    yield mongodb
    _forget_connections()


def _forget_connections() -> None:
    if database.cache_info().currsize:
        database().client.close()
    for kept in (database, pictures._client):
        kept.cache_clear()


def test_the_schedule_finishes_deletions(deployed: Database[Any]) -> None:
    from functions.auth.app import handler

    leaving, staying = new_person(deployed, RING), new_person(deployed, RING)
    predictions, accounts = MongoPredictions(deployed), AccountStore(deployed)
    s3, bucket = boto3.client("s3"), os.environ["PICTURES_BUCKET"]
    keys = []
    for person in (leaving, staying):
        made = predictions.create(person.id, 1, False, NOW)
        keys.append(f"answers/{person.id}/{made.id}/picture.jpg")
        s3.put_object(Bucket=bucket, Key=keys[-1], Body=b"x")
    accounts.begin_closing(leaving.id, NOW)
    event = json.loads((EVENTS / "schedule.json").read_text())
    context: Any = Context()
    for _ in range(2):
        assert handler(event, context) is None
        assert accounts.by_id(leaving.id) is None
        assert accounts.by_id(staying.id) is not None
        listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
        assert [entry["Key"] for entry in listed] == keys[1:]
