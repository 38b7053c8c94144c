"""The store contract, `PredictionRepository`, and its MongoDB implementation.

An upload is one document, and every change is one atomic write to it that names the state it
starts from. A unique index on the outcome's key keeps one result of an owner, picture, page and
model; a second upload of the same becomes a pointer to the first.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Protocol

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from heartsense.errors import InvalidRequestError
from heartsense.service.clock import truncate_to_milliseconds
from heartsense.service.ids import new_id
from heartsense.service.predictions.prediction import Outcome, Prediction, Refusal, Status

COLLECTION = "predictions"
SCHEMA = 1
PENDING_KEPT = timedelta(days=2)
"""An upload that never came is forgotten after this; the bucket and the queue keep it a day."""

_DUPLICATE, _DELETING = "duplicate", "deleting"
_SHOWN = tuple(Status)
_CURSOR = re.compile(r"(\d{1,15})-([0-9a-f]{1,64})")

Document = dict[str, Any]


class UploadState(Enum):
    """Where an upload stands, for what works on it."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    DUPLICATE = "duplicate"
    GONE = "gone"


class PredictionRepository(Protocol):
    """Keeps predictions. All times are UTC; ids are opaque."""

    def create(self, owner: str, page: int, keep_for_training: bool, now: datetime) -> Prediction:
        """A new prediction that waits for its picture."""

    def get(self, prediction_id: str) -> Prediction | None:
        """By id, also by that of a later upload of the same picture; None when deleted."""

    def get_many(self, prediction_ids: Iterable[str]) -> dict[str, Prediction]:
        """Those that are there of these ids, by their own id only."""

    def newest(
        self, owner: str | None, limit: int, after: str | None = None, status: Status | None = None
    ) -> tuple[list[Prediction], str | None]:
        """Newest first, of one owner or of all; with the cursor of the next page, if any.

        InvalidRequestError for a cursor that is none.
        """

    def ticket(self, prediction_id: str) -> UploadState:
        """Where this very upload stands."""

    def join(self, prediction_id: str, key: str) -> UploadState:
        """Let a pending prediction point to the one that holds an outcome's key, if one does."""

    def finish(self, prediction_id: str, outcome: Outcome, now: datetime) -> UploadState:
        """Give a pending prediction its outcome, once; where the upload stands then.

        DUPLICATE where another prediction holds the outcome's key: this one points to it now.
        """

    def begin_deleting(self, prediction_id: str) -> list[str]:
        """Hide a prediction from all readers; its id, and those of duplicates pointing to it."""

    def remove(self, prediction_id: str) -> None:
        """Delete a prediction and what points to it."""

    def remove_all(self, owner: str) -> None:
        """Delete all of an owner's predictions."""

    def deleting(self, owner: str | None = None) -> list[tuple[str, str]]:
        """(owner, id) of predictions whose deletion began and did not end."""


class MongoPredictionRepository:
    """`PredictionRepository` in a MongoDB database."""

    def __init__(self, database: Database[Document]) -> None:
        self._predictions = database[COLLECTION]

    def create(self, owner: str, page: int, keep_for_training: bool, now: datetime) -> Prediction:
        document = {
            "_id": new_id(),
            "schema": SCHEMA,
            "owner": owner,
            "status": str(Status.PENDING),
            "created_at": truncate_to_milliseconds(now),
            "page": page,
            "keep_for_training": keep_for_training,
            "expires_at": now + PENDING_KEPT,
        }
        self._predictions.insert_one(document)
        return _prediction(document)

    def get(self, prediction_id: str) -> Prediction | None:
        document = self._predictions.find_one({"_id": prediction_id})
        if document is not None and document["status"] == _DUPLICATE:
            document = self._predictions.find_one({"_id": document["same_as"]})
        return _prediction(document) if document and document["status"] in _SHOWN else None

    def get_many(self, prediction_ids: Iterable[str]) -> dict[str, Prediction]:
        shown = {"$in": [*map(str, _SHOWN)]}
        found = self._predictions.find({"_id": {"$in": [*prediction_ids]}, "status": shown})
        return {document["_id"]: _prediction(document) for document in found}

    def newest(
        self, owner: str | None, limit: int, after: str | None = None, status: Status | None = None
    ) -> tuple[list[Prediction], str | None]:
        query: Document = {"status": str(status) if status else {"$in": [*map(str, _SHOWN)]}}
        if owner is not None:
            query["owner"] = owner
        if after is not None:
            query.update(_older_than(after))
        newest = [("created_at", DESCENDING), ("_id", DESCENDING)]
        found = [*self._predictions.find(query).sort(newest).limit(limit + 1)]
        shown = [_prediction(document) for document in found[:limit]]
        return shown, cursor(shown[-1]) if len(found) > limit else None

    def ticket(self, prediction_id: str) -> UploadState:
        document = self._predictions.find_one({"_id": prediction_id}, {"status": 1})
        return _ticket(document)

    def join(self, prediction_id: str, key: str) -> UploadState:
        self._point(prediction_id, key)
        return self.ticket(prediction_id)

    def finish(self, prediction_id: str, outcome: Outcome, now: datetime) -> UploadState:
        pending = {"_id": prediction_id, "status": str(Status.PENDING)}
        update = {"$set": _finished(outcome, now), "$unset": {"expires_at": ""}}
        while True:
            try:
                self._predictions.update_one(pending, update)
                return self.ticket(prediction_id)
            except DuplicateKeyError:
                if self._point(prediction_id, str(outcome.key)):
                    return self.ticket(prediction_id)

    def begin_deleting(self, prediction_id: str) -> list[str]:
        self._predictions.update_one(
            {"_id": prediction_id},
            {
                "$set": {"status": _DELETING},
                # The same picture may come again from now on.
                "$unset": {"key": "", "result": "", "refusal": "", "expires_at": ""},
            },
        )
        pointing = self._predictions.find({"same_as": prediction_id}, {"_id": 1})
        return [prediction_id, *(document["_id"] for document in pointing)]

    def remove(self, prediction_id: str) -> None:
        self._predictions.delete_many({"same_as": prediction_id})
        self._predictions.delete_one({"_id": prediction_id})

    def remove_all(self, owner: str) -> None:
        self._predictions.delete_many({"owner": owner})

    def deleting(self, owner: str | None = None) -> list[tuple[str, str]]:
        query = {"status": _DELETING, **({} if owner is None else {"owner": owner})}
        return [(left["owner"], left["_id"]) for left in self._predictions.find(query)]

    def _point(self, prediction_id: str, key: str) -> bool:
        """Make a pending prediction point to the holder of `key`; whether there still is one."""
        holder = self._predictions.find_one({"key": key}, {"_id": 1})
        if holder is None:
            return False
        self._withdraw_consent(prediction_id, holder["_id"])
        self._predictions.update_one(
            {"_id": prediction_id, "status": str(Status.PENDING)},
            {
                "$set": {"status": _DUPLICATE, "same_as": holder["_id"]},
                "$unset": {"expires_at": ""},
            },
        )
        if self._predictions.find_one({"_id": holder["_id"], "key": key}, {"_id": 1}):
            return True
        # It was deleted at this very moment: this upload is a picture of its own.
        self._predictions.update_one(
            {"_id": prediction_id, "status": _DUPLICATE, "same_as": holder["_id"]},
            {
                "$set": {
                    "status": str(Status.PENDING),
                    "expires_at": datetime.now(UTC) + PENDING_KEPT,
                },
                "$unset": {"same_as": ""},
            },
        )
        return False

    def _withdraw_consent(self, prediction_id: str, holder: str) -> None:
        """One "no" to training counts for all uploads of a picture."""
        refusing = {"_id": prediction_id, "keep_for_training": False}
        if self._predictions.find_one(refusing, {"_id": 1}):
            withdrawn = {"$set": {"keep_for_training": False}}
            self._predictions.update_one({"_id": holder}, withdrawn)


