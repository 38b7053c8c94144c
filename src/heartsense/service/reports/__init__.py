"""Reports by e-mail: requested, built, sent at most once, and followed up.

`email_builder` and `pdf` are not re-exported: functions that only delete reports run without typst.
"""

from typing import Any

from pymongo.database import Database

from heartsense.service.reports import outbox
from heartsense.service.reports.delivery_events import DeliveryEvents
from heartsense.service.reports.outbox import MongoOutbox, Outbox
from heartsense.service.reports.report import Report, ReportRequest, Status
from heartsense.service.reports.sender import Mailer, ReportSender, UndeliverableError
from heartsense.service.reports.service import ReportService

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
    "UndeliverableError",
    "create_indexes",
    "delete_by_owner",
    "delete_by_prediction",
]


def create_indexes(database: Database[dict[str, Any]]) -> None:
    """Create the indexes of the collections; idempotent."""
    outbox.create_indexes(database)


def delete_by_owner(database: Database[dict[str, Any]], owner: str) -> None:
    """Delete the reports of an owner; idempotent."""
    MongoOutbox(database).delete_by_owner(owner)


def delete_by_prediction(database: Database[dict[str, Any]], prediction: str) -> None:
    """Delete the reports of a prediction; idempotent."""
    MongoOutbox(database).delete_by_prediction(prediction)
