"""Addresses that no report goes to any more: mail to them bounced, or they complained.

An address is kept as a digest that is slow to make: it can be asked for, and not read. No key is in
it, so that no rotation of keys brings mails back that somebody asked to stop; a salt of the
database's own keeps digests of two deployments apart.
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
BOUNCE_KEPT: Final = timedelta(days=180)
"""Mailboxes come back; who complained has said it once and for all."""

_SALT = "salt"

Document = dict[str, Any]


class Suppressions:
    """The suppressed addresses of a database."""

    def __init__(self, database: Database[Document]) -> None:
        self._entries = database[COLLECTION]

    def bounced(self, address: Address, now: datetime) -> None:
        """Send nothing more for `BOUNCE_KEPT`."""
        with suppress(DuplicateKeyError):  # it complained before, which outlasts this
            self._entries.update_one(
                {"_id": self._digest(address), "complained": {"$ne": True}},
                {"$max": {"expires_at": now + BOUNCE_KEPT}},
                upsert=True,
            )

    def complained(self, address: Address) -> None:
        """Send nothing more, ever."""
        self._entries.update_one(
            {"_id": self._digest(address)},
            {"$set": {"complained": True}, "$unset": {"expires_at": ""}},
            upsert=True,
        )

    def stops(self, address: Address) -> bool:
        """Whether nothing may be sent to an address."""
        return self._entries.find_one({"_id": self._digest(address)}, {"_id": 1}) is not None

    def _digest(self, address: Address) -> str:
        # About 40 ms: nothing beside a mail, and much for who tries all addresses there are.
        digest = hashlib.scrypt(address.key.encode(), salt=self._salt(), n=2**14, r=8, p=1)
        return digest[:24].hex()

    def _salt(self) -> bytes:
        fresh = {"$setOnInsert": {"salt": os.urandom(16)}}
        entry = self._entries.find_one_and_update(
            {"_id": _SALT}, fresh, upsert=True, return_document=ReturnDocument.AFTER
        )
        return bytes(entry["salt"]) if entry else b""


def create_indexes(database: Database[Document]) -> None:
    """Let bounces be forgotten in time."""
    database[COLLECTION].create_index("expires_at", expireAfterSeconds=0)
