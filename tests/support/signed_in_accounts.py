"""Accounts that are signed in, for tests of what needs a caller."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database

from heartsense.service.accounts import AccountRepository, KeyRing, SessionService, create_indexes
from heartsense.service.accounts.devices import Client
from heartsense.service.accounts.email_tokens import EmailToken
from heartsense.service.accounts.recovery_codes import new_recovery_codes, recovery_digest
from heartsense.service.accounts.second_factor_repository import COLLECTION
from heartsense.service.email.address import read_address


@dataclass(frozen=True)
class Person:
    """An account's id, and an access token of a session of it."""

    id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def give_second_factor(database: Database[dict[str, Any]], account_id: str) -> list[str]:
    """Add an authenticator app that nobody has; returns recovery codes, which open it."""
    codes = new_recovery_codes()
    factor = {
        "id": secrets.token_hex(12),
        "kind": "totp",
        "name": "Phone",
        "secret": b"",
        "last_step": 0,
        "created_at": datetime.now(UTC),
        "last_used_at": None,
    }
    digests = [recovery_digest(code) for code in codes]
    found = {"$set": {"second_factors": [factor], "recovery_codes": digests}}
    database[COLLECTION].update_one({"_id": account_id}, found)
    return codes


def new_person(database: Database[dict[str, Any]], ring: KeyRing, *roles: str) -> Person:
    """Make an account with further `roles` and a session; no password opens it.

    With roles it has a second factor, as it needs one.
    """
    create_indexes(database)
    store = AccountRepository(database)
    address = read_address(f"{secrets.token_hex(8)}@example.org")
    now = datetime.now(UTC)
    created = store.create(
        address, "Test Person", b"", EmailToken("", now + timedelta(days=1)), now
    )
    assert created
    for role in roles:
        store.grant(created, role)
    if roles:
        give_second_factor(database, created)
    account = store.by_id(created)
    assert account
    tokens = SessionService(store, ring).open(account, Client("test"))
    assert tokens
    return Person(created, tokens.access)
