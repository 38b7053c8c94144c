"""What all functions share over HTTP: problems, authentication, settings."""

import base64
import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.utilities.typing import LambdaContext
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymongo.database import Database

from devstack.processes import free_port
from heartsense.errors import InvalidAccessTokenError, NoECGFoundError, SettingsError
from heartsense.service.accounts import (
    AccountRepository,
    KeyRing,
    issue_access_token,
    verify_access_token,
)
from heartsense.service.database import UNAVAILABLE, database
from heartsense.service.http.authentication import Caller
from heartsense.service.http.resolver import build_api
from heartsense.service.settings import PicturesSettings, load, secret
from tests.support.signed_in_accounts import new_person

RING = KeyRing("k1", {"k1": secrets.token_bytes(32)})


@pytest.fixture
def api(
    monkeypatch: pytest.MonkeyPatch, mongodb_uri: str, mongodb: Database[dict[str, Any]]
) -> Iterator[APIGatewayRestResolver]:
    monkeypatch.setenv("TOKEN_JWKS", RING.public().to_jwks())
    monkeypatch.setenv("MONGODB_URI", mongodb_uri)
    monkeypatch.setenv("MONGODB_DATABASE", mongodb.name)
    database.cache_clear()
    api = build_api(UNAVAILABLE)

    @api.get("/me")
    def me(caller: Caller) -> dict[str, Any]:
        return {"user": caller.user_id, "roles": sorted(caller.roles)}

    @api.get("/numbers/<number>")
    def number(number: int) -> dict[str, int]:
        return {"number": number}

    @api.get("/refused")
    def refused() -> dict[str, Any]:
        raise NoECGFoundError("Send a picture of an ECG.")

    @api.get("/broken")
    def broken() -> dict[str, Any]:
        raise RuntimeError("the patient is called X")

    yield api
    database().client.close()
    database.cache_clear()


def get(api: APIGatewayRestResolver, path: str, **headers: str) -> tuple[int, Any, Any]:
    answer = api.resolve(
        {
            "httpMethod": "GET",
            "path": path,
            "resource": path,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "requestContext": {"requestId": "d0a7a7a0-0000-4000-8000-000000000000"},
            "body": None,
            "isBase64Encoded": False,
        },
        LambdaContext(),
    )
    return answer["statusCode"], json.loads(answer["body"]), answer["multiValueHeaders"]


@pytest.mark.parametrize("header", ["Authorization", "authorization"])
def test_a_token_identifies_the_caller(
    api: APIGatewayRestResolver, mongodb: Database[dict[str, Any]], header: str
) -> None:
    doctor = new_person(mongodb, RING, "doctor")
    assert get(api, "/me", **{header: f"Bearer {doctor.token}"})[:2] == (
        200,
        {"user": doctor.id, "roles": ["doctor", "user"]},
    )


def test_a_role_is_read_from_the_account_and_not_from_the_token(
    api: APIGatewayRestResolver, mongodb: Database[dict[str, Any]]
) -> None:
    doctor = new_person(mongodb, RING, "doctor")
    AccountRepository(mongodb).revoke(doctor.id, "doctor")
    assert get(api, "/me", **doctor.headers)[1]["roles"] == ["user"]


def test_a_good_signature_without_a_session_is_refused(api: APIGatewayRestResolver) -> None:
    token = issue_access_token(RING, "u1", ["user"], session="s1")
    status, body, _ = get(api, "/me", Authorization=f"Bearer {token}")
    assert (status, body["code"]) == (401, "token_refused")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "not_signed_in"),
        ({"Authorization": "Basic dTpw"}, "not_signed_in"),
        ({"Authorization": "Bearer "}, "not_signed_in"),
        ({"Authorization": "Bearer x.y.z"}, "token_refused"),
    ],
)
def test_without_a_valid_token_a_request_is_refused(
    api: APIGatewayRestResolver, headers: dict[str, str], code: str
) -> None:
    status, body, answer_headers = get(api, "/me", **headers)
    assert (status, body["code"]) == (401, code)
    assert answer_headers["WWW-Authenticate"] == ["Bearer"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/refused", 422, "no_ecg_found"),
        ("/numbers/one", 422, "invalid_request"),
        ("/nowhere", 404, "no_such_route"),
        ("/broken", 500, "internal_error"),
    ],
)
def test_every_error_is_a_problem(
    api: APIGatewayRestResolver, path: str, status: int, code: str
) -> None:
    got, body, headers = get(api, path)
    assert (got, body["status"], body["code"]) == (status, status, code)
    assert body["type"] == f"urn:heartsense:problem:{code}"
    assert body["instance"] == "urn:uuid:d0a7a7a0-0000-4000-8000-000000000000"
    assert headers["Content-Type"] == ["application/problem+json"]


def test_an_unexpected_error_logs_its_location_but_not_its_message(
    api: APIGatewayRestResolver, caplog: pytest.LogCaptureFixture
) -> None:
    _, body, _ = get(api, "/broken")
    logged = str([vars(record) for record in caplog.records])
    assert Path(__file__).name in logged
    assert "patient" not in logged + json.dumps(body)


