"""The database killed (kill -9) between any two writes of a change to an account.

The function survives, as in Lambda; the database restarts on the same folder. The account must then
be in its old or its new state, and repeating the call must lead to the new one.
"""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from pymongo import MongoClient, monitoring
from pymongo.database import Database

from devstack.processes import Server, free_port
from devstack.servers import start_database
from heartsense.service import maintenance
from heartsense.service.accounts import AccountRepository, KeyRing, SessionService
from heartsense.service.accounts.devices import Client
from heartsense.service.accounts.email_tokens import EmailToken
from heartsense.service.accounts.passwords import hash_password, verify_password
from heartsense.service.database import database
from heartsense.service.email import EmailMessage, SesMailer
from heartsense.service.email.address import read_address
from heartsense.service.predictions import MongoPredictionRepository
from heartsense.service.rate_limiter import RateLimiter
from tests.support.handler_calls import Reply, call
from tests.support.handler_environment import token_environment
from tests.support.running_service import PASSWORD, new_address
from tests.support.servers import new_bucket

pytestmark = pytest.mark.slow
WRITES = {"insert", "update", "delete", "findAndModify"}
MAX_WRITES = 40
OTHER = "another four words entirely"
SOURCE = "10.200.0.1"
HASH = hash_password(PASSWORD)


