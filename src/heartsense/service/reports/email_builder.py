"""The mail that carries a report: it says that there is one, and the PDF within says what it is.

No finding is in the mail itself, whoever gets it and whatever was found: not in the subject, the
bodies or the file's name (docs/adr/0007-report-emails.md). Somebody who did not ask for
it is told who did.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage as MimeMessage
from typing import Any, Final, Protocol

from heartsense.service.accounts import Account, AccountRepository
from heartsense.service.email import Attachment, EmailMessage, compose
from heartsense.service.email.address import read_address
from heartsense.service.predictions import PICTURE, Prediction, PredictionRepository, heatmap_name
from heartsense.service.reports.report import Report
from heartsense.service.reports.sender import UndeliverableError
from heartsense.service.reports.suppressions import Suppressions
from heartsense.service.reports.view_model import (
    Content,
    Picture,
    content,
    heat_picture,
    page_picture,
)

MOST_BYTES: Final = 6_000_000
"""Pictures in one report: SES takes mails of 10 MB, and base64 adds a third."""

# Nothing in a name that a mail program makes a link of.
_NAME: Final = re.compile(r"(?:[^\W\d_]|[ '’-]|\.(?= |$)){1,60}")

Render = Callable[[Content, Mapping[str, bytes], datetime], bytes]


class Pictures(Protocol):
    def read(self, owner: str, prediction_id: str, name: str) -> bytes | None:
        """A derived picture; None if it is not there."""


@dataclass(frozen=True, slots=True)
class ReportEmailBuilder:
    """Writes reports' mails.

    Parameters
    ----------
    sender
        The address that mails come from.
    public_url
        Where the web page is.
    render
        Lays a report out as a PDF.
    """

    accounts: AccountRepository
    predictions: PredictionRepository
    pictures: Pictures
    suppressions: Suppressions
    sender: str
    public_url: str
    render: Render

    def write(self, report: Report) -> MimeMessage:
        """The mail of a report; UndeliverableError where there is none (any more)."""
        draft = report.draft
        account = self.accounts.by_id(draft.owner)
        if account is None or account.pending_deletion:
            raise UndeliverableError("account_gone")
        if self.suppressions.stops(read_address(draft.to)):
            raise UndeliverableError("address_suppressed")
        prediction = self.predictions.get(draft.prediction)
        if prediction is None or prediction.result is None:
            raise UndeliverableError("prediction_gone")
        pdf = self._pdf(prediction, prediction.result)
        letter = _letter(report, account, pdf, self.public_url, self.sender)
        message = compose(letter, self.sender)
        # SES puts a Message-ID of its own in place of ours; this one stays.
        message["X-HeartSense-Report"] = report.id
        return message

    def _pdf(self, prediction: Prediction, result: Mapping[str, Any]) -> bytes:
        wanted = [heat_picture(heatmap_name(id), id) for id in prediction.heatmaps]
        files = self._files(prediction, wanted)
        if not files:
            wanted.append(page_picture(PICTURE))
            files = self._files(prediction, wanted[-1:])
        shown = [picture for picture in wanted if picture.file in files]
        complete = bool(shown) and len(files) >= len(prediction.heatmaps)
        read_at = prediction.finished_at or prediction.created_at
        said = content(result, read_at, shown, complete=complete)
        return self.render(said, files, datetime.now(UTC))

    def _files(self, prediction: Prediction, wanted: Sequence[Picture]) -> dict[str, bytes]:
        """Those of the pictures that are there, as many as a mail can carry."""
        files: dict[str, bytes] = {}
        for picture in wanted:
            file = self.pictures.read(prediction.owner, prediction.id, picture.file)
            if file and sum(map(len, files.values())) + len(file) <= MOST_BYTES:
                files[picture.file] = file
        return files


def _letter(
    report: Report, account: Account, pdf: bytes, public_url: str, sender: str
) -> EmailMessage:
    own = report.draft.to_key == account.address.key
    domain = sender.rpartition("@")[2].strip(" >")
    return EmailMessage(
        to=report.draft.to,
        template="report" if own else "report_elsewhere",
        subject="Your HeartSense report" if own else "A HeartSense report for you",
        values={
            "link": f"{public_url}/history",
            "asker": shown_name(account.name),
            "asker_address": account.address.text,
        },
        reply_to=None if own else (shown_name(account.name), account.address.text),
        attachments=(Attachment("heartsense-report.pdf", "application/pdf", pdf),),
        message_id=f"<report-{report.id}@{domain}>",
    )


def shown_name(name: str) -> str:
    """A name as strangers may see it: none, where it could be an advertisement or a link."""
    return name if _NAME.fullmatch(name) else ""
