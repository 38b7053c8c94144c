"""The rotation of the key that signs access tokens, by its age and a step at a time."""

import os
from datetime import datetime, timedelta

import boto3

from heartsense.service.accounts.access_tokens import KeyRing

PERIOD = timedelta(days=90)
"""The age at which the next key is announced."""

SPREAD = timedelta(hours=1)
"""An announced key signs after this: every function has read it by then, several times over."""


class SecretKeyStore:
    """The key ring and its public keys in two entries of Secrets Manager."""

    def __init__(self, name: str, public_name: str) -> None:
        self._name = name
        self._public_name = public_name
        self._secrets = boto3.client("secretsmanager")

    def read(self) -> str:
        """The key ring."""
        return self._secrets.get_secret_value(SecretId=self._name)["SecretString"]

    def write(self, ring: str, jwks: str) -> None:
        """Replace the public keys, then the ring: nothing signs with a key that none can verify."""
        self._secrets.put_secret_value(SecretId=self._public_name, SecretString=jwks)
        self._secrets.put_secret_value(SecretId=self._name, SecretString=ring)


def next_ring(ring: KeyRing, now: datetime) -> KeyRing | None:
    """The ring after the step that is due; None if none is."""
    age = None if ring.changed_at is None else now - ring.changed_at
    if ring.upcoming is not None:
        return ring.rotated() if age is None or age > SPREAD else None
    return ring.with_announced_key() if age is None or age > PERIOD else None


def rotate_if_due(now: datetime) -> bool:
    """Do the step that is due, if the keys are in Secrets Manager; whether there was one."""
    name, public_name = (
        os.environ.get(variable) for variable in ("TOKEN_KEYS_SECRET", "TOKEN_JWKS_SECRET")
    )
    if not name or not public_name:
        return False
    store = SecretKeyStore(name, public_name)
    ring = next_ring(KeyRing.from_json(store.read()), now)
    if ring is None:
        return False
    store.write(ring.to_json(), ring.public().to_jwks())
    return True
