"""An account, and its document in MongoDB."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from heartsense.service.email.address import Address

SCHEMA_VERSION: Final = 1
"""Version of an account's document; code that reads older ones upgrades them."""


@dataclass(frozen=True, slots=True)
class Account:
    """A stored account.

    `sources` are keyed digests of where successful sign-ins came from, `devices` those of the
    device, too; `pending_deletion` is true from the start of its deletion; `second_factor` where
    the password alone does not open a session.
    """

    id: str
    address: Address
    name: str
    password_hash: bytes
    roles: frozenset[str]
    verified: bool
    pending_deletion: bool
    sources: tuple[str, ...]
    devices: tuple[str, ...]
    second_factor: bool
    created_at: datetime

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Account":
        named = document.get("detached_address", document)  # see `detach_address`
        return cls(
            id=document["_id"],
            address=Address(named["email"], named["email_key"]),
            name=document["name"],
            password_hash=document["password_hash"],
            roles=frozenset(document["roles"]),
            verified=document["verified_at"] is not None,
            pending_deletion="pending_deletion_since" in document,
            sources=tuple(document["sources"]),
            devices=tuple(document.get("devices", ())),
            second_factor=bool(document.get("second_factors")),
            created_at=document["created_at"],
        )


def new_account(
    account_id: str, address: Address, password_hash: bytes, now: datetime
) -> dict[str, Any]:
    """The document of a new account with an unconfirmed address."""
    return {
        "_id": account_id,
        "schema": SCHEMA_VERSION,
        "email": address.text,
        "email_key": address.key,
        "name": "",
        "password_hash": password_hash,
        "roles": ["user"],
        "verified_at": None,
        "sessions": [],
        "sources": [],
        "created_at": now,
        "last_used_at": now,
    }
