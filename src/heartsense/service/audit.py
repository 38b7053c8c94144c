"""Who did what with whose data: an append-only record of each access that is not one's own.

Each record is written before the act it tells of. Where it cannot be written, the act is refused:
nothing is read unseen. Records hold ids and times, no names and nothing about anybody's health.
Nothing here changes or deletes one; MongoDB deletes them after `RETENTION`. What others do to them
in the database is noticed: they are linked by digests (`audit_chain`).
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database
from pymongo.errors import BulkWriteError, ConnectionFailure, PyMongoError

from heartsense.errors import AuditUnavailableError
from heartsense.service.audit_chain import NUMBER, Head, Verdict, head_of, linked, verify
from heartsense.service.clock import Clock, truncate_to_milliseconds, utc_now
from heartsense.service.ids import new_id

COLLECTION = "audit"
SCHEMA = 2  # 1: without links
RETENTION: Final = timedelta(days=3 * 365)
RETRY_SECONDS: Final = 60
_MAX_TRIES: Final = 50
_DUPLICATE_KEY: Final = 11000

Document = dict[str, Any]


class Action(StrEnum):
    """What was done."""

    RESULT_LISTED = "result_listed"
    RESULT_READ = "result_read"
    PICTURE_READ = "picture_read"
    REVIEWS_READ = "reviews_read"
    REVIEWED = "reviewed"
    REVIEW_EXPORTED = "review_exported"
    PREDICTION_DELETED = "prediction_deleted"
    DATA_EXPORTED = "data_exported"
    ACCOUNT_DELETED = "account_deleted"
    ROLE_GRANTED = "role_granted"
    ROLE_REVOKED = "role_revoked"
    SESSIONS_ENDED = "sessions_ended"
    SECOND_FACTORS_REMOVED = "second_factors_removed"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: an account's id, or a name of the operator's, and in which role."""

    id: str
    role: str


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One act.

    Attributes
    ----------
    owner
        The account whose data it was.
    subject
        The prediction or the role that it was about, if any.
    request_id
        The request's id, as in the logs and in problems.
    """

    id: str
    at: datetime
    actor: Actor
    action: Action
    owner: str
    subject: str | None
    request_id: str

    def to_dict(self) -> dict[str, Any]:
        """The record in JSON's own types."""
        return {
            "at": self.at.isoformat(timespec="milliseconds"),
            "actor": self.actor.id,
            "pseudonym": pseudonym(self.actor.id),
            "role": self.actor.role,
            "action": str(self.action),
            "owner": self.owner,
            "subject": self.subject,
            "request_id": self.request_id,
        }


def pseudonym(actor_id: str) -> str:
    """What patients see of an actor: the same for the same person, and no way back to the id."""
    return hashlib.sha256(f"audit {actor_id}".encode()).hexdigest()[:8]


