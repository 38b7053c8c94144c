"""Accounts that nobody uses: warned by e-mail, then deleted; and kept where they are used again."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from heartsense.service.accounts.idle_accounts import NOTICE
from heartsense.service.email import EmailMessage, SesMailer
from heartsense.service.email.ses_client import ses_client
from heartsense.service.predictions import MongoPredictionRepository
from tests.support.handler_calls import LambdaContext, call
from tests.support.paths import ROOT
from tests.support.running_service import PASSWORD, new_address

DAYS = 100
LONG_AGO = timedelta(days=DAYS - NOTICE.days, minutes=1)
TOO_LONG_AGO = timedelta(days=DAYS, minutes=1)


class World:
    """The auth function in this process, and the e-mails that it sent."""

    def __init__(self, database: Database[Any]) -> None:
        from functions.auth.handler import handler

        self.handler = handler
        self.database = database
        self.sent: list[EmailMessage] = []

    def sweep(self) -> None:
        event = json.loads((ROOT / "events" / "schedule.json").read_text())
        assert self.handler(event, LambdaContext()) is None

    def member(self) -> str:
        """The id of a new account with a prediction."""
        email = new_address()
        body = {"name": "Ada", "email": email, "password": PASSWORD}
        assert call(self.handler, "POST", "/register", body).status == 202
        account = self.account({"email_key": email})
        assert account
        now = datetime.now(UTC)
        MongoPredictionRepository(self.database).create(account["_id"], 1, False, now)
        self.sent.clear()
        return str(account["_id"])

    def account(self, query: dict[str, Any]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.database["accounts"].find_one(query)
        return found

    def age(self, account_id: str, by: timedelta, warned: timedelta | None = None) -> None:
        now = datetime.now(UTC)
        fields = {"last_used_at": now - by}
        if warned is not None:
            fields["idle_warned_at"] = now - warned
        self.database["accounts"].update_one({"_id": account_id}, {"$set": fields})

    def sign_in(self, account_id: str) -> dict[str, Any]:
        account = self.account({"_id": account_id})
        assert account
        body = {"email": account["email"], "password": PASSWORD, "transport": "body"}
        answer = call(self.handler, "POST", "/login", body)
        assert answer.status == 200
        tokens: dict[str, Any] = answer.body
        return tokens


@pytest.fixture
def world(deployed: Database[Any], monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("IDLE_DAYS", str(DAYS))
    world = World(deployed)
    send = SesMailer.send

    def record_and_send(mailer: SesMailer, email: EmailMessage) -> None:
        send(mailer, email)
        world.sent.append(email)

    monkeypatch.setattr(SesMailer, "send", record_and_send)
    return world


def test_an_idle_account_is_warned_once_and_deleted_after_the_notice(world: World) -> None:
    idle, used = world.member(), world.member()
    world.age(idle, LONG_AGO)
    for _ in range(2):
        world.sweep()
    (warning,) = world.sent
    account = world.account({"_id": idle})
    assert account
    assert (warning.to, warning.template) == (account["email"], "idle")
    assert str((datetime.now(UTC) + NOTICE).year) in warning.values["date"]
    # Idle for long enough, but not warned for long enough.
    world.age(idle, TOO_LONG_AGO, NOTICE - timedelta(minutes=1))
    world.sweep()
    assert world.account({"_id": idle})
    world.age(idle, TOO_LONG_AGO, NOTICE + timedelta(minutes=1))
    world.sweep()
    assert world.account({"_id": idle}) is None
    assert not world.database["predictions"].find_one({"owner": idle})
    record = world.database["audit"].find_one({"owner": idle})
    assert record
    assert (record["action"], record["role"]) == ("account_deleted", "system")
    assert world.account({"_id": used})
    assert world.database["predictions"].find_one({"owner": used})
    assert len(world.sent) == 1


@pytest.mark.parametrize("use", ["sign-in", "refresh"])
def test_an_account_that_is_used_again_is_kept_and_warned_anew(world: World, use: str) -> None:
    member = world.member()
    refresh = {"refresh_token": world.sign_in(member)["refresh_token"]}
    world.age(member, TOO_LONG_AGO, NOTICE + timedelta(minutes=1))
    if use == "sign-in":
        world.sign_in(member)
    else:
        assert call(world.handler, "POST", "/refresh", refresh).status == 200
    world.sweep()
    account = world.account({"_id": member})
    assert account
    assert "idle_warned_at" not in account
    assert "idle" not in [mail.template for mail in world.sent]
    world.age(member, LONG_AGO)
    world.sweep()
    assert [mail.template for mail in world.sent].count("idle") == 1


def test_nobody_is_deleted_who_could_not_be_warned(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = world.member()
    world.age(member, timedelta(days=10 * DAYS))
    with monkeypatch.context() as offline:
        offline.setenv("AWS_ENDPOINT_URL_SES", "http://127.0.0.1:9")
        ses_client.cache_clear()
        for _ in range(2):
            world.sweep()
    ses_client.cache_clear()
    account = world.account({"_id": member})
    assert account
    assert "idle_warned_at" not in account
    world.sweep()
    assert len(world.sent) == 1
    assert world.account({"_id": member})


def test_idle_time_begins_with_the_first_sweep_where_no_use_is_on_record(world: World) -> None:
    member = world.member()
    created = {"$set": {"created_at": datetime(2020, 1, 1, tzinfo=UTC)}}
    unknown = {**created, "$unset": {"last_used_at": ""}}
    world.database["accounts"].update_one({"_id": member}, unknown)
    world.sweep()
    account = world.account({"_id": member})
    assert account
    assert abs(datetime.now(UTC) - account["last_used_at"]) < timedelta(minutes=1)
    assert world.sent == []


def test_without_a_limit_accounts_are_kept_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDLE_DAYS", "0")
    member = world.member()
    world.age(member, timedelta(days=10000), timedelta(days=9000))
    world.sweep()
    assert world.account({"_id": member})
    assert world.sent == []


def test_a_sweep_leaves_to_the_next_what_it_has_no_time_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = world.member()
    world.age(member, LONG_AGO)
    with monkeypatch.context() as late:
        late.setattr(LambdaContext, "get_remaining_time_in_millis", lambda _: 8000)
        world.sweep()
    assert world.sent == []
    world.sweep()
    assert len(world.sent) == 1
