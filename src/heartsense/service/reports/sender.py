"""Sending what the outbox holds: never twice, and never none that nobody hears of.

1. Claim the report, so that others leave it alone for a while.
2. Write the mail. A crash up to here leaves the report pending: the sweep sends it.
3. Write down that SES is about to be called. From here on nobody will call for this report again.
4. Call SES, once.
5. Write down what SES said. A crash before that leaves the report sending, and later unconfirmed:
   the mail may or may not have gone out, and only the person who asked for it decides on another.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage as MimeMessage
from typing import Final, Protocol

from heartsense.service.email.at_most_once import NotNowError, NotTakenError, OutcomeUnknownError
from heartsense.service.ids import new_id
from heartsense.service.reports.outbox import Outbox
from heartsense.service.reports.report import Report, Status

CALL: Final = timedelta(minutes=5)
"""No call to SES takes this long: a report that is still sending then is unconfirmed."""

PATIENCE: Final = timedelta(days=1)
"""A report that could not be sent for this long has failed."""

SWEEP: Final = 20
"""Reports that one sweep sends at most; the next sweep is soon."""

ENOUGH: Final = timedelta(seconds=25)
"""No report takes longer, its PDF and a slow call to SES included."""

_FIRST, _LONGEST = timedelta(minutes=2), timedelta(hours=1)


class UndeliverableError(Exception):
    """There is no such mail to write any more; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Mailer(Protocol):
    """Takes a mail to SES."""

    def send(self, message: MimeMessage, to: str, report_id: str) -> str:
        """Send now and once; what SES calls the mail.

        NotTakenError, NotNowError: SES did not take it. OutcomeUnknownError: nobody knows.
        """


def utc_now() -> datetime:
    """The time of day, for whoever is not told another."""
    return datetime.now(UTC)


def unlimited() -> timedelta:
    """The time left, for whoever is not ended."""
    return timedelta.max


def uncounted(status: Status) -> None:
    """Counts nothing."""


@dataclass(frozen=True, slots=True)
class ReportSender:
    """Sends reports.

    Parameters
    ----------
    write
        Writes a report's mail; UndeliverableError where there is none to write.
    count
        Told the status of each report that was set about.
    """

    outbox: Outbox
    write: Callable[[Report], MimeMessage]
    courier: Mailer
    clock: Callable[[], datetime] = utc_now
    count: Callable[[Status], None] = uncounted

    def send(self, report_id: str) -> None:
        """Send a report, if it is pending and nobody else is about to."""
        status = self._send(report_id)
        if status is not None:
            self.count(status)

    def sweep(self, time_left: Callable[[], timedelta] = unlimited) -> None:
        """Send what is due; call unconfirmed what was cut off in the call to SES.

        Stops where too little time is left for one more: one that ends in the call to SES is
        unconfirmed for ever, one that was not begun goes out with the next sweep.
        """
        now = self.clock()
        for _ in range(self.outbox.lose_older(now - CALL)):
            self.count(Status.UNCONFIRMED)
        for report_id in self.outbox.due(now, SWEEP):
            if time_left() < ENOUGH:
                return
            self.send(report_id)

    def pending_for(self) -> timedelta:
        """For how long the oldest pending report has been waiting; zero where there is none."""
        since = self.outbox.pending_since()
        return timedelta(0) if since is None else self.clock() - since

    def _send(self, report_id: str) -> Status | None:
        """The status that the report has then; None where others have it."""
        token, now = new_id(), self.clock()
        waiting = self.outbox.get(report_id)
        if waiting is None:
            return None
        report = self.outbox.claim(report_id, token, now, now + _pause(waiting.attempts))
        if report is None:
            return None
        if now - report.created_at > PATIENCE:
            self.outbox.fail(report_id, token, "gave_up")
            return Status.FAILED
        try:
            message = self.write(report)
        except UndeliverableError as undeliverable:
            self.outbox.fail(report_id, token, undeliverable.reason)
            return Status.FAILED
        if self.outbox.begin(report_id, token, self.clock()):
            return self._call(report, token, message)
        return None

    def _call(self, report: Report, token: str, message: MimeMessage) -> Status:
        try:
            ses_id = self.courier.send(message, report.draft.to, report.id)
        except NotNowError:
            until = self.clock() + _pause(report.attempts)
            self.outbox.release(report.id, token, until)
            return Status.PENDING
        except NotTakenError:
            self.outbox.fail(report.id, token, "refused")
            return Status.FAILED
        except OutcomeUnknownError:
            self.outbox.lose(report.id, token)
            return Status.UNCONFIRMED
        self.outbox.finish(report.id, token, ses_id, self.clock())
        return Status.SENT


def _pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts; longer than any invocation lasts."""
    return min(_FIRST * (1 << min(attempts, 10)), _LONGEST)
