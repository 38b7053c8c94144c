"""The content of an export, written into a ZIP archive one file after the other."""

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from pymongo.database import Database

from heartsense.service.accounts import Account
from heartsense.service.audit import AuditLog, AuditRecord, pseudonym
from heartsense.service.contact import messages_from
from heartsense.service.feedback import Review, ReviewRepository
from heartsense.service.predictions import MongoPredictionRepository, Prediction
from heartsense.service.predictions.consent import TEXTS
from heartsense.service.reports import MongoOutbox, Report

PAGE: Final = 50  # predictions that are in memory at once
README: Final = """\
Everything that HeartSense stores about you.

account.json                 your account
predictions/ID/              each of your ECGs:
  prediction.json            its result or refusal, your consent to training, doctors' reviews
  picture.jpg, *.png         its images
  signal.json                the traces in millivolts
  report-ID.pdf              the reports that were sent of it
consent-texts.json           the texts that consents refer to, by version
reports.json                 reports sent by e-mail in the last 90 days: to whom and when
messages.json                what you wrote through the contact form, from a confirmed address
audit.jsonl                  who did what with your data: "you", or a pseudonym for each other
                             person

Not in here: the hash of your password, the digests of your sessions and links, counters of
attempts, and images that are still waiting to be read. Times are in UTC.
"""


class BinaryFile(Protocol):
    """Where the archive is written to."""

    def write(self, content: bytes, /) -> int: ...

    def flush(self) -> None: ...


class ArtifactSource(Protocol):
    """Where images come from."""

    def artifacts(self, owner: str, prediction_id: str) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The artifacts of a prediction, each with its name and its bytes in chunks."""


@dataclass(frozen=True, slots=True)
class ExportArchive:
    """Writes everything that an account owns."""

    database: Database[dict[str, Any]]
    source: ArtifactSource

    def write(self, account: Account, file: BinaryFile, now: datetime) -> None:
        """Write the archive of an account; its parts are never in memory together."""
        with zipfile.ZipFile(file, "w") as archive:  # type: ignore[call-overload]
            target = _Target(archive, now)
            target.add("README.txt", [README.encode()])
            target.add_json("account.json", _account(account))
            target.add_json("consent-texts.json", TEXTS)
            self._write_predictions(account.id, target)
            reports = MongoOutbox(self.database).list_by_owner(account.id, limit=0)
            target.add_json("reports.json", [_report(found) for found in reports])
            target.add_json("messages.json", self._messages(account))
            records = AuditLog(self.database).find(owner=account.id)
            target.add("audit.jsonl", (_record(found, account.id) for found in records))

    def _write_predictions(self, owner: str, target: "_Target") -> None:
        predictions = MongoPredictionRepository(self.database)
        cursor: str | None = None
        while True:
            found, cursor = predictions.newest(owner, PAGE, cursor)
            for prediction in found:
                self._write_prediction(prediction, target)
            if cursor is None:
                return

    def _write_prediction(self, prediction: Prediction, target: "_Target") -> None:
        folder = f"predictions/{prediction.id}"
        reviews = ReviewRepository(self.database).history(prediction.id)
        document = _prediction(prediction, reviews)
        target.add_json(f"{folder}/prediction.json", document)
        for name, chunks in self.source.artifacts(prediction.owner, prediction.id):
            target.add(f"{folder}/{name}", chunks)

    def _messages(self, account: Account) -> list[dict[str, Any]]:
        # Messages from an unconfirmed address may be someone else's.
        return messages_from(self.database, account.address) if account.verified else []


@dataclass(frozen=True, slots=True)
class _Target:
    archive: zipfile.ZipFile
    now: datetime

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        entry = zipfile.ZipInfo(name, self.now.timetuple()[:6])
        is_compressed = name.endswith((".jpg", ".png", ".pdf"))
        entry.compress_type = zipfile.ZIP_STORED if is_compressed else zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        with self.archive.open(entry, "w") as file:
            for chunk in chunks:
                file.write(chunk)

    def add_json(self, name: str, content: Any) -> None:
        text = json.dumps(content, ensure_ascii=False, indent=2, default=_iso)
        self.add(name, [text.encode()])


def _iso(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    raise TypeError(f"{type(value).__name__} is not expected in an export")


def _account(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "email": account.address.text,
        "verified": account.verified,
        "roles": sorted(account.roles),
        "created_at": account.created_at,
    }


def _prediction(prediction: Prediction, reviews: Iterable[Review]) -> dict[str, Any]:
    refusal, consent = prediction.refusal, prediction.consent
    return {
        "id": prediction.id,
        "status": str(prediction.status),
        "created_at": prediction.created_at,
        "finished_at": prediction.finished_at,
        "page": prediction.page,
        "sha256": prediction.sha256,
        "model_version": prediction.model_version,
        "keep_for_training": prediction.keep_for_training,
        "training_consent": None if consent is None else asdict(consent),
        "result": prediction.result,
        "refusal": None if refusal is None else asdict(refusal),
        "reviews": [_review(review) for review in reviews],
    }


def _review(review: Review) -> Mapping[str, Any]:
    return {
        "verdict": str(review.verdict),
        "conditions": [*review.conditions],
        "comment": review.comment,
        "reviewed_at": review.reviewed_at,
    }


def _report(report: Report) -> dict[str, Any]:
    return {
        "id": report.id,
        "prediction": report.request.prediction,
        "to": report.request.to,
        "status": str(report.status),
        "created_at": report.created_at,
        "sent_at": report.sent_at,
    }


def _record(record: AuditRecord, owner: str) -> bytes:
    line = {
        "at": record.at,
        "by": "you" if record.actor.id == owner else pseudonym(record.actor.id),
        "role": record.actor.role,
        "action": str(record.action),
        "subject": record.subject,
        "request_id": record.request_id,
    }
    return json.dumps(line, default=_iso).encode() + b"\n"
