"""Accounts in MongoDB: one document each, and every change is one atomic write to it.

Sessions and e-mail tokens are part of the document. A crash therefore leaves an account as it was
before or after a change, never between, and no change can forget to end the sessions.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from heartsense.service.accounts.account import Account, new_account
from heartsense.service.accounts.devices import Client
from heartsense.service.accounts.email_tokens import EmailToken, SpentReset
from heartsense.service.clock import utc_now
from heartsense.service.email.address import Address
from heartsense.service.ids import new_id

COLLECTION = "accounts"
DECOY_COLLECTION = "decoys"
MAX_SESSIONS = 10
"""Sessions of an account; opening one more ends the oldest."""

MAX_SOURCES = 5
"""Sources of successful sign-ins that an account remembers."""

MAX_DEVICES = 20
"""Devices of successful sign-ins that an account remembers."""

_DECOY_COUNT = 64  # enough that concurrent decoy writes do not wait for one another

Document = dict[str, Any]


def create_indexes(database: Database[Document]) -> None:
    """Create the indexes of accounts; may be repeated."""
    database[COLLECTION].create_index("email_key", unique=True)
    database[COLLECTION].create_index("pending_deletion_since", sparse=True)
    database[COLLECTION].create_index("last_used_at")


class AccountRepository:
    """The accounts of a database."""

    def __init__(self, database: Database[Document]) -> None:
        self._accounts = database[COLLECTION]
        self._decoys = database[DECOY_COLLECTION]

    def by_address(self, address: Address) -> Account | None:
        return self._find({"email_key": address.key})

    def by_id(self, account_id: str) -> Account | None:
        return self._find({"_id": account_id})

    def create(
        self,
        address: Address,
        name: str,
        password_hash: bytes,
        verification: EmailToken,
        now: datetime,
    ) -> str | None:
        """Create an account and return its id; None if the address already has one."""
        document = {
            **new_account(new_id(), address, password_hash, now),
            "name": name,
            "verification_token": verification.to_document(),
        }
        return str(document["_id"]) if self._insert(document) else None

    def create_recovered(
        self,
        account_id: str,
        address: Address,
        spent: SpentReset,
        password_hash: bytes,
        source: str,
        now: datetime,
    ) -> bool:
        """Create the empty account of who reads an address's e-mail; False if it has one."""
        document = {
            **new_account(account_id, address, password_hash, now),
            "verified_at": now,
            "sources": [source],
            "spent_reset": spent.to_document(),
        }
        return self._insert(document)

    def set_verification_token(self, account_id: str, token: EmailToken) -> None:
        self._set(account_id, {"verification_token": token.to_document()})

    def set_reset_token(self, account_id: str, token: EmailToken) -> None:
        self._set(account_id, {"reset_token": token.to_document()})

    def write_decoy(self, token: EmailToken) -> None:
        """Write a token where there is no account, so that the request takes the same time.

        An update that changes nothing would be faster: no journal or replica waits for it.
        """
        self._decoys.update_one(
            {"_id": secrets.randbelow(_DECOY_COUNT)},
            {"$set": {"token": token.to_document()}},
            upsert=True,
        )

    def verify(self, account_id: str, digest: str, now: datetime) -> bool:
        """Mark the address as confirmed; may be repeated until the token expires."""
        return self._update(
            {
                "_id": account_id,
                "verification_token.digest": digest,
                "verification_token.expires_at": {"$gt": now},
            },
            {"$set": {"verified_at": now}},
        )

    def reset_password(
        self, account: Account, spent: SpentReset, password_hash: bytes, source: str, now: datetime
    ) -> bool:
        """Spend a reset token of a confirmed address: set the password and end all sessions.

        `source` then counts as the source of a successful sign-in: a person who reads the owner's
        e-mail can sign in, whatever others try at the same time.
        """
        return self._update(
            {
                "_id": account.id,
                "reset_token.digest": spent.digest,
                "reset_token.expires_at": {"$gt": now},
                "verified_at": {"$ne": None},
            },
            {
                "$set": {
                    "password_hash": password_hash,
                    "sessions": [],
                    "sources": [source],
                    "spent_reset": spent.to_document(),
                },
                "$unset": {"reset_token": "", "verification_token": "", "sign_in_challenges": ""},
            },
        )

    def detach_address(self, account: Account, digest: str, now: datetime) -> bool:
        """Take the address from an account that never confirmed it, by its reset token.

        Ends all sessions and begins the account's deletion. The document keeps the address only
        so that the same token can finish what was interrupted.
        """
        nobody = f"detached {account.id}"  # no address: it has a space
        return self._update(
            {
                "_id": account.id,
                "reset_token.digest": digest,
                "reset_token.expires_at": {"$gt": now},
                "verified_at": None,
            },
            {
                "$set": {
                    "email": nobody,
                    "email_key": nobody,
                    "detached_address": {
                        "email": account.address.text,
                        "email_key": account.address.key,
                    },
                    "name": "",
                    "sessions": [],
                    "pending_deletion_since": now,
                }
            },
        )

    def by_reset_token(self, account_id: str, digest: str, now: datetime) -> Account | None:
        """The account, if this is its newest reset token, neither spent nor expired."""
        unexpired = {"reset_token.digest": digest, "reset_token.expires_at": {"$gt": now}}
        return self._find({"_id": account_id, **unexpired})

    def has_spent_reset(
        self, account_ids: Iterable[str], digest: str, attempt: str, now: datetime
    ) -> bool:
        """Whether this attempt, by its digest, spent an account's last reset token just now."""
        spent = {"digest": digest, "attempt": attempt, "repeatable_until": {"$gt": now}}
        query = {f"spent_reset.{field}": value for field, value in spent.items()}
        return self._find({"_id": {"$in": [*account_ids]}, **query}) is not None

    def change_password(
        self, account_id: str, old_hash: bytes, new_hash: bytes, session: Document
    ) -> bool:
        """Replace the password and all sessions by `session`; False if it changed meanwhile."""
        return self._update(
            {"_id": account_id, "password_hash": old_hash},
            {
                "$set": {"password_hash": new_hash, "sessions": [session]},
                "$unset": {"reset_token": "", "spent_reset": "", "sign_in_challenges": ""},
            },
        )

    def add_session(self, account: Account, client: Client, session: Document) -> bool:
        """Add a session; False if what opens the account has changed since it was read."""
        sources = [client.source, *(known for known in account.sources if known != client.source)]
        devices = [client.digest, *(known for known in account.devices if known != client.digest)]
        return self._update(
            {
                "_id": account.id,
                "password_hash": account.password_hash,
                "second_factors.0": {"$exists": account.second_factor},
            },
            {
                "$push": {"sessions": {"$each": [session], "$slice": -MAX_SESSIONS}},
                "$set": {
                    "sources": sources[:MAX_SOURCES],
                    "devices": devices[:MAX_DEVICES],
                    **_used_now(),
                },
                "$unset": {"idle_warned_at": ""},
            },
        )

    def replace_session(
        self, account_id: str, session_id: str, conditions: Document, changes: Document
    ) -> Account | None:
        """Change the session if it meets `conditions`, else return None."""
        document = self._accounts.find_one_and_update(
            {"_id": account_id, "sessions": {"$elemMatch": {"id": session_id, **conditions}}},
            {
                "$set": {
                    **{f"sessions.$[session].{field}": value for field, value in changes.items()},
                    **_used_now(),
                },
                "$unset": {"idle_warned_at": ""},
            },
            array_filters=[{"session.id": session_id}],
        )
        return None if document is None else Account.from_document(document)

    def by_session(self, account_id: str, session_id: str, conditions: Document) -> Account | None:
        """The account, if it has this session and the session meets `conditions`."""
        return self._find(
            {"_id": account_id, "sessions": {"$elemMatch": {"id": session_id, **conditions}}}
        )

    def end_session(
        self, account_id: str, session_id: str, refresh_digest: str | None = None
    ) -> None:
        """End a session; with a digest, only if it is of the session's refresh token."""
        ended: Document = {"id": session_id}
        if refresh_digest is not None:
            ended["$or"] = [{"refresh": refresh_digest}, {"previous": refresh_digest}]
        self._accounts.update_one({"_id": account_id}, {"$pull": {"sessions": ended}})

    def end_sessions(self, account_id: str) -> None:
        self._accounts.update_one(
            {"_id": account_id}, {"$set": {"sessions": []}, "$unset": {"sign_in_challenges": ""}}
        )

    def sessions(self, account_id: str) -> list[Document]:
        """The sessions of an account, also those that have expired."""
        document = self._accounts.find_one({"_id": account_id}, {"sessions": 1})
        return [] if document is None else list(document["sessions"])

    def rename(self, account_id: str, name: str) -> None:
        self._set(account_id, {"name": name})

    def grant(self, account_id: str, role: str) -> None:
        self._accounts.update_one({"_id": account_id}, {"$addToSet": {"roles": role}})

    def revoke(self, account_id: str, role: str) -> None:
        self._accounts.update_one({"_id": account_id}, {"$pull": {"roles": role}})

    def mark_pending_deletion(self, account_id: str, now: datetime) -> None:
        self._set(account_id, {"pending_deletion_since": now})

    def pending_deletion_ids(self) -> list[str]:
        """The accounts whose deletion has started and not finished."""
        pending = {"pending_deletion_since": {"$exists": True}}
        return [document["_id"] for document in self._accounts.find(pending, {"_id": 1})]

    def delete(self, account_id: str) -> None:
        self._accounts.delete_one({"_id": account_id})

    def _insert(self, document: Document) -> bool:
        """Whether neither the id nor the address was taken."""
        try:
            self._accounts.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    def _find(self, query: Document) -> Account | None:
        document = self._accounts.find_one(query)
        return None if document is None else Account.from_document(document)

    def _set(self, account_id: str, fields: Document) -> None:
        self._accounts.update_one({"_id": account_id}, {"$set": fields})

    def _update(self, query: Document, update: Document) -> bool:
        """Whether there was an account to update."""
        return self._accounts.update_one(query, update).matched_count == 1


def _used_now() -> Document:
    return {"last_used_at": utc_now()}
