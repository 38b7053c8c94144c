"""Reviews in MongoDB: one document a prediction, to which each review is added by one write.

So their order is the order in which the database took them, whatever the clocks of those who wrote
them say, and the last one is the last one for everybody.
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
    """The reviews of a database's predictions."""

    def __init__(self, database: Database[Document]) -> None:
        self._feedback = database[COLLECTION]

    def add(self, prediction: str, owner: str, review: Review) -> None:
        """Add a review to a prediction's history."""
        self._feedback.update_one(
            {"_id": prediction},
            {
                "$push": {"reviews": _document(review)},
                "$setOnInsert": {"schema": SCHEMA, "owner": owner},
            },
            upsert=True,
        )

    def history(self, prediction: str) -> list[Review]:
        """All reviews of a prediction, newest first."""
        found = self._feedback.find_one({"_id": prediction})
        return [] if found is None else [_review(entry) for entry in reversed(found["reviews"])]

    def last(self, predictions: Iterable[str]) -> dict[str, Review]:
        """The review that counts, of those of the predictions that have one."""
        return dict(self._last({"_id": {"$in": [*predictions]}}, 0))

    def reviewed(self, after: str, limit: int) -> list[tuple[str, Review]]:
        """Predictions with the review that counts, by id, from after an id on."""
        return [*self._last({"_id": {"$gt": after}}, limit)]

    def forget_owner(self, owner: str) -> None:
        """Delete the reviews of an owner's predictions."""
        self._feedback.delete_many({"owner": owner})

    def forget_reviewer(self, reviewer: str) -> None:
        """Let the reviews that somebody wrote no longer say who wrote them."""
        self._feedback.update_many(
            {"reviews.reviewer": reviewer},
            {"$set": {"reviews.$[own].reviewer": None}},
            array_filters=[{"own.reviewer": reviewer}],
        )

    def forget_prediction(self, prediction: str) -> None:
        self._feedback.delete_one({"_id": prediction})

    def _last(self, query: Document, limit: int) -> Iterator[tuple[str, Review]]:
        last = {"reviews": {"$slice": -1}}
        found = self._feedback.find(query, last).sort("_id", ASCENDING).limit(limit)
        return ((entry["_id"], _review(entry["reviews"][0])) for entry in found)


def create_indexes(database: Database[Document]) -> None:
    """Make every index that reviews rely on; those that are there already stay."""
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
