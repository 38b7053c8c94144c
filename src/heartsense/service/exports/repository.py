"""Exports in MongoDB: one document each, deleted together with its archive after a day."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from heartsense.service.clock import truncate_to_milliseconds
from heartsense.service.exports.export import Export, Status
from heartsense.service.ids import new_id

COLLECTION = "exports"
SCHEMA = 1
RETENTION: Final = timedelta(days=1)
"""As long as the bucket keeps archives."""
BUILD_TIME: Final = timedelta(hours=1)
"""An export that is pending for longer was lost, and may be started again."""

Document = dict[str, Any]


class ExportRepository:
    """The exports of a database."""

    def __init__(self, database: Database[Document]) -> None:
        self._exports = database[COLLECTION]

    def begin(self, owner: str, now: datetime) -> Export:
        """A new pending export; the one that is being built, if there is one."""
        found = self.latest(owner)
        if found and found.status is Status.PENDING and found.created_at > now - BUILD_TIME:
            return found
        document = {
            "_id": new_id(),
            "schema": SCHEMA,
            "owner": owner,
            "status": str(Status.PENDING),
            "created_at": truncate_to_milliseconds(now),
            "expires_at": now + RETENTION,
        }
        self._exports.insert_one(document)
        return _export(document)

    def get(self, export_id: str) -> Export | None:
        """An export by its id."""
        found = self._exports.find_one({"_id": export_id})
        return None if found is None else _export(found)

    def latest(self, owner: str) -> Export | None:
        """An owner's newest export."""
        newest_first = [("created_at", DESCENDING), ("_id", DESCENDING)]
        found = self._exports.find_one({"owner": owner}, sort=newest_first)
        return None if found is None else _export(found)

    def finish(self, export_id: str, size: int) -> bool:
        """From pending to ready; False if the export is gone."""
        ready = {"$set": {"status": str(Status.READY), "size": size}}
        return self._exports.update_one({"_id": export_id}, ready).matched_count == 1

    def fail(self, export_id: str) -> None:
        """From pending to failed."""
        pending = {"_id": export_id, "status": str(Status.PENDING)}
        self._exports.update_one(pending, {"$set": {"status": str(Status.FAILED)}})

    def delete_by_owner(self, owner: str) -> None:
        """Delete the exports of an owner; idempotent."""
        self._exports.delete_many({"owner": owner})


def create_indexes(database: Database[Document]) -> None:
    """Create the indexes of the collection; idempotent."""
    exports = database[COLLECTION]
    exports.create_index([("owner", ASCENDING), ("created_at", DESCENDING)])
    exports.create_index("expires_at", expireAfterSeconds=0)


def _export(document: Mapping[str, Any]) -> Export:
    return Export(
        id=document["_id"],
        owner=document["owner"],
        status=Status(document["status"]),
        created_at=document["created_at"],
        size=document.get("size"),
    )
