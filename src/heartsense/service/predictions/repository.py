"""`PredictionRepository` and its MongoDB implementation.

An upload is one document. Every change is one atomic write whose filter names the state it starts
from. A unique index on the outcome's key keeps one result per owner, file, page and model; a second
upload of the same file becomes a pointer to the first.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Protocol

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from heartsense.advice import Advice
from heartsense.errors import InvalidRequestError
from heartsense.service.clock import truncate_to_milliseconds
from heartsense.service.ids import new_id
from heartsense.service.predictions.consent import (
    CURRENT_VERSION,
    UNRECORDED_VERSION,
    Consent,
)
from heartsense.service.predictions.earlier_results import with_conclusion
from heartsense.service.predictions.prediction import Outcome, Prediction, Refusal, Status

COLLECTION = "predictions"
SCHEMA = 1
PENDING_RETENTION = timedelta(days=2)
"""A pending prediction expires after this; the bucket and the queue keep an upload for a day."""

_DUPLICATE, _DELETING = "duplicate", "deleting"
_VISIBLE = tuple(Status)
_CURSOR = re.compile(r"(\d{1,15})-([0-9a-f]{1,64})")

Document = dict[str, Any]


class UploadState(Enum):
    """State of an upload, as the upload processor sees it."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    DUPLICATE = "duplicate"
    GONE = "gone"


class PredictionRepository(Protocol):
    """Stores predictions. All times are UTC; ids are opaque."""

    def create(self, owner: str, page: int, keep_for_training: bool, now: datetime) -> Prediction:
        """Create a pending prediction."""

    def get(self, prediction_id: str) -> Prediction | None:
        """Find by id, or by the id of a duplicate upload; None if deleted or unknown."""

    def get_many(self, prediction_ids: Iterable[str]) -> dict[str, Prediction]:
        """Those of these ids that exist; ids of duplicates are not resolved."""

    def newest(
        self, owner: str | None, limit: int, after: str | None = None, status: Status | None = None
    ) -> tuple[list[Prediction], str | None]:
        """A page of predictions of one owner or of all, newest first, and the next page's cursor.

        Raises
        ------
        InvalidRequestError
            The cursor is malformed.
        """

    def upload_state(self, prediction_id: str) -> UploadState:
        """State of this upload; duplicates are not resolved."""

    def link_duplicate(self, prediction_id: str, key: str) -> UploadState:
        """Make a pending upload a duplicate of the prediction with this outcome key, if any."""

    def finish(self, prediction_id: str, outcome: Outcome, now: datetime) -> UploadState:
        """Store the outcome of a pending prediction, once; returns the upload's state.

        DUPLICATE where another prediction has the outcome's key: this one now points to it.
        """

    def withdraw_consent(self, prediction_id: str, now: datetime) -> None:
        """The image may no longer be used for training; idempotent, the result stays."""

    def begin_deletion(self, prediction_id: str) -> list[str]:
        """Hide a prediction; returns its id and the ids of its duplicates."""

    def remove(self, prediction_id: str) -> None:
        """Delete a prediction and its duplicates."""

    def remove_all(self, owner: str) -> None:
        """Delete all of an owner's predictions."""

    def unfinished_deletions(self, owner: str | None = None) -> list[tuple[str, str]]:
        """Owner and id of predictions whose deletion was interrupted."""


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
            "expires_at": now + PENDING_RETENTION,
        }
        if keep_for_training:
            document["training_consent"] = {
                "given_at": truncate_to_milliseconds(now),
                "text_version": CURRENT_VERSION,
            }
        self._predictions.insert_one(document)
        return _prediction(document)

    def get(self, prediction_id: str) -> Prediction | None:
        document = self._predictions.find_one({"_id": prediction_id})
        if document is not None and document["status"] == _DUPLICATE:
            document = self._predictions.find_one({"_id": document["duplicate_of"]})
        return _prediction(document) if document and document["status"] in _VISIBLE else None

    def get_many(self, prediction_ids: Iterable[str]) -> dict[str, Prediction]:
        visible = {"$in": [*map(str, _VISIBLE)]}
        found = self._predictions.find({"_id": {"$in": [*prediction_ids]}, "status": visible})
        return {document["_id"]: _prediction(document) for document in found}

    def newest(
        self, owner: str | None, limit: int, after: str | None = None, status: Status | None = None
    ) -> tuple[list[Prediction], str | None]:
        query: Document = {"status": str(status) if status else {"$in": [*map(str, _VISIBLE)]}}
        if owner is not None:
            query["owner"] = owner
        if after is not None:
            query.update(_older_than(after))
        newest_first = [("created_at", DESCENDING), ("_id", DESCENDING)]
        found = [*self._predictions.find(query).sort(newest_first).limit(limit + 1)]
        page = [_prediction(document) for document in found[:limit]]
        return page, cursor(page[-1]) if len(found) > limit else None

    def upload_state(self, prediction_id: str) -> UploadState:
        document = self._predictions.find_one({"_id": prediction_id}, {"status": 1})
        return _upload_state(document)

    def link_duplicate(self, prediction_id: str, key: str) -> UploadState:
        self._point_to_holder(prediction_id, key)
        return self.upload_state(prediction_id)

    def finish(self, prediction_id: str, outcome: Outcome, now: datetime) -> UploadState:
        pending = {"_id": prediction_id, "status": str(Status.PENDING)}
        update = {"$set": _finished(outcome, now), "$unset": {"expires_at": ""}}
        while True:
            try:
                self._predictions.update_one(pending, update)
                return self.upload_state(prediction_id)
            except DuplicateKeyError:
                if self._point_to_holder(prediction_id, str(outcome.key)):
                    return self.upload_state(prediction_id)

    def withdraw_consent(self, prediction_id: str, now: datetime) -> None:
        self._predictions.update_one(
            {"_id": prediction_id, "keep_for_training": True},
            [  # what was agreed to stays on record, also where only a flag was stored
                {
                    "$set": {
                        "keep_for_training": False,
                        "training_consent": {
                            "given_at": {"$ifNull": ["$training_consent.given_at", "$created_at"]},
                            "text_version": {
                                "$ifNull": ["$training_consent.text_version", UNRECORDED_VERSION]
                            },
                            "withdrawn_at": truncate_to_milliseconds(now),
                        },
                    }
                }
            ],
        )

    def begin_deletion(self, prediction_id: str) -> list[str]:
        self._predictions.update_one(
            {"_id": prediction_id},
            {
                "$set": {"status": _DELETING},
                # From now on the same file may be uploaded as a new prediction.
                "$unset": {"key": "", "result": "", "refusal": "", "expires_at": ""},
            },
        )
        # Nor may an upload that points to it be taken for one of its own while this lasts.
        pointing = {"duplicate_of": prediction_id}
        self._predictions.update_many(pointing, {"$set": {"status": _DELETING}})
        duplicates = self._predictions.find(pointing, {"_id": 1})
        return [prediction_id, *(document["_id"] for document in duplicates)]

    def remove(self, prediction_id: str) -> None:
        self._predictions.delete_many({"duplicate_of": prediction_id})
        self._predictions.delete_one({"_id": prediction_id})

    def remove_all(self, owner: str) -> None:
        self._predictions.delete_many({"owner": owner})

    def unfinished_deletions(self, owner: str | None = None) -> list[tuple[str, str]]:
        query = {"status": _DELETING, **({} if owner is None else {"owner": owner})}
        return [(found["owner"], found["_id"]) for found in self._predictions.find(query)]

    def _point_to_holder(self, prediction_id: str, key: str) -> bool:
        """Make a pending upload point to the holder of `key`; False if there is none any more."""
        holder = self._predictions.find_one({"key": key}, {"_id": 1})
        if holder is None:
            return False
        self._apply_refusal(prediction_id, holder["_id"])
        self._predictions.update_one(
            {"_id": prediction_id, "status": str(Status.PENDING)},
            {
                "$set": {"status": _DUPLICATE, "duplicate_of": holder["_id"]},
                "$unset": {"expires_at": ""},
            },
        )
        if self._predictions.find_one({"_id": holder["_id"], "key": key}, {"_id": 1}):
            return True
        # The holder was deleted in the meantime: this upload is a prediction of its own again.
        self._predictions.update_one(
            {"_id": prediction_id, "status": _DUPLICATE, "duplicate_of": holder["_id"]},
            {
                "$set": {
                    "status": str(Status.PENDING),
                    "expires_at": datetime.now(UTC) + PENDING_RETENTION,
                },
                "$unset": {"duplicate_of": ""},
            },
        )
        return False

    def _apply_refusal(self, prediction_id: str, holder: str) -> None:
        """Refusing consent once counts for all uploads of the same file."""
        refusing = {"_id": prediction_id, "keep_for_training": False}
        if self._predictions.find_one(refusing, {"_id": 1}):
            self.withdraw_consent(holder, datetime.now(UTC))


