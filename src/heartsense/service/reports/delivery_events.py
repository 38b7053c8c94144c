"""What SES says of mails later, as SNS brings it: sent, delivered, bounced, complained, rejected.

Both of its forms are read: those of a configuration set (``eventType``), which name the report by
its tag, and those of an identity (``notificationType``), which know the mail by its SES id only.
SNS brings the same more than once and in any order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from heartsense.service.email.address import Address, read_address
from heartsense.service.reports.outbox import Outbox
from heartsense.service.reports.report import Report, Status
from heartsense.service.reports.suppressions import Suppressions


@dataclass(frozen=True, slots=True)
class DeliveryEvents:
    """Notes what became of mails."""

    outbox: Outbox
    suppressions: Suppressions

    def note(self, event: Mapping[str, Any], now: datetime) -> None:
        """Note one event; events about other mails than reports stop reports too."""
        match event.get("eventType") or event.get("notificationType"):
            case "Send" | "Delivery":
                if report := self._report(event):
                    self.outbox.confirm(report.id, event["mail"]["messageId"], now)
            case "Bounce":
                self._bounced(event, now)
            case "Complaint":
                for address in _addresses(event["complaint"]["complainedRecipients"]):
                    self.suppressions.complained(address)
                self._settle(event, Status.COMPLAINED, "complaint")
            case "Reject":
                self._settle(event, Status.FAILED, "refused")

    def _bounced(self, event: Mapping[str, Any], now: datetime) -> None:
        bounce = event["bounce"]
        # A full mailbox may be emptied; SES has tried for hours by then, and stops by itself.
        passing = bounce["bounceType"] == "Transient"
        if not passing:
            for address in _addresses(bounce["bouncedRecipients"]):
                self.suppressions.bounced(address, now)
        self._settle(event, Status.BOUNCED, "bounced_for_now" if passing else "bounced")

    def _settle(self, event: Mapping[str, Any], status: Status, reason: str) -> None:
        if report := self._report(event):
            self.outbox.settle(report.id, status, reason)

    def _report(self, event: Mapping[str, Any]) -> Report | None:
        mail = event["mail"]
        for report_id in mail.get("tags", {}).get("report", []):
            return self.outbox.get(report_id)
        return self.outbox.by_ses_id(mail["messageId"])


def _addresses(recipients: Iterable[Mapping[str, Any]]) -> Iterable[Address]:
    for recipient in recipients:
        try:
            yield read_address(recipient["emailAddress"])
        except ValueError:
            continue  # nothing that we could have written to
