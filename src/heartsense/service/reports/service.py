"""Requests for reports: who may send which report to which address, and how often."""

from dataclasses import dataclass

from heartsense.errors import (
    AccountDeletionPendingError,
    AddressNotVerifiedError,
    AddressSuppressedError,
    PredictionNotReadyError,
    ReportInProgressError,
    ReportNotFoundError,
)
from heartsense.service import rate_limit_policies
from heartsense.service.accounts import Account, AccountRepository
from heartsense.service.clock import Clock, utc_now
from heartsense.service.email import Suppressions
from heartsense.service.email.address import Address, read_address
from heartsense.service.feedback import ReviewRepository
from heartsense.service.predictions import Prediction, PredictionRepository, no_such_prediction
from heartsense.service.rate_limiter import RateLimiter
from heartsense.service.reports.outbox import Outbox
from heartsense.service.reports.report import UNDER_WAY, Report, ReportRequest, Status
from heartsense.service.reports.sender import ReportSender


@dataclass(frozen=True, slots=True)
class ReportService:
    """Handles report requests of signed-in users."""

    outbox: Outbox
    accounts: AccountRepository
    predictions: PredictionRepository
    reviews: ReviewRepository
    suppressions: Suppressions
    limiter: RateLimiter
    sender: ReportSender
    clock: Clock = utc_now

    def request(self, user: str, prediction_id: str, address: Address | None) -> Report:
        """Send the report of one's own prediction to an address, one's own by default.

        Idempotent: returns the existing report, unless a doctor has reviewed the prediction since.

        Raises
        ------
        AddressNotVerifiedError, PredictionNotFoundError, PredictionNotReadyError,
        AddressSuppressedError, TooManyAttemptsError
        """
        account = self._verified_account(user)
        prediction = self._finished_prediction(user, prediction_id)
        to = address or account.address
        request = ReportRequest(user, prediction.id, to.text, to.key)
        report = self.outbox.latest(request)
        if report is None or self._precedes_review(report):
            self._check_limits(account, to)
            report = self._add(request, 0 if report is None else report.revision + 1)
        return self._send(report)

    def resend(self, user: str, report_id: str) -> Report:
        """Send a report again, as a new one. Idempotent: returns the existing new report.

        Raises
        ------
        ReportNotFoundError, ReportInProgressError, and those of `request`
        """
        account = self._verified_account(user)
        report = self.get(user, report_id)
        if report.status in UNDER_WAY:
            raise ReportInProgressError("This report is being sent. Look again in some minutes.")
        self._finished_prediction(user, report.request.prediction)
        latest = self.outbox.latest(report.request)
        if latest is None or latest.revision == report.revision:
            self._check_limits(account, read_address(report.request.to))
        return self._send(self._add(report.request, report.revision + 1))

    def get(self, user: str, report_id: str) -> Report:
        """One's own report; ReportNotFoundError for any other."""
        report = self.outbox.get(report_id)
        if report is None or report.request.owner != user:
            raise ReportNotFoundError("There is no such report. It may have been deleted.")
        return report

    def _verified_account(self, user: str) -> Account:
        account = self.accounts.by_id(user)
        if account is None or account.pending_deletion:
            raise _deletion_pending()
        if not account.verified:
            raise AddressNotVerifiedError(
                "Confirm your e-mail address first. The link is in the mail that we sent you."
            )
        return account

    def _finished_prediction(self, user: str, prediction_id: str) -> Prediction:
        prediction = self.predictions.get(prediction_id)
        # Doctors may read the predictions of others, but not send them by e-mail.
        if prediction is None or prediction.owner != user:
            raise no_such_prediction()
        if prediction.result is None:
            raise PredictionNotReadyError("There is no result to report: the image was not read.")
        return prediction

    def _precedes_review(self, report: Report) -> bool:
        """Whether the latest review is not in this report; a pending one is still to be written."""
        prediction = report.request.prediction
        review = self.reviews.latest([prediction]).get(prediction)
        return (
            review is not None
            and report.status is not Status.PENDING
            and report.created_at < review.reviewed_at
        )

    def _check_limits(self, account: Account, to: Address) -> None:
        if self.suppressions.contains(to):
            raise AddressSuppressedError(
                "We cannot send reports to this address: e-mails to it bounced, or someone there "
                "asked us to stop. Use another address."
            )
        own = to.key == account.address.key
        self.limiter.acquire(*rate_limit_policies.report(account.id, to, own))

    def _add(self, request: ReportRequest, revision: int) -> Report:
        report = self.outbox.add(request, revision, self.clock())
        # A deletion of the account that ran in between has missed this report.
        account = self.accounts.by_id(request.owner)
        if account is None or account.pending_deletion:
            self.outbox.delete_by_owner(request.owner)
            raise _deletion_pending()
        return report

    def _send(self, report: Report) -> Report:
        self.sender.send(report.id)
        return self.outbox.get(report.id) or report


def _deletion_pending() -> AccountDeletionPendingError:
    return AccountDeletionPendingError("This account is being deleted.")
