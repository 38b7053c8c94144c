"""Deleting an account with everything that belongs to it.

The account is marked first: from then on its tokens allow nothing but the deletion. It is deleted
last: while anything is left, its owner or ``heartsense admin sweep`` can repeat the deletion.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from pymongo.database import Database

from heartsense.service.accounts.account import Account
from heartsense.service.accounts.repository import AccountRepository
from heartsense.service.contact import delete_messages


class OwnedData(Protocol):
    """What accounts own besides themselves: predictions, images, reports, reviews."""

    def delete(self, owner: str) -> None:
        """Delete everything that an account owns; may be repeated."""


@dataclass(frozen=True, slots=True)
class AccountDeletion:
    """Deletes accounts."""

    database: Database[dict[str, Any]]
    accounts: AccountRepository
    owned_data: OwnedData

    def delete(self, account: Account) -> None:
        """Delete an account and all its data; may be repeated until it returns."""
        self.accounts.mark_pending_deletion(account.id, datetime.now(UTC))
        self.owned_data.delete(account.id)
        if account.verified:
            # Messages from an unconfirmed address may be someone else's.
            delete_messages(self.database, account.address)
        self.accounts.delete(account.id)

    def sweep(self) -> int:
        """Finish interrupted deletions; returns how many."""
        found = [self.accounts.by_id(id) for id in self.accounts.pending_deletion_ids()]
        pending = [account for account in found if account is not None]
        for account in pending:
            self.delete(account)
        return len(pending)