class AuditLog:
    """The audit records of a database."""

    def __init__(self, database: Database[Document], clock: Clock = utc_now) -> None:
        self._records = database[COLLECTION]
        self._clock = clock

    def add(
        self,
        actor: Actor,
        action: Action,
        owned: Iterable[tuple[str, str | None]],
        request_id: str,
    ) -> None:
        """Record an act on subjects, each with its owner.

        Raises
        ------
        AuditUnavailableError
            The record cannot be written: the act must not take place.
        """
        now = truncate_to_milliseconds(self._clock())
        documents = [
            {
                "_id": new_id(),
                "schema": SCHEMA,
                "at": now,
                "actor": actor.id,
                "role": actor.role,
                "action": str(action),
                "owner": owner,
                "subject": subject,
                "request_id": request_id,
                "expires_at": now + RETENTION,
            }
            for owner, subject in owned
        ]
        if not documents:
            return
        try:
            self._append(documents)
        except ConnectionFailure:
            raise  # the whole database is away, and the request fails with that
        except PyMongoError as failure:
            raise AuditUnavailableError(
                "This access cannot be recorded, so it is refused. Try again in a minute.",
                RETRY_SECONDS,
            ) from failure

    def verify(self, known: str | None = None) -> Verdict:
        """Look whether records were changed or removed; see `audit_chain.verify`."""
        records = self._records.find({NUMBER: {"$exists": True}}).sort(NUMBER, ASCENDING)
        return verify(records, self._clock(), RETENTION, known)

    def count_unlinked(self) -> int:
        """How many records are from before there were links."""
        return self._records.count_documents({NUMBER: {"$exists": False}})

    def find(
        self, *, actor: str | None = None, owner: str | None = None, since: datetime | None = None
    ) -> Iterator[AuditRecord]:
        """Matching records, oldest first."""
        wanted: Document = {"actor": actor, "owner": owner, "at": since and {"$gte": since}}
        query = {name: value for name, value in wanted.items() if value is not None}
        oldest_first = [("at", ASCENDING), ("_id", ASCENDING)]
        return map(_record, self._records.find(query).sort(oldest_first))

    def by_others(
        self, owner: str, subject: str | None = None, limit: int = 100
    ) -> list[AuditRecord]:
        """What others did with an owner's data, newest first."""
        query: Document = {"owner": owner, "actor": {"$ne": owner}}
        if subject is not None:
            query["subject"] = subject
        newest_first = [("at", DESCENDING), ("_id", DESCENDING)]
        return [*map(_record, self._records.find(query).sort(newest_first).limit(limit))]

    def _append(self, records: list[Document]) -> None:
        """Insert records behind the newest one; where others were faster, behind theirs."""
        head = self._head()
        for _ in range(_MAX_TRIES):
            try:
                self._records.insert_many(
                    _linked_behind(head, records)
                )  # in order, up to the first that is refused
            except BulkWriteError as refusal:
                before, head = head, self._head()
                is_taken = refusal.details["writeErrors"][0]["code"] == _DUPLICATE_KEY
                if not is_taken or head.number == before.number:
                    raise
                records = records[refusal.details["nInserted"] :]
            else:
                return
        raise PyMongoError("Others always were faster.")

    def _head(self) -> Head:
        newest = self._records.find({NUMBER: {"$exists": True}}).sort(NUMBER, DESCENDING).limit(1)
        return head_of(next(newest, None))


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """Records the acts of one request."""

    log: AuditLog
    request_id: str

    def record(self, actor: Actor, action: Action, owner: str, subject: str | None = None) -> None:
        """Record one act; AuditUnavailableError if it must not take place."""
        self.record_all(actor, action, [(owner, subject)])

    def record_all(
        self, actor: Actor, action: Action, owned: Iterable[tuple[str, str | None]]
    ) -> None:
        """Record an act on several subjects, each with its owner; like `record`."""
        self.log.add(actor, action, owned, self.request_id)


def create_indexes(database: Database[Document]) -> None:
    """Create the indexes of the collection; idempotent."""
    records = database[COLLECTION]
    for field in ("owner", "actor"):
        records.create_index([(field, ASCENDING), ("at", DESCENDING)])
    records.create_index([("at", ASCENDING), ("_id", ASCENDING)])
    records.create_index("expires_at", expireAfterSeconds=0)
    records.create_index(
        NUMBER, unique=True, partialFilterExpression={NUMBER: {"$exists": True}}
    )  # two functions that link a record to the same one: the second is refused


def _linked_behind(head: Head, records: Iterable[Document]) -> list[Document]:
    following: list[Document] = []
    for record in records:
        following.append(linked(record, head))
        head = head_of(following[-1])
    return following


def _record(document: Mapping[str, Any]) -> AuditRecord:
    return AuditRecord(
        id=document["_id"],
        at=document["at"],
        actor=Actor(document["actor"], document["role"]),
        action=Action(document["action"]),
        owner=document["owner"],
        subject=document["subject"],
        request_id=document["request_id"],
    )
