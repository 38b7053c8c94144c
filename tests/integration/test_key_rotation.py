"""The key that signs access tokens is rotated by the daily schedule, and nobody is signed out."""

import os
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from heartsense.service.accounts import KeyRing, VerificationKeys, verify_access_token
from heartsense.service.accounts.access_tokens import issue_access_token
from heartsense.service.accounts.key_rotation import PERIOD, SPREAD, rotate_if_due


@pytest.fixture
def names(aws: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The entries of a new key ring and its public keys."""
    stem = f"test/{os.urandom(4).hex()}"
    names = f"{stem}/token-keys", f"{stem}/token-jwks"
    ring, secrets = KeyRing.generate(), boto3.client("secretsmanager")
    for name, value in zip(names, (ring.to_json(), ring.public().to_jwks()), strict=True):
        secrets.create_secret(Name=name, SecretString=value)
    monkeypatch.setenv("TOKEN_KEYS_SECRET", names[0])
    monkeypatch.setenv("TOKEN_JWKS_SECRET", names[1])
    return names


def stored(names: tuple[str, str]) -> tuple[KeyRing, VerificationKeys]:
    ring, jwks = (
        boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
        for name in names
    )
    return KeyRing.from_json(ring), VerificationKeys.from_jwks(jwks)


def test_a_key_is_announced_at_its_age_and_signs_later(names: tuple[str, str]) -> None:
    first, _ = stored(names)
    now = datetime.now(UTC)
    assert not rotate_if_due(now + PERIOD / 2)
    assert rotate_if_due(now + PERIOD + timedelta(minutes=1))
    announced, known = stored(names)
    assert announced.current == first.current
    assert announced.upcoming in known.keys
    assert not rotate_if_due(now + SPREAD / 2)  # the same schedule, delivered twice
    assert rotate_if_due(now + SPREAD + timedelta(minutes=1))
    signing, known = stored(names)
    assert signing.current == announced.upcoming
    for ring in (first, signing):  # tokens of before go on
        assert verify_access_token(known, issue_access_token(ring, "u", session="s")).user_id == "u"


def test_keys_that_are_no_secrets_of_the_cloud_are_left_alone(
    names: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored(names)
    monkeypatch.delenv("TOKEN_KEYS_SECRET")
    assert not rotate_if_due(datetime.now(UTC) + 2 * PERIOD)
    assert stored(names) == before
