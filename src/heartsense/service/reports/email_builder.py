"""The e-mail of a report: a short message with the PDF attached.

Findings are only in the PDF, never in the subject, the bodies or the file name
(docs/adr/0007-report-emails.md). Another recipient sees who requested the report.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage as MimeMessage
from typing import Any, Final, Protocol

from heartsense.service.accounts import Account, AccountRepository
from heartsense.service.email import Attachment, EmailMessage, compose
from heartsense.service.feedback import ReviewRepository, with_review
from heartsense.service.predictions import (
    PAGE_IMAGE,
    Prediction,
    PredictionRepository,
    heatmap_name,
    report_name,
)
from heartsense.service.reports.report import Report
from heartsense.service.reports.sender import UndeliverableError
from heartsense.service.reports.view_model import (
    ReportImage,
    ReportView,
    heatmap_image,
    page_image,
    report_view,
)

MAX_IMAGE_BYTES: Final = 6_000_000
"""Of all images in a report: SES accepts e-mails of 10 MB, and base64 adds a third."""

_REVIEWED: Final = "A doctor has read this ECG. The report begins with what the doctor says."
_PDF_NAME: Final = "heartsense-report.pdf"

# Only characters that no mail program turns into a link.
_PLAIN_NAME: Final = re.compile(r"(?:[^\W\d_]|[ '’-]|\.(?= |$)){1,60}")


class ArtifactStorage(Protocol):
    """Stores the artifacts of predictions."""

    def read_artifact(self, owner: str, prediction_id: str, name: str) -> bytes | None:
        """An artifact; None if there is none of this name."""

    def save_artifacts(
        self, owner: str, prediction_id: str, artifacts: Mapping[str, bytes]
    ) -> None:
        """Save artifacts by name, replacing those of the same name."""

    def delete_artifact(self, owner: str, prediction_id: str, name: str) -> None:
        """Delete one artifact; no error if there is none of this name."""


class PdfRenderer(Protocol):
    """Renders a report as a PDF."""

    def __call__(
        self, view: ReportView, images: Mapping[str, bytes], created_at: datetime, /
    ) -> bytes:
        """The PDF; `images` are the files that `view.images` names."""


@dataclass(frozen=True, slots=True)
class ReportEmailBuilder:
    """Builds the e-mails of reports, and keeps their PDFs for the export of one's own data.

    Parameters
    ----------
    sender
        The From address.
    public_url
        Address of the web page.
    """

    accounts: AccountRepository
    predictions: PredictionRepository
    reviews: ReviewRepository
    storage: ArtifactStorage
    sender: str
    public_url: str
    render_pdf: PdfRenderer

    def build(self, report: Report) -> MimeMessage:
        """The message to send; UndeliverableError if there is none (any more)."""
        request = report.request
        account = self.accounts.by_id(request.owner)
        if account is None or account.pending_deletion:
            raise UndeliverableError("account_gone")
        prediction = self.predictions.get(request.prediction)
        if prediction is None or prediction.result is None:
            raise UndeliverableError("prediction_gone")
        review = self.reviews.latest([prediction.id]).get(prediction.id)
        result = with_review(prediction.result, review)
        pdf = self._pdf(prediction, result)
        self._keep(report, prediction, pdf)
        email = replace(
            _email(report, result, account, self.public_url, self.sender),
            attachments=(Attachment(_PDF_NAME, "application/pdf", pdf),),
        )
        message = compose(email, self.sender)
        # SES replaces our Message-ID, but keeps this header.
        message["X-HeartSense-Report"] = report.id
        return message

    def _keep(self, report: Report, prediction: Prediction, pdf: bytes) -> None:
        """Store the PDF beside the prediction's images, unless it is being deleted."""
        owner, name = prediction.owner, report_name(report.id)
        self.storage.save_artifacts(owner, prediction.id, {name: pdf})
        # A deletion that ran in between has missed it.
        if self.predictions.get(prediction.id) is None:
            self.storage.delete_artifact(owner, prediction.id, name)
            raise UndeliverableError("prediction_gone")

    def _pdf(self, prediction: Prediction, result: Mapping[str, Any]) -> bytes:
        images = [heatmap_image(heatmap_name(id), id) for id in prediction.heatmaps]
        files = self._read(prediction, images)
        if not files:
            images.append(page_image(PAGE_IMAGE))
            files = self._read(prediction, images[-1:])
        available = [image for image in images if image.file in files]
        complete = bool(available) and len(files) >= len(prediction.heatmaps)
        read_at = prediction.finished_at or prediction.created_at
        view = report_view(result, read_at, available, complete=complete)
        return self.render_pdf(view, files, datetime.now(UTC))

    def _read(self, prediction: Prediction, images: Sequence[ReportImage]) -> dict[str, bytes]:
        """The files of the images that exist and fit into the e-mail, by name."""
        files: dict[str, bytes] = {}
        for image in images:
            file = self.storage.read_artifact(prediction.owner, prediction.id, image.file)
            if file and sum(map(len, files.values())) + len(file) <= MAX_IMAGE_BYTES:
                files[image.file] = file
        return files


def _email(
    report: Report, result: Mapping[str, Any], account: Account, public_url: str, sender: str
) -> EmailMessage:
    to_owner = report.request.to_key == account.address.key
    domain = sender.rpartition("@")[2].strip(" >")
    return EmailMessage(
        to=report.request.to,
        template="report" if to_owner else "report_shared",
        subject="Your HeartSense report" if to_owner else "A HeartSense report for you",
        values={
            "link": f"{public_url}/history",
            "requester": display_name(account.name),
            "requester_address": account.address.text,
            "notice": _notice(result),
        },
        reply_to=None if to_owner else (display_name(account.name), account.address.text),
        message_id=f"<report-{report.id}@{domain}>",
    )


def _notice(result: Mapping[str, Any]) -> str:
    """What the recipient should know of the report before opening it; never what was found."""
    if "review" in result:
        return _REVIEWED
    if not result["retake"]:
        return ""
    advice = result.get("advice")
    reasons = (*result["reasons"], *((advice["text"],) if advice else ()))
    return f"{result['what_to_do']['title']}: {' '.join(reasons)}"


def display_name(name: str) -> str:
    """The name as shown to other recipients: empty if it might be an advertisement or a link."""
    return name if _PLAIN_NAME.fullmatch(name) else ""