def create_indexes(database: Database[Document]) -> None:
    """Make every index that predictions rely on; those that are there already stay."""
    predictions = database[COLLECTION]
    newest = [("created_at", DESCENDING), ("_id", DESCENDING)]
    predictions.create_index("key", unique=True, sparse=True)
    predictions.create_index("same_as", sparse=True)
    predictions.create_index("expires_at", expireAfterSeconds=0)
    predictions.create_index([("owner", ASCENDING), *newest])
    predictions.create_index([("status", ASCENDING), *newest])


def cursor(prediction: Prediction) -> str:
    """Where a list goes on after this prediction."""
    return f"{round(prediction.created_at.timestamp() * 1000)}-{prediction.id}"


def read_cursor(text: str) -> tuple[datetime, str]:
    """The time and id that `cursor` wrote; InvalidRequestError for any other text."""
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise InvalidRequestError("Take the cursor from the answer before, unchanged.")
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(match[1])), match[2]
    except OverflowError:
        raise InvalidRequestError("Take the cursor from the answer before, unchanged.") from None


def _older_than(text: str) -> Document:
    created_at, prediction_id = read_cursor(text)
    return {
        "$or": [
            {"created_at": {"$lt": created_at}},
            {"created_at": created_at, "_id": {"$lt": prediction_id}},
        ]
    }


def _ticket(document: Mapping[str, Any] | None) -> UploadState:
    match None if document is None else document["status"]:
        case Status.PENDING:
            return UploadState.PENDING
        case Status.DONE:
            return UploadState.DONE
        case Status.FAILED:
            return UploadState.FAILED
        case "duplicate":
            return UploadState.DUPLICATE
    return UploadState.GONE


def _finished(outcome: Outcome, now: datetime) -> Document:
    refusal = outcome.refusal
    fields = {
        "key": outcome.key,
        "result": None if outcome.result is None else dict(outcome.result),
        "refusal": None if refusal is None else {"code": refusal.code, "message": refusal.message},
        "sha256": outcome.sha256,
        "model_version": outcome.model_version,
    }
    known = {name: value for name, value in fields.items() if value is not None}
    return {
        **known,
        "status": str(outcome.status),
        "heatmaps": list(outcome.heatmaps),
        "finished_at": truncate_to_milliseconds(now),
    }


def _prediction(document: Mapping[str, Any]) -> Prediction:
    refusal = document.get("refusal")
    return Prediction(
        id=document["_id"],
        owner=document["owner"],
        status=Status(document["status"]),
        created_at=document["created_at"],
        page=document["page"],
        keep_for_training=document["keep_for_training"],
        finished_at=document.get("finished_at"),
        result=document.get("result"),
        refusal=None if refusal is None else Refusal(refusal["code"], refusal["message"]),
        sha256=document.get("sha256"),
        model_version=document.get("model_version"),
        heatmaps=tuple(document.get("heatmaps", ())),
    )
