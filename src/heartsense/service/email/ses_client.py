"""The SES client (version 1: the local emulator keeps attachments only of its raw e-mails).

The two mailers differ in their `RetryPolicy`: account e-mails may be sent again after a failed
call, reports may not, as SES may have accepted the e-mail when its response is lost.
"""

from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
)

if TYPE_CHECKING:
    from mypy_boto3_ses import SESClient


class RetryPolicy(Enum):
    """How often the client sends a request, and how long it waits; timeouts are in seconds."""

    RETRY = Config(
        retries={"mode": "standard", "max_attempts": 3}, connect_timeout=3, read_timeout=5
    )
    SINGLE_ATTEMPT = Config(retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=10)


REJECTED: Final = {"MessageRejected", "InvalidParameterValue"}
"""Error codes by which SES rejects this very message; another attempt would fail too."""

NOT_CONNECTED: Final = (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
)
"""Failures before the request was sent, so that SES cannot have accepted the message."""


@cache
def ses_client(policy: RetryPolicy) -> "SESClient":
    """The client of this process for a retry policy."""
    return boto3.client("ses", config=policy.value)


def error_code(failure: BotoCoreError | ClientError) -> str:
    """A code for the log, and never the message of SES, which quotes addresses."""
    if isinstance(failure, ClientError):
        return failure.response["Error"]["Code"]
    return type(failure).__name__
