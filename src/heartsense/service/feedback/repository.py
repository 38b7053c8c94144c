"""Reviews in MongoDB: one document per prediction, to which each review is pushed atomically.

So reviews are in the order of their writes, independent of clocks, and the latest review is the
same for every reader.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from heartsense.service.feedback.review import Review, Verdict

COLLECTION = "feedback"
SCHEMA = 1

Document = dict[str, Any]


class ReviewRepository:
    """Stores the reviews of predictions."""

    def __init__(self, database: Database[Document]) -> None:
        self._collection = database[COLLECTION]

    def add(self, prediction: str, owner: str, review: Review) -> None:
        """Add a review to a prediction."""
        self._collection.update_one(
            {"_id": prediction},
            {
                "$push": {"reviews": _document(review)},
                "$setOnInsert": {"schema": SCHEMA, "owner": owner},
            },
            upsert=True,
        )

    def history(self, prediction: str) -> list[Review]:
        """All reviews of a prediction, newest first."""
        found = self._collection.find_one({"_id": prediction})
        return [] if found is None else [_review(entry) for entry in reversed(found["reviews"])]

    def latest(self, predictions: Iterable[str]) -> dict[str, Review]:
        """The latest review of each of these predictions that has one, by prediction id."""
        return dict(self._latest({"_id": {"$in": [*predictions]}}, 0))

    def reviewed(self, after: str, limit: int) -> list[tuple[str, Review]]:
        """Up to `limit` prediction ids after an id, in order, each with its latest review."""
        return [*self._latest({"_id": {"$gt": after}}, limit)]

    def delete_by_owner(self, owner: str) -> None:
        """Delete the reviews of an owner's predictions."""
        self._collection.delete_many({"owner": owner})

    def anonymize_reviewer(self, reviewer: str) -> None:
        """Remove the reviewer's id from all reviews they wrote."""
        self._collection.update_many(
            {"reviews.reviewer": reviewer},
            {"$set": {"reviews.$[own].reviewer": None}},
            array_filters=[{"own.reviewer": reviewer}],
        )

    def delete_by_prediction(self, prediction: str) -> None:
        """Delete the reviews of a prediction."""
        self._collection.delete_one({"_id": prediction})

    def _latest(self, query: Document, limit: int) -> Iterator[tuple[str, Review]]:
        latest = {"reviews": {"$slice": -1}}
        found = self._collection.find(query, latest).sort("_id", ASCENDING).limit(limit)
        return ((entry["_id"], _review(entry["reviews"][0])) for entry in found)


def create_indexes(database: Database[Document]) -> None:
    """Create the indexes of the collection; idempotent."""
    database[COLLECTION].create_index("owner")
    database[COLLECTION].create_index("reviews.reviewer")


def _document(review: Review) -> Document:
    return {
        "reviewer": review.reviewer,
        "verdict": str(review.verdict),
        "conditions": [*review.conditions],
        "comment": review.comment,
        "reviewed_at": review.reviewed_at,
    }


def _review(entry: Mapping[str, Any]) -> Review:
    return Review(
        reviewer=entry["reviewer"],
        verdict=Verdict(entry["verdict"]),
        conditions=tuple(entry["conditions"]),
        comment=entry["comment"],
        reviewed_at=entry["reviewed_at"],
    )