def create_indexes(database: Database[Document]) -> None:
    """Create the indexes of the collection; idempotent."""
    predictions = database[COLLECTION]
    newest_first = [("created_at", DESCENDING), ("_id", DESCENDING)]
    predictions.create_index("key", unique=True, sparse=True)
    predictions.create_index("duplicate_of", sparse=True)
    predictions.create_index("expires_at", expireAfterSeconds=0)
    predictions.create_index([("owner", ASCENDING), *newest_first])
    predictions.create_index([("status", ASCENDING), *newest_first])


def cursor(prediction: Prediction) -> str:
    """The cursor of the page after this prediction."""
    return f"{round(prediction.created_at.timestamp() * 1000)}-{prediction.id}"


def read_cursor(text: str) -> tuple[datetime, str]:
    """The creation time and id in a cursor; InvalidRequestError if it is malformed."""
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise InvalidRequestError("Use next_cursor of the previous page, unchanged.")
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(match[1])), match[2]
    except OverflowError:
        raise InvalidRequestError("Use next_cursor of the previous page, unchanged.") from None


def _older_than(text: str) -> Document:
    created_at, prediction_id = read_cursor(text)
    return {
        "$or": [
            {"created_at": {"$lt": created_at}},
            {"created_at": created_at, "_id": {"$lt": prediction_id}},
        ]
    }


def _upload_state(document: Mapping[str, Any] | None) -> UploadState:
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
        "refusal": None if refusal is None else _refusal_document(refusal),
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


def _refusal_document(refusal: Refusal) -> dict[str, Any]:
    document: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
    if refusal.advice is not None:
        document["advice"] = {"code": refusal.advice.code, "text": refusal.advice.text}
    return document


def _refusal(document: Mapping[str, Any]) -> Refusal:
    advice = document.get("advice")
    return Refusal(
        document["code"],
        document["message"],
        None if advice is None else Advice(advice["code"], advice["text"]),
    )


def _prediction(document: Mapping[str, Any]) -> Prediction:
    refusal, result = document.get("refusal"), document.get("result")
    return Prediction(
        id=document["_id"],
        owner=document["owner"],
        status=Status(document["status"]),
        created_at=document["created_at"],
        page=document["page"],
        keep_for_training=document["keep_for_training"],
        consent=Consent.of(document),
        finished_at=document.get("finished_at"),
        result=None if result is None else with_conclusion(result),
        refusal=None if refusal is None else _refusal(refusal),
        sha256=document.get("sha256"),
        model_version=document.get("model_version"),
        heatmaps=tuple(document.get("heatmaps", ())),
    )
