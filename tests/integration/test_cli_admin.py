"""``heartsense admin`` as an operator runs it."""

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import boto3
import pytest
from pymongo.database import Database
from typer.testing import CliRunner

from heartsense.cli import app
from heartsense.cli.admin import RoleName
from heartsense.errors import InvalidAccessTokenError, SessionEndedError
from heartsense.service.accounts import (
    Account,
    AccountRepository,
    KeyRing,
    Role,
    SessionService,
    VerificationKeys,
    create_indexes,
    current_identity,
    verify_access_token,
)
from heartsense.service.accounts.devices import Client
from heartsense.service.accounts.email_tokens import EmailToken
from heartsense.service.email import Suppressions
from heartsense.service.email.address import read_address
from heartsense.service.predictions import MongoPredictionRepository
from tests.support.signed_in_accounts import give_second_factor

RING = KeyRing.generate()


class Operator:
    """Runs commands with `environment` on top of the test's own."""

    def __init__(self, **environment: str) -> None:
        self.environment: dict[str, str | None] = {
            "MONGODB_URI": None,
            "MONGODB_URI_SECRET": None,
            "TOKEN_KEYS_SECRET": None,
            **environment,
        }
        self.output = ""

    def run(self, *arguments: str, sending: str = "") -> int:
        outcome = CliRunner().invoke(
            app, ["admin", *arguments], input=sending, env=self.environment
        )
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
        self.output = outcome.output
        return outcome.exit_code


@pytest.fixture
def operator(mongodb_uri: str, mongodb: Database[dict[str, Any]], bucket: str) -> Operator:
    return Operator(MONGODB_URI=mongodb_uri, MONGODB_DATABASE=mongodb.name, PICTURES_BUCKET=bucket)


def account(database: Database[dict[str, Any]], email: str, *, verified: bool = True) -> Account:
    """An account that nobody can sign in to."""
    store, now = AccountRepository(database), datetime.now(UTC)
    created = store.create(read_address(email), "Ada", b"", EmailToken("digest", now), now)
    assert created
    if verified:
        database["accounts"].update_one({"_id": created}, {"$set": {"verified_at": now}})
    found = store.by_id(created)
    assert found
    return found


def test_creating_indexes_is_idempotent(
    operator: Operator, mongodb: Database[dict[str, Any]]
) -> None:
    for _ in range(2):
        assert operator.run("create-indexes") == 0, operator.output
    assert mongodb["accounts"].index_information()["email_key_1"]["unique"]
    assert "expireAfterSeconds" in mongodb["attempts"].index_information()["expires_at_1"]
    assert {"accounts", "attempts", "messages", "predictions", "reports"} <= set(
        mongodb.list_collection_names()
    )


def test_roles_are_granted_and_revoked(
    operator: Operator, mongodb: Database[dict[str, Any]]
) -> None:
    ada = account(mongodb, "ada@example.org")
    for role in ("doctor", "doctor", "administrator"):
        assert operator.run("grant", role, "Ada@Example.org") == 0, operator.output
    assert operator.output == "Roles: administrator, doctor, user\n"
    assert operator.run("revoke", "doctor", "ada@example.org") == 0
    kept = AccountRepository(mongodb).by_id(ada.id)
    assert kept
    assert kept.roles == {"administrator", "user"}


def test_a_suppression_is_lifted(operator: Operator, mongodb: Database[dict[str, Any]]) -> None:
    ada = read_address("ada@example.org")
    Suppressions(mongodb).add_complaint(ada)
    assert operator.run("lift-suppression", "Ada@Example.org") == 0
    assert operator.output == "Suppression lifted.\n"
    assert not Suppressions(mongodb).contains(ada)
    for nobody in ("ada@example.org", "nonsense"):
        assert operator.run("lift-suppression", nobody) == 0
        assert operator.output == "This address is not suppressed.\n"


def test_every_role_can_be_granted() -> None:
    offered = get_args(get_args(RoleName)[0])
    assert set(offered) == set(Role)


def test_a_new_database_has_no_accounts(
    operator: Operator, mongodb: Database[dict[str, Any]]
) -> None:
    assert operator.run("create-indexes") == 0, operator.output
    assert "accounts" in mongodb.list_collection_names()
    assert mongodb["accounts"].count_documents({}) == 0


def test_no_role_is_granted_to_an_unconfirmed_address(
    operator: Operator, mongodb: Database[dict[str, Any]]
) -> None:
    account(mongodb, "ada@example.org", verified=False)
    assert operator.run("grant", "doctor", "ada@example.org") == 1
    assert operator.output == "error: This account's address is not confirmed yet.\n"
    for nobody in ("nobody@example.org", "nonsense"):
        assert operator.run("grant", "doctor", nobody) == 1
        assert operator.output == "error: There is no account with this address.\n"
    assert operator.run("grant", "king", "ada@example.org") == 2


def test_all_sessions_of_an_account_are_ended(
    operator: Operator, mongodb: Database[dict[str, Any]]
) -> None:
    ada, sessions = (
        account(mongodb, "ada@example.org"),
        SessionService(AccountRepository(mongodb), RING),
    )
    opened = sessions.open(ada, Client("source"))
    assert opened
    identity = verify_access_token(RING.public(), opened.access)
    assert current_identity(AccountRepository(mongodb), identity).user_id == ada.id
    assert operator.run("end-sessions", "ada@example.org") == 0
    with pytest.raises(InvalidAccessTokenError):
        current_identity(AccountRepository(mongodb), identity)
    with pytest.raises(SessionEndedError):
        sessions.refresh(opened.refresh)


