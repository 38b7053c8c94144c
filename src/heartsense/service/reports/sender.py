"""Sends each report of the outbox at most once and records every failure.

1. Claim the report, so that other senders leave it alone.
2. Build the e-mail. After a crash up to here the report is still pending and the sweep sends it.
3. Store that SES is about to be called. From here on nobody else sends this report.
4. Call SES once.
5. Store what SES answered. After a crash before that the report stays in sending until the sweep
   marks it unconfirmed: it may or may not have been sent, and only its owner can request another.
"""

from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage as MimeMessage
from typing import Final, Protocol

from heartsense.service.clock import Clock, utc_now
from heartsense.service.email.at_most_once import (
    OutcomeUnknownError,
    RejectedError,
    TemporaryFailureError,
)
from heartsense.service.email.gateway import SuppressedAddressError
from heartsense.service.ids import new_id
from heartsense.service.reports.outbox import Outbox
from heartsense.service.reports.report import Report, Status

SEND_TIMEOUT: Final = timedelta(minutes=5)
"""Longer than any call to SES takes: a report that is sending for longer is unconfirmed."""

MAX_AGE: Final = timedelta(days=1)
"""A report that could not be sent for this long has failed."""

SWEEP_BATCH: Final = 20
"""Reports that one sweep sends at most; the next sweep follows soon."""

MIN_TIME_LEFT: Final = timedelta(seconds=25)
"""Longer than one report takes, including its PDF and a slow call to SES."""

_MIN_BACKOFF, _MAX_BACKOFF = timedelta(minutes=2), timedelta(hours=1)


class UndeliverableError(Exception):
    """There is no e-mail to build for this report any more; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EmailBuilder(Protocol):
    """Builds the e-mail of a report."""

    def build(self, report: Report) -> MimeMessage:
        """The message to send; UndeliverableError if there is none (any more)."""


class Mailer(Protocol):
    """Hands messages to SES, once each."""

    def send(self, message: MimeMessage, to: str, report_id: str) -> str:
        """Send once; returns the message id of SES.

        Raises
        ------
        SuppressedAddressError
            Nothing was sent.
        RejectedError, TemporaryFailureError
            SES did not accept the message, for good or for now.
        OutcomeUnknownError
            SES may or may not have accepted it.
        """


class StatusListener(Protocol):
    """Notified of each report's status after an attempt to send it."""

    def __call__(self, status: Status, /) -> None: ...


class RemainingTime(Protocol):
    """How long this process may still run."""

    def __call__(self) -> timedelta: ...


def unlimited() -> timedelta:
    """Remaining time of a process without a deadline."""
    return timedelta.max


def ignore_status(status: Status) -> None:
    """The `StatusListener` that does nothing."""


@dataclass(frozen=True, slots=True)
class ReportSender:
    """Sends the reports of an outbox."""

    outbox: Outbox
    email_builder: EmailBuilder
    mailer: Mailer
    clock: Clock = utc_now
    on_status: StatusListener = ignore_status

    def send(self, report_id: str) -> None:
        """Send a report if it is pending and not claimed by another sender."""
        status = self._send(report_id)
        if status is not None:
            self.on_status(status)

    def sweep(self, remaining_time: RemainingTime = unlimited) -> None:
        """Send due reports, and mark those unconfirmed whose call to SES never returned.

        Stops when too little time remains for another report: a report cut off in the call to SES
        stays unconfirmed, while one that was not started is sent by the next sweep.
        """
        now = self.clock()
        for _ in range(self.outbox.mark_stalled_unconfirmed(now - SEND_TIMEOUT)):
            self.on_status(Status.UNCONFIRMED)
        for report_id in self.outbox.list_due(now, SWEEP_BATCH):
            if remaining_time() < MIN_TIME_LEFT:
                return
            self.send(report_id)

    def oldest_pending_age(self) -> timedelta:
        """For how long the oldest pending report has been waiting; zero if none is pending."""
        since = self.outbox.oldest_pending_since()
        return timedelta(0) if since is None else self.clock() - since

    def _send(self, report_id: str) -> Status | None:
        """The status after the attempt; None if the report is not for us to send."""
        token, now = new_id(), self.clock()
        pending = self.outbox.get(report_id)
        if pending is None:
            return None
        report = self.outbox.claim(report_id, token, now, now + _backoff(pending.attempts))
        if report is None:
            return None
        if now - report.created_at > MAX_AGE:
            self.outbox.mark_failed(report_id, token, "gave_up")
            return Status.FAILED
        try:
            message = self.email_builder.build(report)
        except UndeliverableError as undeliverable:
            self.outbox.mark_failed(report_id, token, undeliverable.reason)
            return Status.FAILED
        if self.outbox.mark_sending(report_id, token, self.clock()):
            return self._call_ses(report, token, message)
        return None

    def _call_ses(self, report: Report, token: str, message: MimeMessage) -> Status:
        try:
            ses_id = self.mailer.send(message, report.request.to, report.id)
        except SuppressedAddressError:
            self.outbox.mark_failed(report.id, token, "address_suppressed")
            return Status.FAILED
        except TemporaryFailureError:
            until = self.clock() + _backoff(report.attempts)
            self.outbox.release(report.id, token, until)
            return Status.PENDING
        except RejectedError:
            self.outbox.mark_failed(report.id, token, "refused")
            return Status.FAILED
        except OutcomeUnknownError:
            self.outbox.mark_unconfirmed(report.id, token)
            return Status.UNCONFIRMED
        self.outbox.mark_sent(report.id, token, ses_id, self.clock())
        return Status.SENT


def _backoff(attempts: int) -> timedelta:
    """Exponential, starting above the duration of any invocation."""
    return min(_MIN_BACKOFF * (1 << min(attempts, 10)), _MAX_BACKOFF)
