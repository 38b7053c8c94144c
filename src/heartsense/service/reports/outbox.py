"""The outbox contract, `Outbox`, and its MongoDB implementation.

A report is one document, and every change is one atomic write to it that names the state it starts
from. Whoever sends a report holds it by a token and for a time; a token that was overtaken changes
nothing any more.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from heartsense.service.clock import truncate_to_milliseconds
from heartsense.service.ids import new_id
from heartsense.service.reports.report import UNDER_WAY, Report, ReportRequest, Status

COLLECTION = "reports"
SCHEMA = 1
KEPT = timedelta(days=90)
"""A report names an address, maybe of somebody who never heard of us: no longer than is useful."""

Document = dict[str, Any]


class Outbox(Protocol):
    """Keeps reports. All times are UTC."""

    def add(self, draft: ReportRequest, turn: int, now: datetime) -> Report:
        """A pending report; the one that is there, where this turn of the draft exists already."""

    def get(self, report_id: str) -> Report | None: ...

    def last(self, draft: ReportRequest) -> Report | None:
        """The report of a draft with the highest turn."""

    def of_owner(self, owner: str, prediction: str | None = None) -> list[Report]:
        """Newest first."""

    def due(self, now: datetime, limit: int) -> list[str]:
        """Pending reports that nobody holds, those that wait longest first."""

    def pending_since(self) -> datetime | None:
        """When the oldest pending report was asked for; None where none is pending."""

    def claim(self, report_id: str, token: str, now: datetime, until: datetime) -> Report | None:
        """Hold a pending report that nobody holds; None where there is no such."""

    def begin(self, report_id: str, token: str, now: datetime) -> bool:
        """From pending to sending; whether the token still held it."""

    def finish(self, report_id: str, token: str, ses_id: str, now: datetime) -> None:
        """To sent: SES took it."""

    def release(self, report_id: str, token: str, until: datetime) -> None:
        """From sending back to pending: SES did not take it, and may after `until`."""

    def fail(self, report_id: str, token: str, reason: str) -> None:
        """To failed, from where it is not known to have been sent: it never will be taken."""

    def lose(self, report_id: str, token: str) -> None:
        """From sending to unconfirmed: nobody knows whether SES took it."""

    def lose_older(self, before: datetime) -> int:
        """From sending to unconfirmed, all whose call to SES began before; how many."""

    def by_ses_id(self, ses_id: str) -> Report | None: ...

    def confirm(self, report_id: str, ses_id: str, now: datetime) -> None:
        """From sending or unconfirmed to sent: SES says that it took it."""

    def settle(self, report_id: str, status: Status, reason: str) -> None:
        """To bounced, complained or failed, by SES's own word; a complaint is the last word."""

    def forget_owner(self, owner: str) -> None: ...

    def forget_prediction(self, prediction: str) -> None: ...


