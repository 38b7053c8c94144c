"""Reports by e-mail: asked for, written, sent at most once, and followed up.

`letters` and `pdf`, which write them, are imported by name: what only deletes reports needs no PDF
library.
"""

from typing import Any

from pymongo.database import Database

from heartsense.service.reports import outbox, suppressions
from heartsense.service.reports.delivery_events import DeliveryEvents
from heartsense.service.reports.outbox import MongoOutbox, Outbox
from heartsense.service.reports.report import Report, ReportRequest, Status
from heartsense.service.reports.sender import Mailer, ReportSender, UndeliverableError
from heartsense.service.reports.service import ReportService
from heartsense.service.reports.suppressions import Suppressions

__all__ = [
    "DeliveryEvents",
    "Mailer",
    "MongoOutbox",
    "Outbox",
    "Report",
    "ReportRequest",
    "ReportSender",
    "ReportService",
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
    suppressions.create_indexes(database)


def forget_all(database: Database[dict[str, Any]], owner: str) -> None:
    """Delete an owner's reports; may be repeated."""
    MongoOutbox(database).forget_owner(owner)


def forget_prediction(database: Database[dict[str, Any]], prediction: str) -> None:
    """Delete the reports of a prediction; may be repeated."""
    MongoOutbox(database).forget_prediction(prediction)
