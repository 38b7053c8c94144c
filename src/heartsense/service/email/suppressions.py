"""Suppressed addresses: no more e-mail, because of a bounce or a complaint.

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
from pymongo.errors import DuplicateKeyError, PyMongoError

from heartsense.service.email.address import Address

COLLECTION = "suppressions"
BOUNCE_RETENTION: Final = timedelta(days=180)
"""Mailboxes may work again later. Complaints never expire."""

_SALT = "salt"

Document = dict[str, Any]


class SuppressionsUnavailableError(Exception):
    """The suppressions could not be read, so nothing may be sent."""


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
        """Whether an address is suppressed; SuppressionsUnavailableError if nobody can tell."""
        try:
            return self._entries.find_one({"_id": self._digest(address)}, {"_id": 1}) is not None
        except PyMongoError as failure:
            raise SuppressionsUnavailableError from failure

    def remove(self, address: Address) -> bool:
        """Lift a suppression; whether there was one."""
        return self._entries.delete_one({"_id": self._digest(address)}).deleted_count > 0

    def _digest(self, address: Address) -> str:
        # About 40 ms: little beside sending an e-mail, much for trying all addresses.
        digest = hashlib.scrypt(address.key.encode(), salt=self._salt(), n=2**14, r=8, p=1)
        return digest[:24].hex()

    def create_salt(self) -> bytes:
        """The salt, made where there is none yet."""
        fresh = {"$setOnInsert": {"salt": os.urandom(16)}}
        entry = self._entries.find_one_and_update(
            {"_id": _SALT}, fresh, upsert=True, return_document=ReturnDocument.AFTER
        )
        return bytes(entry["salt"]) if entry else b""

    def _salt(self) -> bytes:
        known = self._entries.find_one({"_id": _SALT})
        return bytes(known["salt"]) if known else self.create_salt()


def create_indexes(database: Database[Document]) -> None:
    """Create the index and the salt of the collection; idempotent."""
    database[COLLECTION].create_index("expires_at", expireAfterSeconds=0)
    Suppressions(database).create_salt()