class MongoOutbox:
    """`Outbox` in a MongoDB database."""

    def __init__(self, database: Database[Document]) -> None:
        self._reports = database[COLLECTION]

    def add(self, draft: ReportRequest, turn: int, now: datetime) -> Report:
        document = {
            "_id": new_id(),
            "schema": SCHEMA,
            "owner": draft.owner,
            "prediction": draft.prediction,
            "to": draft.to,
            "to_key": draft.to_key,
            "turn": turn,
            "status": str(Status.PENDING),
            "created_at": truncate_to_milliseconds(now),
            "expires_at": now + KEPT,
            "attempts": 0,
            "free_at": now,
        }
        try:
            self._reports.insert_one(document)
        except DuplicateKeyError:
            existing = self._one({**_key(draft), "turn": turn})
            if existing is None:  # it was deleted at this very moment
                return self.add(draft, turn, now)
            return existing
        return _report(document)

    def get(self, report_id: str) -> Report | None:
        return self._one({"_id": report_id})

    def last(self, draft: ReportRequest) -> Report | None:
        found = self._reports.find_one(_key(draft), sort=[("turn", DESCENDING)])
        return None if found is None else _report(found)

    def of_owner(self, owner: str, prediction: str | None = None) -> list[Report]:
        query = {"owner": owner, **({} if prediction is None else {"prediction": prediction})}
        newest = [("created_at", DESCENDING), ("_id", DESCENDING)]
        return [_report(found) for found in self._reports.find(query).sort(newest).limit(100)]

    def due(self, now: datetime, limit: int) -> list[str]:
        waiting = self._reports.find(
            {"status": str(Status.PENDING), "free_at": {"$lte": now}}, {"_id": 1}
        )
        return [found["_id"] for found in waiting.sort("free_at", ASCENDING).limit(limit)]

    def pending_since(self) -> datetime | None:
        oldest = self._reports.find_one(
            {"status": str(Status.PENDING)}, {"created_at": 1}, sort=[("created_at", ASCENDING)]
        )
        return None if oldest is None else oldest["created_at"]

    def claim(self, report_id: str, token: str, now: datetime, until: datetime) -> Report | None:
        found = self._reports.find_one_and_update(
            {"_id": report_id, "status": str(Status.PENDING), "free_at": {"$lte": now}},
            {"$set": {"token": token, "free_at": until}, "$inc": {"attempts": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else _report(found)

    def begin(self, report_id: str, token: str, now: datetime) -> bool:
        started = {"status": str(Status.SENDING), "sending_at": now}
        return self._change(report_id, token, (Status.PENDING,), started)

    def finish(self, report_id: str, token: str, ses_id: str, now: datetime) -> None:
        came_from = (Status.SENDING, Status.UNCONFIRMED)
        self._change(report_id, token, came_from, _sent(ses_id, now))

    def release(self, report_id: str, token: str, until: datetime) -> None:
        waiting = {"status": str(Status.PENDING), "free_at": until}
        self._change(report_id, token, (Status.SENDING,), waiting)

    def fail(self, report_id: str, token: str, reason: str) -> None:
        came_from = (*UNDER_WAY, Status.UNCONFIRMED)
        self._change(report_id, token, came_from, {"status": str(Status.FAILED), "reason": reason})

    def lose(self, report_id: str, token: str) -> None:
        self._change(report_id, token, (Status.SENDING,), {"status": str(Status.UNCONFIRMED)})

    def lose_older(self, before: datetime) -> int:
        return self._reports.update_many(
            {"status": str(Status.SENDING), "sending_at": {"$lt": before}},
            {"$set": {"status": str(Status.UNCONFIRMED)}},
        ).modified_count

    def by_ses_id(self, ses_id: str) -> Report | None:
        return self._one({"ses_id": ses_id})

    def confirm(self, report_id: str, ses_id: str, now: datetime) -> None:
        came_from = [str(Status.SENDING), str(Status.UNCONFIRMED)]
        self._reports.update_one(
            {"_id": report_id, "status": {"$in": came_from}}, {"$set": _sent(ses_id, now)}
        )

    def settle(self, report_id: str, status: Status, reason: str) -> None:
        self._reports.update_one(
            {"_id": report_id, "status": {"$ne": str(Status.COMPLAINED)}},
            {"$set": {"status": str(status), "reason": reason}},
        )

    def forget_owner(self, owner: str) -> None:
        self._reports.delete_many({"owner": owner})

    def forget_prediction(self, prediction: str) -> None:
        self._reports.delete_many({"prediction": prediction})

    def _one(self, query: Document) -> Report | None:
        found = self._reports.find_one(query)
        return None if found is None else _report(found)

    def _change(
        self, report_id: str, token: str, came_from: tuple[Status, ...], fields: Document
    ) -> bool:
        states = [str(status) for status in came_from]
        held = {"_id": report_id, "token": token, "status": {"$in": states}}
        return self._reports.update_one(held, {"$set": fields}).matched_count == 1


def create_indexes(database: Database[Document]) -> None:
    """Make every index that the outbox relies on; those that are there already stay."""
    reports = database[COLLECTION]
    turns = ["owner", "prediction", "to_key", "turn"]
    reports.create_index([(field, ASCENDING) for field in turns], unique=True)
    reports.create_index([("owner", ASCENDING), ("created_at", DESCENDING)])
    reports.create_index([("status", ASCENDING), ("free_at", ASCENDING)])
    reports.create_index("prediction")
    reports.create_index("ses_id", sparse=True)
    reports.create_index("expires_at", expireAfterSeconds=0)


def _key(draft: ReportRequest) -> Document:
    return {"owner": draft.owner, "prediction": draft.prediction, "to_key": draft.to_key}


def _sent(ses_id: str, now: datetime) -> Document:
    return {"status": str(Status.SENT), "ses_id": ses_id, "sent_at": truncate_to_milliseconds(now)}


def _report(found: Mapping[str, Any]) -> Report:
    return Report(
        id=found["_id"],
        draft=ReportRequest(found["owner"], found["prediction"], found["to"], found["to_key"]),
        turn=found["turn"],
        status=Status(found["status"]),
        created_at=found["created_at"],
        attempts=found["attempts"],
        sent_at=found.get("sent_at"),
        ses_id=found.get("ses_id"),
        reason=found.get("reason"),
    )