def test_lost_second_factors_are_removed_and_sessions_ended(
    operator: Operator, mongodb: Database[dict[str, Any]]
) -> None:
    ada = account(mongodb, "ada@example.org")
    give_second_factor(mongodb, ada.id)
    accounts = AccountRepository(mongodb)
    ada = accounts.by_id(ada.id) or ada
    assert ada.second_factor
    opened = SessionService(accounts, RING).open(ada, Client("source"))
    assert opened
    assert operator.run("remove-second-factors", "ada@example.org") == 0, operator.output
    stored = mongodb["accounts"].find_one({"_id": ada.id})
    assert stored is not None
    assert stored["sessions"] == []
    assert not stored.keys() & {"second_factors", "recovery_codes"}
    with pytest.raises(SessionEndedError):
        SessionService(accounts, RING).refresh(opened.refresh)
    (record,) = mongodb["audit"].find({"owner": ada.id})
    assert record["action"] == "second_factors_removed"


def test_a_user_is_deleted_with_everything(
    operator: Operator, mongodb: Database[dict[str, Any]], bucket: str
) -> None:
    ada = account(mongodb, "ada@example.org")
    MongoPredictionRepository(mongodb).create(ada.id, 1, False, datetime.now(UTC))
    s3 = boto3.client("s3")
    s3.put_object(Bucket=bucket, Key=f"answers/{ada.id}/1/picture.jpg", Body=b"x")
    assert operator.run("delete-user", "ada@example.org", sending="n\n") == 1
    assert AccountRepository(mongodb).by_id(ada.id)
    assert operator.run("delete-user", "ada@example.org", "--yes") == 0, operator.output
    kept = [name for name in mongodb.list_collection_names() if mongodb[name].find_one()]
    assert kept == ["audit"]
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_an_interrupted_deletion_is_finished_by_the_sweep(
    operator: Operator, mongodb: Database[dict[str, Any]]
) -> None:
    create_indexes(mongodb)
    leaving, staying = account(mongodb, "ada@example.org"), account(mongodb, "eve@example.org")
    AccountRepository(mongodb).mark_pending_deletion(leaving.id, datetime.now(UTC))
    assert operator.run("sweep") == 0, operator.output
    assert operator.output == "Deletions finished: 1\n"
    assert [d["_id"] for d in mongodb["accounts"].find()] == [staying.id]


def test_the_token_key_is_rotated_in_a_file(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "token-keys.json"
    path.write_text(KeyRing.generate().to_json())
    first = KeyRing.from_json(path.read_text())
    assert operator.run("rotate-token-key", "sign", "--file", str(path)) == 1
    assert operator.output == "error: No key has been announced yet.\n"
    rings = []
    for step in ("announce", "sign", "replace"):
        assert operator.run("rotate-token-key", step, "--file", str(path)) == 0, operator.output
        rings.append(KeyRing.from_json(path.read_text()))
        assert f"Signing key: {rings[-1].current}" in operator.output
    announced, signing, replaced = rings
    assert announced.current == first.current
    assert signing.current == announced.upcoming
    assert signing.keys.keys() == {first.current, announced.upcoming}
    assert not replaced.keys.keys() & signing.keys.keys()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert all(key not in operator.output for key in json.loads(path.read_text())["keys"].values())


def test_the_token_key_is_rotated_in_the_secret_store(operator: Operator) -> None:
    secrets, name = boto3.client("secretsmanager"), f"test/{os.urandom(4).hex()}/token-keys"
    assert operator.run("rotate-token-key", "announce") == 1
    assert operator.output.startswith("error: Set TOKEN_KEYS_SECRET")
    operator.environment["TOKEN_KEYS_SECRET"] = name
    operator.environment["TOKEN_JWKS_SECRET"] = public = f"{name}-public"
    assert operator.run("rotate-token-key", "announce") == 1
    assert operator.output.startswith("error: The AWS request failed:")
    secrets.create_secret(Name=name, SecretString=KeyRing.generate().to_json())
    secrets.create_secret(Name=public, SecretString="{}")
    for step in ("announce", "sign"):
        assert operator.run("rotate-token-key", step) == 0, operator.output
    ring = KeyRing.from_json(secrets.get_secret_value(SecretId=name)["SecretString"])
    assert len(ring.keys) == 2
    jwks = secrets.get_secret_value(SecretId=public)["SecretString"]
    assert VerificationKeys.from_jwks(jwks) == ring.public()


def test_missing_settings_and_unreachable_servers_are_reported_in_one_line() -> None:
    nothing = Operator()
    assert nothing.run("create-indexes") == 1
    assert (
        nothing.output
        == "error: Set MONGODB_URI, or MONGODB_URI_SECRET to the name of its secret.\n"
    )
    down = Operator(MONGODB_URI="mongodb://127.0.0.1:9/?connectTimeoutMS=100")
    assert down.run("create-indexes") == 1
    assert down.output.startswith(
        "error: The database cannot be used (ServerSelectionTimeoutError)"
    )
