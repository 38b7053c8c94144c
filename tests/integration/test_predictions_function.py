"""The predictions function's handler, called with the events that AWS sends."""

import base64
import os
from typing import Any

import pytest
from pymongo.database import Database

from heartsense.service.accounts import AccountRepository
from heartsense.service.maintenance import account_deletion
from heartsense.service.predictions import (
    MongoPredictionRepository,
    Prediction,
)
from tests.support.function_events import (
    Event,
    call,
    parsed,
    read_event,
)
from tests.support.handler_environment import RING
from tests.support.signed_in_accounts import Person, new_person


def predictions(event: Event) -> Any:
    return call("predictions", event)


def test_an_upload_needs_a_caller(deployed: Database[Event]) -> None:
    assert parsed(predictions(read_event("uploads.json")))[1]["code"] == "token_refused"
    event = read_event("uploads.json")
    del event["headers"]["Authorization"]
    assert parsed(predictions(event))[1]["code"] == "not_signed_in"


def person_and_event(deployed: Database[Event]) -> tuple[Person, Event]:
    person = new_person(deployed, RING)
    event = read_event("uploads.json")
    event["headers"]["Authorization"] = f"Bearer {person.token}"
    return person, event


def test_uploads_are_rate_limited(deployed: Database[Event]) -> None:
    _, event = person_and_event(deployed)
    statuses = [predictions(event)["statusCode"] for _ in range(63)]
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
    status, body = parsed(predictions(event))
    assert (status, body["code"]) == (409, "account_closing")
    assert MongoPredictionRepository(deployed).newest(person.id, 5) == ([], None)


def test_a_form_is_refused_and_not_parsed(deployed: Database[Event]) -> None:
    _, event = person_and_event(deployed)
    kind = "multipart/form-data; boundary=b"
    event["headers"]["Content-Type"] = kind
    event["multiValueHeaders"]["Content-Type"] = [kind]
    form = b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n\xff\r\n--b--\r\n'
    event |= {"body": base64.b64encode(form).decode(), "isBase64Encoded": True}
    status, problem = parsed(predictions(event))
    assert (status, problem["code"]) == (415, "unsupported_media_type")
