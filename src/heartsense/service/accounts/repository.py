"""Accounts in MongoDB: one document each, and every change is one atomic write to it.

Sessions and pending links are part of the document. So a crash between two writes leaves the
account as it was before or after a change, never between, and ending an account's sessions
cannot be forgotten by one of several writes.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from heartsense.service.email.address import Address
from heartsense.service.ids import new_id

COLLECTION = "accounts"
SCHEMA = 1
"""Version of an account's document; one that reads older ones brings them up to it."""

MOST_SESSIONS = 10
"""Sessions an account may have at once; one more ends the oldest."""

MOST_SOURCES = 5
"""Sources of good sign-ins that an account remembers."""

_DECOYS = tuple(range(64))  # as many as keep pretended writes from waiting for one another

Document = dict[str, Any]


def create_indexes(database: Database[Document]) -> None:
    """Create the indexes of accounts; may be repeated."""
    database[COLLECTION].create_index("email_key", unique=True)
    database[COLLECTION].create_index("pending_deletion_since", sparse=True)


@dataclass(frozen=True, slots=True)
class Account:
    """What an account's document says.

    `sources` are keyed digests of where good sign-ins came from; `closing` is set from the moment
    its deletion began.
    """

    id: str
    address: Address
    name: str
    password_hash: bytes
    roles: frozenset[str]
    verified: bool
    pending_deletion: bool
    sources: tuple[str, ...]
    created_at: datetime

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Account":
        return cls(
            id=document["_id"],
            address=Address(document["email"], document["email_key"]),
            name=document["name"],
            password_hash=document["password_hash"],
            roles=frozenset(document["roles"]),
            verified=document["verified_at"] is not None,
            pending_deletion="pending_deletion_since" in document,
            sources=tuple(document["sources"]),
            created_at=document["created_at"],
        )


@dataclass(frozen=True, slots=True)
class EmailToken:
    """A secret that was mailed: its digest, and until when it counts."""

    digest: str
    expires_at: datetime

    def to_document(self) -> Document:
        return {"digest": self.digest, "expires_at": self.expires_at}


