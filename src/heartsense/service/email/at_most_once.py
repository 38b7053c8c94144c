"""A call to SES that is made once, and says what is known of its outcome.

Unlike `SesMailer`, nothing is tried again: where no answer comes, SES may have taken the mail.
"""

from email.message import EmailMessage as MimeMessage
from functools import cache
from typing import TYPE_CHECKING, Final

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ProxyConnectionError,
)

if TYPE_CHECKING:
    from mypy_boto3_ses import SESClient

logger = Logger(child=True)

# SES says no to this very mail, and will say so again.
_FINAL: Final = {"MessageRejected", "InvalidParameterValue"}
# No connection, no mail.
_NEVER_CALLED: Final = (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
)


class NotTakenError(Exception):
    """SES did not take the mail, and never will."""


class NotNowError(Exception):
    """SES did not take the mail, and may later: too many at once, sending paused, not reached."""


class OutcomeUnknownError(Exception):
    """SES may or may not have taken the mail."""


class AtMostOnceMailer:
    """Takes messages to SES.

    Parameters
    ----------
    sender
        The address that mails come from; SES knows it.
    configuration_set
        What SES reports the mail's fate by; empty for none.
    """

    def __init__(self, sender: str, configuration_set: str = "") -> None:
        self._sender = sender
        self._configuration = (
            {"ConfigurationSetName": configuration_set} if configuration_set else {}
        )

    def send(self, message: MimeMessage, to: str, report_id: str) -> str:
        """Send now and once; what SES calls the mail."""
        try:
            answer = _ses().send_raw_email(
                Source=self._sender,
                Destinations=[to],
                RawMessage={"Data": message.as_bytes()},
                Tags=[{"Name": "report", "Value": report_id}],
                **self._configuration,
            )
        except _NEVER_CALLED as failure:
            _log(report_id, type(failure).__name__)
            raise NotNowError from failure
        except HTTPClientError as failure:
            _log(report_id, type(failure).__name__)
            raise OutcomeUnknownError from failure
        except ClientError as refusal:
            _log(report_id, refusal.response["Error"]["Code"])
            raise _meaning(refusal) from refusal
        return answer["MessageId"]


def _log(report_id: str, reason: str) -> None:
    # SES's code and not its text, which quotes addresses.
    logger.warning("report_not_taken", report=report_id, reason=reason)


def _meaning(refusal: ClientError) -> Exception:
    if refusal.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return OutcomeUnknownError()
    return NotTakenError() if refusal.response["Error"]["Code"] in _FINAL else NotNowError()


@cache
def _ses() -> "SESClient":
    once = Config(retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=10)
    return boto3.client("ses", config=once)
