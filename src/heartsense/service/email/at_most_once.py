"""Sends e-mails through SES in a single attempt: for e-mails that must not arrive twice.

Unlike `SesMailer` it never retries: if no response arrives, SES may have accepted the e-mail.
"""

from email.message import EmailMessage as MimeMessage

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from heartsense.service.email.ses_client import (
    NOT_CONNECTED,
    REJECTED,
    RetryPolicy,
    error_code,
    ses_client,
)

logger = Logger(child=True)


class RejectedError(Exception):
    """SES did not accept the message, and never will."""


class TemporaryFailureError(Exception):
    """SES did not accept the message, but may later: throttled, sending paused, not reached."""


class OutcomeUnknownError(Exception):
    """SES may or may not have accepted the message."""


class AtMostOnceMailer:
    """Sends messages, each at most once.

    Parameters
    ----------
    sender
        The From address, verified in SES.
    configuration_set
        The SES configuration set that publishes delivery events; empty for none.
    """

    def __init__(self, sender: str, configuration_set: str = "") -> None:
        self._sender = sender
        self._configuration = (
            {"ConfigurationSetName": configuration_set} if configuration_set else {}
        )

    def send(self, message: MimeMessage, to: str, report_id: str) -> str:
        """Send a message in a single attempt; returns the message id of SES.

        Raises
        ------
        RejectedError, TemporaryFailureError, OutcomeUnknownError
        """
        try:
            response = ses_client(RetryPolicy.SINGLE_ATTEMPT).send_raw_email(
                Source=self._sender,
                Destinations=[to],
                RawMessage={"Data": message.as_bytes()},
                Tags=[{"Name": "report", "Value": report_id}],
                **self._configuration,
            )
        except (*NOT_CONNECTED, HTTPClientError, ClientError) as failure:
            logger.warning("report_not_accepted", report=report_id, reason=error_code(failure))
            raise _outcome(failure) from failure
        return response["MessageId"]


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