def claims(**changes: object) -> dict[str, object]:
    now = datetime.now(UTC)
    return {
        "iss": "heartsense",
        "aud": "heartsense-api",
        "sub": "u1",
        "roles": [],
        "sid": "s1",
        "iat": now,
        "nbf": now,
        "exp": now + timedelta(minutes=1),
        "jti": "1",
        **changes,
    }


def signed(
    payload: dict[str, object], ring: KeyRing = RING, algorithm: str = "EdDSA", **header: str
) -> str:
    seed = ring.keys[ring.current]
    keys: dict[str, Any] = {
        "EdDSA": Ed25519PrivateKey.from_private_bytes(seed),
        "HS256": ring.public().keys[ring.current],  # what everybody may know
        "none": None,
    }
    key = keys[algorithm]
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, key, algorithm, headers={"kid": RING.current, **header})


STRANGER = KeyRing.generate()
FORGED = {
    "another key": signed(claims(), STRANGER),
    "a key in its header": signed(claims(), STRANGER, jwk=STRANGER.public().to_jwks()),
    "an address of keys": signed(claims(), STRANGER, jku="http://127.0.0.1/keys"),
    "no algorithm": signed(claims(), algorithm="none"),
    "the public key as a shared secret": signed(claims(), algorithm="HS256"),
    "an unknown key id": signed(claims(), kid="other"),
    "another audience": signed(claims(aud="elsewhere")),
    "another issuer": signed(claims(iss="elsewhere")),
    "expired": signed(claims(exp=datetime.now(UTC) - timedelta(seconds=62))),
    "not yet valid": signed(claims(nbf=datetime.now(UTC) + timedelta(hours=2))),
    "issued in the future": signed(claims(iat=datetime.now(UTC) + timedelta(hours=2))),
    "no expiry": signed(claims(exp=None)),
    "no roles": signed(claims(roles=None)),
    "roles as text": signed(claims(roles="doctor")),
    "no session": signed(claims(sid=None)),
    "a session that is no text": signed(claims(sid={"$gt": ""})),
    "empty": "",
}


@pytest.mark.parametrize("fault", FORGED)
def test_a_forged_token_is_refused(fault: str) -> None:
    assert verify_access_token(RING.public(), signed(claims())).user_id == "u1"
    with pytest.raises(InvalidAccessTokenError):
        verify_access_token(RING.public(), FORGED[fault])


@pytest.mark.parametrize("seconds", [-55, 55])
def test_clocks_may_be_a_minute_apart(seconds: int) -> None:
    then = datetime.now(UTC) + timedelta(seconds=seconds)
    changed = {"exp": then} if seconds < 0 else {"iat": then, "nbf": then}
    assert verify_access_token(RING.public(), signed(claims(**changed))).user_id == "u1"


def test_without_its_database_a_request_is_told_to_come_back(
    api: APIGatewayRestResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    database().client.close()
    database.cache_clear()
    monkeypatch.setenv("MONGODB_URI", f"mongodb://127.0.0.1:{free_port()}/")
    token = issue_access_token(RING, "u1", session="s1")
    for _ in range(2):
        started = time.monotonic()
        status, body, headers = get(api, "/me", authorization=f"Bearer {token}")
        assert time.monotonic() - started < 2
        assert (status, body["code"]) == (503, "database_unavailable")
        assert headers["Retry-After"] == ["2"]


def test_a_token_outlives_one_rotation_of_the_key_but_not_two() -> None:
    token = issue_access_token(RING, "u1", session="s1")
    announced = KeyRing.from_json(RING.with_announced_key().to_json())
    assert announced.current == RING.current
    once = KeyRing.from_json(announced.rotated().to_json())
    assert once.current != RING.current
    assert verify_access_token(once.public(), token).user_id == "u1"
    with pytest.raises(InvalidAccessTokenError):
        verify_access_token(once.with_announced_key().public(), token)


def test_during_a_key_rotation_functions_with_either_ring_accept_each_others_tokens() -> None:
    announced = RING.with_announced_key()
    signing = announced.rotated()
    for one, other in ((RING, announced), (announced, signing), (signing, announced)):
        assert (
            verify_access_token(other.public(), issue_access_token(one, "u1", session="s1")).user_id
            == "u1"
        )
    with pytest.raises(SettingsError, match="announced"):
        signing.rotated()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"current": "a", "keys": {}}',
        '{"current": "a", "keys": {"a": "?"}}',
        '{"current": null, "keys": {}}',
        '{"current": ["a"], "keys": {}}',
        RING.to_json().replace('"k1", "keys"', '"k1", "upcoming": "k2", "keys"'),
        json.dumps({"current": "a", "keys": {"a": base64.b64encode(b"short").decode()}}),
    ],
    ids=["empty", "list", "no keys", "no base64", "no current", "name", "no upcoming", "short"],
)
def test_a_broken_key_ring_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="TOKEN_KEYS"):
        KeyRing.from_json(text)


def test_missing_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PICTURES_BUCKET", "MONGODB_URI", "MONGODB_URI_SECRET"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingsError, match="PICTURES_BUCKET"):
        load(PicturesSettings)
    with pytest.raises(SettingsError, match="MONGODB_URI_SECRET"):
        secret("MONGODB_URI")
