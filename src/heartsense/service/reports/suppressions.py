"""Suppressed addresses: no more reports, because of a bounce or a complaint.

An address is stored as a slow salted hash, which can be looked up but not read. The hash uses no
rotating key, as a key rotation would lift all suppressions. Each database has its own salt.
"""

import hashlib
import os
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from heartsense.service.email.address import Address

COLLECTION = "suppressions"
BOUNCE_RETENTION: Final = timedelta(days=180)
"""Mailboxes may work again later. Complaints never expire."""

_SALT = "salt"

Document = dict[str, Any]


class Suppressions:
    """The suppressed addresses of a database."""

    def __init__(self, database: Database[Document]) -> None:
        self._entries = database[COLLECTION]

    def add_bounce(self, address: Address, now: datetime) -> None:
        """Suppress an address for `BOUNCE_RETENTION`."""
        with suppress(DuplicateKeyError):  # a complaint is stored, which never expires
            self._entries.update_one(
                {"_id": self._digest(address), "complained": {"$ne": True}},
                {"$max": {"expires_at": now + BOUNCE_RETENTION}},
                upsert=True,
            )

    def add_complaint(self, address: Address) -> None:
        """Suppress an address for ever."""
        self._entries.update_one(
            {"_id": self._digest(address)},
            {"$set": {"complained": True}, "$unset": {"expires_at": ""}},
            upsert=True,
        )

    def contains(self, address: Address) -> bool:
        """Whether an address is suppressed."""
        return self._entries.find_one({"_id": self._digest(address)}, {"_id": 1}) is not None

    def _digest(self, address: Address) -> str:
        # About 40 ms: little beside sending an e-mail, much for trying all addresses.
        digest = hashlib.scrypt(address.key.encode(), salt=self._salt(), n=2**14, r=8, p=1)
        return digest[:24].hex()

    def _salt(self) -> bytes:
        fresh = {"$setOnInsert": {"salt": os.urandom(16)}}
        entry = self._entries.find_one_and_update(
            {"_id": _SALT}, fresh, upsert=True, return_document=ReturnDocument.AFTER
        )
        return bytes(entry["salt"]) if entry else b""


def create_indexes(database: Database[Document]) -> None:
    """Create the indexes of the collection; idempotent."""
    database[COLLECTION].create_index("expires_at", expireAfterSeconds=0)
