"""Sending through SES (version 1: its raw mails keep attachments in the local emulator too)."""

from functools import cache
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from heartsense.errors import MailNotSentError
from heartsense.service.email.message import EmailMessage, compose

if TYPE_CHECKING:
    from mypy_boto3_ses import SESClient

RETRY_SECONDS = 60

logger = Logger(child=True)


class SesMailer:
    """Takes letters to SES.

    Parameters
    ----------
    sender
        The address that mails come from; SES knows it.
    """

    def __init__(self, sender: str) -> None:
        self._sender = sender

    def send(self, letter: EmailMessage) -> None:
        """Send a letter now; MailNotSentError if SES did not take it."""
        message = compose(letter, self._sender)
        try:
            _ses().send_raw_email(
                Source=self._sender,
                Destinations=[letter.to],
                RawMessage={"Data": message.as_bytes()},
            )
        except (BotoCoreError, ClientError) as failure:
            logger.warning("mail_not_taken", mail=letter.template, reason=_reason(failure))
            raise MailNotSentError(
                "The mail could not be sent. Nothing is lost: try the same again in a minute.",
                RETRY_SECONDS,
            ) from failure


def _reason(failure: BotoCoreError | ClientError) -> str:
    """A code and not SES's text, which quotes addresses."""
    if isinstance(failure, ClientError):
        return failure.response["Error"]["Code"]
    return type(failure).__name__


@cache
def _ses() -> "SESClient":
    retries = Config(
        retries={"mode": "standard", "max_attempts": 3}, connect_timeout=3, read_timeout=5
    )
    return boto3.client("ses", config=retries)
