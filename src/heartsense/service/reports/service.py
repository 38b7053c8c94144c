"""Asking for reports: who may, for what, to which address, and how often."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from heartsense.errors import (
    AccountClosingError,
    AddressNotVerifiedError,
    AddressSuppressedError,
    NoSuchReportError,
    PredictionNotDoneError,
    ReportUnderWayError,
)
from heartsense.service import rate_limit_policies
from heartsense.service.accounts import Account, AccountRepository
from heartsense.service.email.address import Address, read_address
from heartsense.service.predictions import Prediction, PredictionRepository, no_such_prediction
from heartsense.service.rate_limiter import RateLimiter
from heartsense.service.reports.outbox import Outbox
from heartsense.service.reports.report import UNDER_WAY, Report, ReportRequest
from heartsense.service.reports.sender import utc_now
from heartsense.service.reports.suppressions import Suppressions


@dataclass(frozen=True, slots=True)
class ReportService:
    """Takes what signed-in people ask for.

    Parameters
    ----------
    send
        Sends a report of the outbox now, if nobody else does.
    """

    outbox: Outbox
    accounts: AccountRepository
    predictions: PredictionRepository
    suppressions: Suppressions
    limiter: RateLimiter
    send: Callable[[str], None]
    clock: Callable[[], datetime] = utc_now

    def request(self, user: str, prediction_id: str, address: Address | None) -> Report:
        """The report of a prediction of one's own, to the own address or another, sent once.

        The same again is the same report.

        Raises
        ------
        AddressNotVerifiedError, NoSuchPredictionError, PredictionNotDoneError,
        AddressSuppressedError, TooManyAttemptsError
        """
        account = self._verified(user)
        prediction = self._done(user, prediction_id)
        to = address or account.address
        draft = ReportRequest(user, prediction.id, to.text, to.key)
        report = self.outbox.last(draft)
        if report is None:
            self._permit(account, to)
            report = self._add(draft, 0)
        return self._sent(report)

    def resend(self, user: str, report_id: str) -> Report:
        """Send a report once more, as a new one; the same again is the same new report.

        Raises
        ------
        NoSuchReportError, ReportUnderWayError, and those of `request`
        """
        account = self._verified(user)
        report = self.get(user, report_id)
        if report.status in UNDER_WAY:
            raise ReportUnderWayError("This report is being sent. Look again in some minutes.")
        self._done(user, report.draft.prediction)
        last = self.outbox.last(report.draft)
        if last is None or last.turn == report.turn:
            self._permit(account, read_address(report.draft.to))
        return self._sent(self._add(report.draft, report.turn + 1))

    def get(self, user: str, report_id: str) -> Report:
        """A report of one's own; NoSuchReportError for every other."""
        report = self.outbox.get(report_id)
        if report is None or report.draft.owner != user:
            raise NoSuchReportError("There is no such report. It may have been deleted.")
        return report

    def _verified(self, user: str) -> Account:
        account = self.accounts.by_id(user)
        if account is None or account.pending_deletion:
            raise _closing()
        if not account.verified:
            raise AddressNotVerifiedError(
                "Confirm your e-mail address first. The link is in the mail that we sent you."
            )
        return account

    def _done(self, user: str, prediction_id: str) -> Prediction:
        prediction = self.predictions.get(prediction_id)
        # Doctors may read others' predictions, and not mail them about.
        if prediction is None or prediction.owner != user:
            raise no_such_prediction()
        if prediction.result is None:
            raise PredictionNotDoneError("There is no result to report: the picture was not read.")
        return prediction

    def _permit(self, account: Account, to: Address) -> None:
        if self.suppressions.stops(to):
            raise AddressSuppressedError(
                "We cannot send reports to this address: mail to it came back, or somebody there "
                "asked us to stop. Use another address."
            )
        own = to.key == account.address.key
        self.limiter.acquire(*rate_limit_policies.report(account.id, to, own))

    def _add(self, draft: ReportRequest, turn: int) -> Report:
        report = self.outbox.add(draft, turn, self.clock())
        # An account that was deleted in between has swept its reports already.
        account = self.accounts.by_id(draft.owner)
        if account is None or account.pending_deletion:
            self.outbox.forget_owner(draft.owner)
            raise _closing()
        return report

    def _sent(self, report: Report) -> Report:
        self.send(report.id)
        return self.outbox.get(report.id) or report


def _closing() -> AccountClosingError:
    return AccountClosingError("This account is being deleted.")
