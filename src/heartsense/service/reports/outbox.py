"""`Outbox` and its MongoDB implementation.

A report is one document. Every change is one atomic write whose filter names the state it starts
from. A sender claims a report with a token until a given time; once another sender has claimed it,
the old token changes nothing.
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
RETENTION = timedelta(days=90)
"""Reports name addresses, also of people who have no account, so they expire."""

Document = dict[str, Any]


class Outbox(Protocol):
    """Stores reports. All times are UTC."""

    def add(self, request: ReportRequest, revision: int, now: datetime) -> Report:
        """Add a pending report; idempotent: returns the existing one of this revision."""

    def get(self, report_id: str) -> Report | None:
        """A report by its id."""

    def latest(self, request: ReportRequest) -> Report | None:
        """The report of a request with the highest revision."""

    def list_by_owner(self, owner: str, prediction: str | None = None) -> list[Report]:
        """Up to 100 reports of an owner, newest first."""

    def list_due(self, now: datetime, limit: int) -> list[str]:
        """Ids of pending reports that are not claimed, longest waiting first."""

    def oldest_pending_since(self) -> datetime | None:
        """When the oldest pending report was requested; None if none is pending."""

    def claim(self, report_id: str, token: str, now: datetime, until: datetime) -> Report | None:
        """Claim a pending report until a time; None if it is claimed or not pending."""

    def mark_sending(self, report_id: str, token: str, now: datetime) -> bool:
        """From pending to sending; False if the token no longer holds the report."""

    def mark_sent(self, report_id: str, token: str, ses_id: str, now: datetime) -> None:
        """From sending or unconfirmed to sent: SES accepted it."""

    def release(self, report_id: str, token: str, until: datetime) -> None:
        """From sending back to pending: SES did not accept it, and may after `until`."""

    def mark_failed(self, report_id: str, token: str, reason: str) -> None:
        """To failed: it was certainly not sent, and never will be."""

    def mark_unconfirmed(self, report_id: str, token: str) -> None:
        """From sending to unconfirmed: SES may or may not have accepted it."""

    def mark_stalled_unconfirmed(self, before: datetime) -> int:
        """From sending to unconfirmed, all whose call began before a time; returns how many."""

    def find_by_ses_id(self, ses_id: str) -> Report | None:
        """A report by the message id of SES."""

    def confirm_sent(self, report_id: str, ses_id: str, now: datetime) -> None:
        """From sending or unconfirmed to sent, by an event of SES."""

    def record_failure(self, report_id: str, status: Status, reason: str) -> None:
        """To bounced, complained or failed, by an event of SES; complained is final."""

    def delete_by_owner(self, owner: str) -> None:
        """Delete the reports of an owner; idempotent."""

    def delete_by_prediction(self, prediction: str) -> None:
        """Delete the reports of a prediction; idempotent."""


class MongoOutbox:
    """`Outbox` in a MongoDB database."""

    def __init__(self, database: Database[Document]) -> None:
        self._reports = database[COLLECTION]

    def add(self, request: ReportRequest, revision: int, now: datetime) -> Report:
        document = {
            "_id": new_id(),
            "schema": SCHEMA,
            "owner": request.owner,
            "prediction": request.prediction,
            "to": request.to,
            "to_key": request.to_key,
            "revision": revision,
            "status": str(Status.PENDING),
            "created_at": truncate_to_milliseconds(now),
            "expires_at": now + RETENTION,
            "attempts": 0,
            "available_at": now,
        }
        try:
            self._reports.insert_one(document)
        except DuplicateKeyError:
            existing = self._one({**_key(request), "revision": revision})
            if existing is None:  # it was deleted in the meantime
                return self.add(request, revision, now)
            return existing
        return _report(document)

    def get(self, report_id: str) -> Report | None:
        return self._one({"_id": report_id})

    def latest(self, request: ReportRequest) -> Report | None:
        found = self._reports.find_one(_key(request), sort=[("revision", DESCENDING)])
        return None if found is None else _report(found)

    def list_by_owner(
        self, owner: str, prediction: str | None = None, limit: int = 100
    ) -> list[Report]:
        query = {"owner": owner, **({} if prediction is None else {"prediction": prediction})}
        newest_first = [("created_at", DESCENDING), ("_id", DESCENDING)]
        found = self._reports.find(query).sort(newest_first).limit(limit)  # 0: no limit
        return [*map(_report, found)]

    def list_due(self, now: datetime, limit: int) -> list[str]:
        waiting = self._reports.find(
            {"status": str(Status.PENDING), "available_at": {"$lte": now}}, {"_id": 1}
        )
        return [found["_id"] for found in waiting.sort("available_at", ASCENDING).limit(limit)]

    def oldest_pending_since(self) -> datetime | None:
        oldest = self._reports.find_one(
            {"status": str(Status.PENDING)}, {"created_at": 1}, sort=[("created_at", ASCENDING)]
        )
        return None if oldest is None else oldest["created_at"]

    def claim(self, report_id: str, token: str, now: datetime, until: datetime) -> Report | None:
        found = self._reports.find_one_and_update(
            {"_id": report_id, "status": str(Status.PENDING), "available_at": {"$lte": now}},
            {"$set": {"claim_token": token, "available_at": until}, "$inc": {"attempts": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else _report(found)

    def mark_sending(self, report_id: str, token: str, now: datetime) -> bool:
        started = {"status": str(Status.SENDING), "sending_at": now}
        return self._change(report_id, token, (Status.PENDING,), started)

    def mark_sent(self, report_id: str, token: str, ses_id: str, now: datetime) -> None:
        states = (Status.SENDING, Status.UNCONFIRMED)
        self._change(report_id, token, states, _sent(ses_id, now))

    def release(self, report_id: str, token: str, until: datetime) -> None:
        waiting = {"status": str(Status.PENDING), "available_at": until}
        self._change(report_id, token, (Status.SENDING,), waiting)

    def mark_failed(self, report_id: str, token: str, reason: str) -> None:
        states = (*UNDER_WAY, Status.UNCONFIRMED)
        self._change(report_id, token, states, {"status": str(Status.FAILED), "reason": reason})

    def mark_unconfirmed(self, report_id: str, token: str) -> None:
        self._change(report_id, token, (Status.SENDING,), {"status": str(Status.UNCONFIRMED)})

    def mark_stalled_unconfirmed(self, before: datetime) -> int:
        return self._reports.update_many(
            {"status": str(Status.SENDING), "sending_at": {"$lt": before}},
            {"$set": {"status": str(Status.UNCONFIRMED)}},
        ).modified_count

    def find_by_ses_id(self, ses_id: str) -> Report | None:
        return self._one({"ses_id": ses_id})

    def confirm_sent(self, report_id: str, ses_id: str, now: datetime) -> None:
        states = [str(Status.SENDING), str(Status.UNCONFIRMED)]
        self._reports.update_one(
            {"_id": report_id, "status": {"$in": states}}, {"$set": _sent(ses_id, now)}
        )

    def record_failure(self, report_id: str, status: Status, reason: str) -> None:
        self._reports.update_one(
            {"_id": report_id, "status": {"$ne": str(Status.COMPLAINED)}},
            {"$set": {"status": str(status), "reason": reason}},
        )

    def delete_by_owner(self, owner: str) -> None:
        self._reports.delete_many({"owner": owner})

    def delete_by_prediction(self, prediction: str) -> None:
        self._reports.delete_many({"prediction": prediction})

    def _one(self, query: Document) -> Report | None:
        found = self._reports.find_one(query)
        return None if found is None else _report(found)

    def _change(
        self, report_id: str, token: str, states: tuple[Status, ...], fields: Document
    ) -> bool:
        """Set fields if the token holds the report and it is in one of these states."""
        claimed = {
            "_id": report_id,
            "claim_token": token,
            "status": {"$in": [str(status) for status in states]},
        }
        return self._reports.update_one(claimed, {"$set": fields}).matched_count == 1


def create_indexes(database: Database[Document]) -> None:
    """Create the indexes of the collection; idempotent."""
    reports = database[COLLECTION]
    unique_revision = ["owner", "prediction", "to_key", "revision"]
    reports.create_index([(field, ASCENDING) for field in unique_revision], unique=True)
    reports.create_index([("owner", ASCENDING), ("created_at", DESCENDING)])
    reports.create_index([("status", ASCENDING), ("available_at", ASCENDING)])
    reports.create_index("prediction")
    reports.create_index("ses_id", sparse=True)
    reports.create_index("expires_at", expireAfterSeconds=0)


def _key(request: ReportRequest) -> Document:
    return {"owner": request.owner, "prediction": request.prediction, "to_key": request.to_key}


def _sent(ses_id: str, now: datetime) -> Document:
    return {"status": str(Status.SENT), "ses_id": ses_id, "sent_at": truncate_to_milliseconds(now)}


def _report(found: Mapping[str, Any]) -> Report:
    return Report(
        id=found["_id"],
        request=ReportRequest(found["owner"], found["prediction"], found["to"], found["to_key"]),
        revision=found["revision"],
        status=Status(found["status"]),
        created_at=found["created_at"],
        attempts=found["attempts"],
        sent_at=found.get("sent_at"),
        ses_id=found.get("ses_id"),
        reason=found.get("reason"),
    )
