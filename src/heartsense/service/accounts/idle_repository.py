"""Accounts by the time of their last use, which sign-ins and renewed sessions store."""

from datetime import datetime
from typing import Any

from pymongo.database import Database

from heartsense.service.accounts.account import Account
from heartsense.service.accounts.repository import COLLECTION

Document = dict[str, Any]


class IdleAccountRepository:
    """The idle accounts of a database."""

    def __init__(self, database: Database[Document]) -> None:
        self._accounts = database[COLLECTION]

    def begin_idle_time(self, now: datetime) -> None:
        """Count idle time from now on where no use of the account is on record yet."""
        unknown = {"last_used_at": {"$exists": False}}
        self._accounts.update_many(unknown, {"$set": {"last_used_at": now}})

    def next_idle(self, unused_since: datetime) -> Account | None:
        """An account that was last used before a time, and whose owner was not warned."""
        return _account(
            self._accounts.find_one(
                {
                    "last_used_at": {"$lt": unused_since},
                    "idle_warned_at": {"$exists": False},
                    "pending_deletion_since": {"$exists": False},
                }
            )
        )

    def mark_idle_warned(self, account_id: str, now: datetime) -> None:
        """Store that the owner was warned."""
        self._accounts.update_one({"_id": account_id}, {"$set": {"idle_warned_at": now}})

    def begin_idle_deletion(
        self, unused_since: datetime, warned_before: datetime, now: datetime
    ) -> Account | None:
        """Begin the deletion of an account that is idle and warned at this moment, if any is."""
        document = self._accounts.find_one_and_update(
            {
                "last_used_at": {"$lt": unused_since},
                "idle_warned_at": {"$lt": warned_before},
                "pending_deletion_since": {"$exists": False},
            },
            {"$set": {"pending_deletion_since": now}},
        )
        return _account(document)


def _account(document: Document | None) -> Account | None:
    return None if document is None else Account.from_document(document)
