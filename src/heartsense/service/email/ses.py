"""Sends e-mails through SES, with retries: for e-mails that may arrive twice."""

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from heartsense.errors import EmailNotSentError
from heartsense.service.email.message import EmailMessage, compose
from heartsense.service.email.ses_client import RetryPolicy, error_code, ses_client

RETRY_SECONDS = 60

logger = Logger(child=True)


class SesMailer:
    """Sends e-mails.

    Parameters
    ----------
    sender
        The From address, verified in SES.
    """

    def __init__(self, sender: str) -> None:
        self._sender = sender

    def send(self, email: EmailMessage) -> None:
        """Send an e-mail; EmailNotSentError if SES did not accept it."""
        message = compose(email, self._sender)
        try:
            ses_client(RetryPolicy.RETRY).send_raw_email(
                Source=self._sender,
                Destinations=[email.to],
                RawMessage={"Data": message.as_bytes()},
            )
        except (BotoCoreError, ClientError) as failure:
            logger.warning(
                "email_not_accepted", template=email.template, reason=error_code(failure)
            )
            raise EmailNotSentError(
                "The e-mail could not be sent. Nothing is lost: try again in a minute.",
                RETRY_SECONDS,
            ) from failure
