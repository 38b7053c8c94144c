"""Sends e-mails through SES in a single attempt: for e-mails that must not arrive twice.

Unlike `SesMailer` it never retries: if no response arrives, SES may have accepted the e-mail.
"""

from dataclasses import dataclass
from email.message import EmailMessage as MimeMessage

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from heartsense.service.email.gateway import EmailGateway
from heartsense.service.email.ses_client import NOT_CONNECTED, REJECTED, RetryPolicy, error_code
from heartsense.service.email.suppressions import SuppressionsUnavailableError

logger = Logger(child=True)


class RejectedError(Exception):
    """SES did not accept the message, and never will."""


class TemporaryFailureError(Exception):
    """SES did not accept the message, but may later: throttled, sending paused, not reached."""


class OutcomeUnknownError(Exception):
    """SES may or may not have accepted the message."""


@dataclass(frozen=True, slots=True)
class AtMostOnceMailer:
    """Sends messages through the gateway, each at most once."""

    gateway: EmailGateway

    def send(self, message: MimeMessage, to: str, report_id: str) -> str:
        """Send a message in a single attempt; returns the message id of SES.

        Raises
        ------
        SuppressedAddressError, RejectedError, TemporaryFailureError, OutcomeUnknownError
        """
        try:
            return self.gateway.send(message, to, RetryPolicy.SINGLE_ATTEMPT, {"report": report_id})
        except SuppressionsUnavailableError as failure:
            raise TemporaryFailureError from failure
        except (*NOT_CONNECTED, HTTPClientError, ClientError) as failure:
            logger.warning("report_not_accepted", report=report_id, reason=error_code(failure))
            raise _outcome(failure) from failure


def _outcome(failure: BotoCoreError | ClientError) -> Exception:
    if isinstance(failure, NOT_CONNECTED):
        return TemporaryFailureError()
    if not isinstance(failure, ClientError):
        return OutcomeUnknownError()
    if failure.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return OutcomeUnknownError()
    if failure.response["Error"]["Code"] in REJECTED:
        return RejectedError()
    return TemporaryFailureError()
