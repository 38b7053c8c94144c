"""Delivery events of SES, received through SNS: sent, delivered, bounced, complained, rejected.

Both formats are accepted: events of a configuration set (``eventType``), which carry the report id
as a tag, and notifications of an identity (``notificationType``), which only have SES's message
id. SNS delivers at least once and in any order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from heartsense.service.email import Suppressions
from heartsense.service.email.address import Address, read_address
from heartsense.service.reports.outbox import Outbox
from heartsense.service.reports.report import Report, Status


@dataclass(frozen=True, slots=True)
class DeliveryEvents:
    """Records delivery events in the outbox and in the suppressions."""

    outbox: Outbox
    suppressions: Suppressions

    def record(self, event: Mapping[str, Any], now: datetime) -> None:
        """Record one event. Bounces and complaints about other e-mails suppress reports too."""
        match event.get("eventType") or event.get("notificationType"):
            case "Send" | "Delivery":
                if report := self._report(event):
                    self.outbox.confirm_sent(report.id, event["mail"]["messageId"], now)
            case "Bounce":
                self._record_bounce(event, now)
            case "Complaint":
                for address in _addresses(event["complaint"]["complainedRecipients"]):
                    self.suppressions.add_complaint(address)
                self._record_failure(event, Status.COMPLAINED, "complaint")
            case "Reject":
                self._record_failure(event, Status.FAILED, "refused")

    def _record_bounce(self, event: Mapping[str, Any], now: datetime) -> None:
        bounce = event["bounce"]
        # A full mailbox may be emptied, and SES has retried for hours by then.
        transient = bounce["bounceType"] == "Transient"
        if not transient:
            for address in _addresses(bounce["bouncedRecipients"]):
                self.suppressions.add_bounce(address, now)
        self._record_failure(event, Status.BOUNCED, "bounced_for_now" if transient else "bounced")

    def _record_failure(self, event: Mapping[str, Any], status: Status, reason: str) -> None:
        if report := self._report(event):
            self.outbox.record_failure(report.id, status, reason)

    def _report(self, event: Mapping[str, Any]) -> Report | None:
        mail = event["mail"]
        for report_id in mail.get("tags", {}).get("report", []):
            return self.outbox.get(report_id)
        return self.outbox.find_by_ses_id(mail["messageId"])


def _addresses(recipients: Iterable[Mapping[str, Any]]) -> Iterable[Address]:
    for recipient in recipients:
        try:
            yield read_address(recipient["emailAddress"])
        except ValueError:
            continue  # not an address that we send to