class DatabaseKiller(monitoring.CommandListener):
    """Kills the database just before a write is sent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._server: Server | None = None
        self.uri = ""
        self._left = 0

    def start(self) -> None:
        self._server, self.uri = start_database(self._folder / "database", self._folder, self._port)

    def stop(self) -> None:
        assert self._server
        self._server.stop()

    def before_write(self, number: int) -> None:
        """The database is killed before the `number`-th write from now on."""
        self._left = number

    @property
    def killed(self) -> bool:
        return bool(self._server and self._server.ended())

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name in WRITES and self._left:
            self._left -= 1
            if not self._left:
                assert self._server
                self._server.kill()

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


class World:
    """The auth function in this process, with a database that can be killed."""

    def __init__(
        self, killer: DatabaseKiller, database: Database[dict[str, Any]], bucket: str
    ) -> None:
        from functions.auth.handler import handler

        self._handler = handler
        self.killer = killer
        self.database = database
        self.bucket = bucket
        self.messages: list[EmailMessage] = []

    def call(self, *request: Any, **more: Any) -> Reply:
        return call(self._handler, *request, **more)

    def crash_at_each_write(self, *request: Any, **more: Any) -> Iterator[Reply]:
        """Send a request again and again, killed one write later each time, until it gets through.

        After each, the database is back; what the caller prepares in between is not counted.
        """
        for number in range(1, MAX_WRITES):
            self.killer.before_write(number)
            reply = self.call(*request, **more)
            self.killer.before_write(0)
            if not self.killer.killed:
                assert reply.status < 300, reply
                return
            self.killer.start()
            assert (reply.status, reply.code) == (503, "database_unavailable")
            yield reply
        pytest.fail("it never gets through")

    def account(self, email: str) -> dict[str, Any] | None:
        found = list(self.database["accounts"].find({"email_key": email}))
        assert len(found) <= 1
        return found[0] if found else None

    def mailed_token(self) -> str:
        """The token of the newest link that was mailed."""
        return [message.values["link"] for message in self.messages][-1].partition("#token=")[2]

    def new_account(self) -> tuple[str, str, dict[str, str]]:
        """Id, address and headers of a signed-in account that owns data of every kind."""
        store, email, now = AccountRepository(self.database), new_address(), datetime.now(UTC)
        link = EmailToken("digest", now + timedelta(days=1))
        owner = store.create(read_address(email), "Ada", HASH, link, now)
        assert owner
        assert store.verify(owner, "digest", now)
        account = store.by_id(owner)
        assert account
        ring = KeyRing.from_json(os.environ["TOKEN_KEYS"])
        known = RateLimiter(self.database, os.environ["LIMITER_KEY"].encode()).source(SOURCE)
        tokens = SessionService(store, ring).open(account, Client(known))
        assert tokens
        made = MongoPredictionRepository(self.database).create(owner, 1, True, now)
        s3 = boto3.client("s3")
        for key in (f"uploads/{owner}/{made.id}", f"answers/{owner}/{made.id}/picture.jpg"):
            s3.put_object(Bucket=self.bucket, Key=key, Body=b"picture")
        self.database["messages"].insert_one({"email_key": email, "message": "Hello."})
        self.database["reports"].insert_one({"owner": owner, "to": email})
        self.database["feedback"].insert_one({"owner": owner, "prediction": made.id})
        return owner, email, {"Authorization": f"Bearer {tokens.access}"}

    def leftovers(self, *traces: str) -> list[str]:
        kept = [
            f"{name}: {document}"
            for name in self.database.list_collection_names()
            if name != "audit"  # keeps ids of deleted accounts
            for document in self.database[name].find()
        ]
        entries = boto3.client("s3").list_objects_v2(Bucket=self.bucket).get("Contents", [])
        kept += [entry["Key"] for entry in entries]
        return [text for text in kept if any(trace in text for trace in traces)]


@pytest.fixture(scope="module")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseKiller]:
    killer = DatabaseKiller(tmp_path_factory.mktemp("crashes"))
    killer.start()
    yield killer
    killer.stop()


@pytest.fixture
def world(killer: DatabaseKiller, aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    bucket = new_bucket()
    boto3.client("ses").verify_email_identity(EmailAddress="heartsense@example.org")
    name = f"test-{os.urandom(6).hex()}"
    for variable, value in {
        "MONGODB_URI": killer.uri,
        "MONGODB_DATABASE": name,
        **token_environment(KeyRing.generate()),
        "PICTURES_BUCKET": bucket,
        "MAIL_FROM": "heartsense@example.org",
        "OPERATOR_ADDRESS": "operator@example.org",
        "PUBLIC_URL": "http://web.test",
    }.items():
        monkeypatch.setenv(variable, value)

    def client(uri: str, **options: Any) -> MongoClient[dict[str, Any]]:
        # A failed write is retried once, for as long as the server selection takes.
        impatient = {"serverSelectionTimeoutMS": 700, "event_listeners": [killer]}
        return MongoClient(uri, **{**options, **impatient})

    # By the module's name: the package's attribute is the function of the same name.
    monkeypatch.setattr(sys.modules["heartsense.service.database"], "MongoClient", client)
    database.cache_clear()
    with MongoClient[dict[str, Any]](killer.uri, tz_aware=True) as watcher:
        maintenance.create_indexes(watcher[name])
        world = World(killer, watcher[name], bucket)
        send = SesMailer.send

        def record_and_send(
            mailer: SesMailer, message: EmailMessage, *more: Any, **named: Any
        ) -> Any:
            world.messages.append(message)
            return send(mailer, message, *more, **named)

        monkeypatch.setattr(SesMailer, "send", record_and_send)
        yield world
    database().client.close()
    database.cache_clear()


def test_registration(world: World) -> None:
    email = new_address()
    body = {"name": "Ada", "email": email, "password": PASSWORD}
    crashes = 0
    for _ in world.crash_at_each_write("POST", "/register", body):
        crashes += 1
        assert world.account(email) is None
    assert crashes == 3
    whole = world.account(email)
    assert whole
    assert verify_password(PASSWORD, whole["password_hash"])
    token = world.mailed_token()
    for reply in world.crash_at_each_write("POST", "/verify", {"token": token}):
        assert reply.status == 503
    kept = world.account(email)
    assert kept
    assert kept["verified_at"]


def test_reset(world: World) -> None:
    _, email, headers = world.new_account()
    for _ in world.crash_at_each_write("POST", "/password/forgot", {"email": email}):
        world.database["attempts"].delete_many({})
        kept = world.account(email)
        assert kept
        assert "reset_token" not in kept
    body = {"token": world.mailed_token(), "password": OTHER, "attempt": "a1"}
    for _ in world.crash_at_each_write("POST", "/password/reset", body):
        kept = world.account(email)
        assert kept
        assert kept["password_hash"] == HASH
        assert len(kept["sessions"]) == 1
        assert world.call("GET", "/me", headers=headers).status == 200
    kept = world.account(email)
    assert kept
    assert verify_password(OTHER, kept["password_hash"])
    assert kept["sessions"] == []
    assert world.call("GET", "/me", headers=headers).code == "token_refused"
    assert world.call("POST", "/password/reset", body).status == 204


def test_recovery_of_an_address_never_confirmed(world: World) -> None:
    stranger, email, headers = world.new_account()
    world.database["accounts"].update_one({"_id": stranger}, {"$set": {"verified_at": None}})
    assert world.call("POST", "/password/forgot", {"email": email}).status == 202
    body = {"token": world.mailed_token(), "password": OTHER, "attempt": "a1"}
    crashes = 0
    for _ in world.crash_at_each_write("POST", "/password/reset", body):
        crashes += 1
        kept = world.account(email)
        if kept is not None and kept["_id"] != stranger:  # the owner's, and it is whole
            assert verify_password(OTHER, kept["password_hash"])
            assert kept["verified_at"]
            assert kept["sessions"] == []
    assert crashes >= 6
    kept = world.account(email)
    assert kept
    assert (kept["_id"] != stranger, kept["name"]) == (True, "")
    assert verify_password(OTHER, kept["password_hash"])
    assert world.call("GET", "/me", headers=headers).code == "token_refused"
    # Messages through the form may be the owner's own.
    assert {text.split(":")[0] for text in world.leftovers(stranger, email)} == {
        "accounts",
        "messages",
    }
    assert world.leftovers(stranger) == []
    assert world.call("POST", "/password/reset", body).status == 204


def test_a_recovery_that_nobody_repeats_is_finished_by_the_sweep(world: World) -> None:
    stranger, email, _ = world.new_account()
    world.database["accounts"].update_one({"_id": stranger}, {"$set": {"verified_at": None}})
    assert world.call("POST", "/password/forgot", {"email": email}).status == 202
    body = {"token": world.mailed_token(), "password": OTHER}
    world.killer.before_write(4)  # after the attempt, the audit, and the detached account
    assert world.call("POST", "/password/reset", body).status == 503
    world.killer.before_write(0)
    world.killer.start()
    assert maintenance.sweep(world.database, world.bucket) == 1
    assert world.leftovers(stranger) == []
    again = {"name": "Ada", "email": email, "password": OTHER}
    assert world.call("POST", "/register", again).status == 202


def test_deletion(world: World) -> None:
    owner, email, headers = world.new_account()
    crashes, begun = 0, 0
    for _ in world.crash_at_each_write(
        "DELETE", "/me", {"password": PASSWORD}, headers=headers, source=SOURCE
    ):
        crashes += 1
        world.database["attempts"].delete_many({})
        kept = world.account(email)
        assert kept, "the account is deleted last"
        reply = world.call("GET", "/me", headers=headers)
        if "pending_deletion_since" in kept:
            begun += 1
            assert reply.code == "account_closing"
        else:
            assert reply.status == 200
            # Nothing is deleted before the account is marked.
            assert len(world.leftovers(owner, email)) == 7
    assert crashes >= 8
    assert begun >= 4
    assert world.leftovers(owner, email) == []
    assert world.call("GET", "/me", headers=headers).code == "token_refused"