class AccountRepository:
    """The accounts of a database."""

    def __init__(self, database: Database[Document]) -> None:
        self._accounts = database[COLLECTION]
        self._decoys = database["decoys"]

    def by_address(self, address: Address) -> Account | None:
        return self._one({"email_key": address.key})

    def by_id(self, account_id: str) -> Account | None:
        return self._one({"_id": account_id})

    def create(
        self, address: Address, name: str, password_hash: bytes, verify: EmailToken, now: datetime
    ) -> str | None:
        """Make an account; its id, or None where the address has one already."""
        document = {
            "_id": new_id(),
            "schema": SCHEMA,
            "email": address.text,
            "email_key": address.key,
            "name": name,
            "password_hash": password_hash,
            "roles": ["user"],
            "verified_at": None,
            "verify": verify.to_document(),
            "sessions": [],
            "sources": [],
            "created_at": now,
        }
        try:
            self._accounts.insert_one(document)
        except DuplicateKeyError:
            return None
        return str(document["_id"])

    def set_verification_token(self, account_id: str, link: EmailToken) -> None:
        self._set(account_id, {"verify": link.to_document()})

    def set_reset_token(self, account_id: str, link: EmailToken) -> None:
        self._set(account_id, {"reset": link.to_document()})

    def write_decoy(self, link: EmailToken) -> None:
        """Write as much as for an account where there is none to write to, for the time it takes.

        A write that changes nothing would not do: no journal and no other server waits for it.
        """
        name = secrets.choice(_DECOYS)
        self._decoys.update_one({"_id": name}, {"$set": {"link": link.to_document()}}, upsert=True)

    def verify(self, account_id: str, digest: str, now: datetime) -> bool:
        """Note that the address is its owner's; may be repeated until the link expires."""
        return self._changed(
            {"_id": account_id, "verify.digest": digest, "verify.expires_at": {"$gt": now}},
            {"$set": {"verified_at": now}},
        )

    def reset_password(
        self, account_id: str, digest: str, password_hash: bytes, source: str, now: datetime
    ) -> bool:
        """Use a reset link up: new password, no sessions, and the address is proven.

        `source` counts as a good sign-in's from now on: whoever reads the owner's mail is let in
        however hard strangers try at the same time.
        """
        return self._changed(
            {"_id": account_id, "reset.digest": digest, "reset.expires_at": {"$gt": now}},
            {
                "$set": {
                    "password_hash": password_hash,
                    "sessions": [],
                    "verified_at": now,
                    "sources": [source],
                    "last_reset": digest,
                },
                "$unset": {"reset": "", "verify": ""},
            },
        )

    def by_reset_token(self, account_id: str, digest: str) -> Account | None:
        """The account, if this reset link is its newest or was the last one used."""
        known = [{"reset.digest": digest}, {"last_reset": digest}]
        return self._one({"_id": account_id, "$or": known})

    def by_used_reset_token(self, account_id: str, digest: str) -> Account | None:
        """The account, if this reset link was the last one used."""
        return self._one({"_id": account_id, "last_reset": digest})

    def change_password(
        self, account_id: str, old_hash: bytes, new_hash: bytes, session: Document
    ) -> bool:
        """Replace a password; `session` is the only one left."""
        return self._changed(
            {"_id": account_id, "password_hash": old_hash},
            {
                "$set": {"password_hash": new_hash, "sessions": [session]},
                "$unset": {"reset": "", "last_reset": ""},
            },
        )

    def add_session(self, account: Account, source: str, session: Document) -> bool:
        """Open a session, unless the password is no longer the one that was checked."""
        sources = [source, *(known for known in account.sources if known != source)]
        return self._changed(
            {"_id": account.id, "password_hash": account.password_hash},
            {
                "$push": {"sessions": {"$each": [session], "$slice": -MOST_SESSIONS}},
                "$set": {"sources": sources[:MOST_SOURCES]},
            },
        )

    def replace_session(
        self, account_id: str, session_id: str, where: Document, changes: Document
    ) -> Account | None:
        """Change the session that meets `where`; None if there is none."""
        document = self._accounts.find_one_and_update(
            {"_id": account_id, "sessions": {"$elemMatch": {"id": session_id, **where}}},
            {"$set": {f"sessions.$[one].{field}": value for field, value in changes.items()}},
            array_filters=[{"one.id": session_id}],
        )
        return None if document is None else Account.from_document(document)

    def with_session(self, account_id: str, session_id: str, where: Document) -> Account | None:
        """The account, if it has a session that meets `where`."""
        return self._one(
            {"_id": account_id, "sessions": {"$elemMatch": {"id": session_id, **where}}}
        )

    def end_session(self, account_id: str, session_id: str) -> bool:
        return self._changed(
            {"_id": account_id}, {"$pull": {"sessions": {"id": session_id}}}, modified=True
        )

    def end_sessions(self, account_id: str) -> None:
        self._set(account_id, {"sessions": []})

    def rename(self, account_id: str, name: str) -> None:
        self._set(account_id, {"name": name})

    def grant(self, account_id: str, role: str) -> None:
        self._accounts.update_one({"_id": account_id}, {"$addToSet": {"roles": role}})

    def revoke(self, account_id: str, role: str) -> None:
        self._accounts.update_one({"_id": account_id}, {"$pull": {"roles": role}})

    def mark_pending_deletion(self, account_id: str, now: datetime) -> None:
        self._set(account_id, {"pending_deletion_since": now})

    def pending_deletion_ids(self) -> list[str]:
        """The accounts whose deletion began and did not end."""
        return [
            entry["_id"]
            for entry in self._accounts.find({"pending_deletion_since": {"$exists": True}})
        ]

    def remove(self, account_id: str) -> None:
        self._accounts.delete_one({"_id": account_id})

    def _one(self, query: Document) -> Account | None:
        document = self._accounts.find_one(query)
        return None if document is None else Account.from_document(document)

    def _set(self, account_id: str, fields: Document) -> None:
        self._accounts.update_one({"_id": account_id}, {"$set": fields})

    def _changed(self, query: Document, update: Document, *, modified: bool = False) -> bool:
        result = self._accounts.update_one(query, update)
        return (result.modified_count if modified else result.matched_count) == 1
