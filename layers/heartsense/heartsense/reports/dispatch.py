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
from email.message import EmailMessage
from typing import Final, Protocol

from heartsense.accounts.secrets import new_id
from heartsense.mail.once import NotNowError, NotTakenError, OutcomeUnknownError
from heartsense.reports.outbox import Outbox
from heartsense.reports.report import Report

CALL: Final = timedelta(minutes=5)
"""No call to SES takes this long: a report that is still sending then is unconfirmed."""

PATIENCE: Final = timedelta(days=1)
"""A report that could not be sent for this long has failed."""

SWEEP: Final = 20
"""Reports that one sweep sends at most; the next sweep is soon."""

_FIRST, _LONGEST = timedelta(minutes=2), timedelta(hours=1)


class UndeliverableError(Exception):
    """There is no such mail to write any more; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Courier(Protocol):
    """Takes a mail to SES."""

    def send(self, message: EmailMessage, to: str, report_id: str) -> str:
        """Send now and once; what SES calls the mail.

        NotTakenError, NotNowError: SES did not take it. OutcomeUnknownError: nobody knows.
        """


def utc_now() -> datetime:
    """The time of day, for whoever is not told another."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Sends reports.

    Parameters
    ----------
    write
        Writes a report's mail; UndeliverableError where there is none to write.
    """

    outbox: Outbox
    write: Callable[[Report], EmailMessage]
    courier: Courier
    clock: Callable[[], datetime] = utc_now

    def send(self, report_id: str) -> None:
        """Send a report, if it is pending and nobody else is about to."""
        token, now = new_id(), self.clock()
        waiting = self.outbox.get(report_id)
        if waiting is None:
            return
        report = self.outbox.claim(report_id, token, now, now + _pause(waiting.attempts))
        if report is None:
            return
        if now - report.created_at > PATIENCE:
            self.outbox.fail(report_id, token, "gave_up")
            return
        try:
            message = self.write(report)
        except UndeliverableError as undeliverable:
            self.outbox.fail(report_id, token, undeliverable.reason)
            return
        if self.outbox.begin(report_id, token, self.clock()):
            self._call(report, token, message)

    def sweep(self) -> None:
        """Send what is due; call unconfirmed what was cut off in the call to SES."""
        now = self.clock()
        self.outbox.lose_older(now - CALL)
        for report_id in self.outbox.due(now, SWEEP):
            self.send(report_id)

    def _call(self, report: Report, token: str, message: EmailMessage) -> None:
        try:
            ses_id = self.courier.send(message, report.draft.to, report.id)
        except NotNowError:
            until = self.clock() + _pause(report.attempts)
            self.outbox.release(report.id, token, until)
        except NotTakenError:
            self.outbox.fail(report.id, token, "refused")
        except OutcomeUnknownError:
            self.outbox.lose(report.id, token)
        else:
            self.outbox.finish(report.id, token, ses_id, self.clock())


def _pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts; longer than any invocation lasts."""
    return min(_FIRST * (1 << min(attempts, 10)), _LONGEST)
