"""Deleting an account with all that belongs to it.

The account is marked first: from then on its tokens open nothing but the deletion. It goes last: as
long as anything is left, the account is there to repeat the deletion with, by its owner or by
``heartsense admin sweep``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo.database import Database

from heartsense.service.accounts.repository import Account, AccountRepository
from heartsense.service.contact import forget_messages


@dataclass(frozen=True, slots=True)
class AccountDeletion:
    """Deletes accounts.

    Parameters
    ----------
    forget_all
        Deletes an owner's predictions and pictures; may be repeated.
    """

    database: Database[dict[str, Any]]
    store: AccountRepository
    delete_owned_data: Callable[[str], None]

    def delete(self, account: Account) -> None:
        """Delete an account and everything of it; may be repeated until it returns."""
        self.store.mark_pending_deletion(account.id, datetime.now(UTC))
        self.delete_owned_data(account.id)
        if account.verified:
            # Of an address that was never proven, the messages may be somebody else's.
            forget_messages(self.database, account.address)
        self.store.remove(account.id)

    def sweep(self) -> int:
        """Finish every deletion that was begun; how many."""
        left = [self.store.by_id(account_id) for account_id in self.store.pending_deletion_ids()]
        accounts = [account for account in left if account is not None]
        for account in accounts:
            self.delete(account)
        return len(accounts)
