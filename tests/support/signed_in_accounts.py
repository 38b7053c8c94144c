"""Accounts that are signed in, for tests of what needs a caller."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database

from heartsense.service.accounts import AccountRepository, KeyRing, SessionService, create_indexes
from heartsense.service.accounts.email_tokens import EmailToken
from heartsense.service.email.address import read_address


@dataclass(frozen=True)
class Person:
    """An account's id, and an access token of a session of it."""

    id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def new_person(database: Database[dict[str, Any]], ring: KeyRing, *roles: str) -> Person:
    """Make an account with further `roles` and a session; no password opens it."""
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
    account = store.by_id(created)
    assert account
    tokens = SessionService(store, ring).open(account, "test")
    assert tokens
    return Person(created, tokens.access)
