"""Reports by e-mail: asked for, written, sent at most once, and followed up.

`letters` and `pdf`, which write them, are imported by name: what only deletes reports needs no PDF
library.
"""

from typing import Any

from pymongo.database import Database

from heartsense.reports import outbox, suppression
from heartsense.reports.dispatch import Courier, Dispatch, UndeliverableError
from heartsense.reports.events import Fates
from heartsense.reports.office import ReportsOffice
from heartsense.reports.outbox import MongoOutbox, Outbox
from heartsense.reports.report import Draft, Report, Status
from heartsense.reports.suppression import Suppressions

__all__ = [
    "Courier",
    "Dispatch",
    "Draft",
    "Fates",
    "MongoOutbox",
    "Outbox",
    "Report",
    "ReportsOffice",
    "Status",
    "Suppressions",
    "UndeliverableError",
    "create_indexes",
    "forget_all",
    "forget_prediction",
]


def create_indexes(database: Database[dict[str, Any]]) -> None:
    """Make every index that reports rely on; those that are there already stay."""
    outbox.create_indexes(database)
    suppression.create_indexes(database)


def forget_all(database: Database[dict[str, Any]], owner: str) -> None:
    """Delete an owner's reports; may be repeated."""
    MongoOutbox(database).forget_owner(owner)


def forget_prediction(database: Database[dict[str, Any]], prediction: str) -> None:
    """Delete the reports of a prediction; may be repeated."""
    MongoOutbox(database).forget_prediction(prediction)
