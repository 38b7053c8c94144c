"""The auth function on its schedule finishes interrupted deletions."""

import json
import os
from datetime import UTC, datetime
from typing import Any

import boto3
from pymongo.database import Database

from heartsense.service.accounts import AccountRepository
from heartsense.service.predictions import MongoPredictionRepository
from tests.support.handler_calls import LambdaContext
from tests.support.handler_environment import RING
from tests.support.paths import ROOT
from tests.support.signed_in_accounts import new_person

EVENTS = ROOT / "events"
NOW = datetime.now(UTC)


def test_the_schedule_finishes_deletions(deployed: Database[Any]) -> None:
    from functions.auth.handler import handler

    deleted, kept = new_person(deployed, RING), new_person(deployed, RING)
    predictions, accounts = MongoPredictionRepository(deployed), AccountRepository(deployed)
    s3, bucket = boto3.client("s3"), os.environ["PICTURES_BUCKET"]
    keys = []
    for person in (deleted, kept):
        made = predictions.create(person.id, 1, False, NOW)
        keys.append(f"answers/{person.id}/{made.id}/picture.jpg")
        s3.put_object(Bucket=bucket, Key=keys[-1], Body=b"x")
    accounts.mark_pending_deletion(deleted.id, NOW)
    event = json.loads((EVENTS / "schedule.json").read_text())
    context: Any = LambdaContext()
    for _ in range(2):
        assert handler(event, context) is None
        assert accounts.by_id(deleted.id) is None
        assert accounts.by_id(kept.id) is not None
        listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
        assert [entry["Key"] for entry in listed] == keys[1:]
