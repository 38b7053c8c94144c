"""Sends e-mails through SES, with retries: for e-mails that may arrive twice."""

from dataclasses import dataclass

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from heartsense.errors import EmailNotSentError
from heartsense.service.email.gateway import EmailGateway, SuppressedAddressError
from heartsense.service.email.message import EmailMessage, compose
from heartsense.service.email.ses_client import RetryPolicy, error_code
from heartsense.service.email.suppressions import SuppressionsUnavailableError

RETRY_SECONDS = 60

logger = Logger(child=True)


@dataclass(frozen=True, slots=True)
class SesMailer:
    """Sends e-mails through the gateway."""

    gateway: EmailGateway

    def send(self, email: EmailMessage) -> None:
        """Send an e-mail; EmailNotSentError if SES did not accept it.

        Where the address is suppressed, nothing is sent and nobody is told: who may not know
        whether an address has an account may not know that either.
        """
        message = compose(email, self.gateway.sender)
        try:
            self.gateway.send(message, email.to, RetryPolicy.RETRY)
        except SuppressedAddressError:
            logger.warning("email_suppressed", template=email.template)
        except SuppressionsUnavailableError as failure:
            raise _not_sent() from failure
        except (BotoCoreError, ClientError) as failure:
            logger.warning(
                "email_not_accepted", template=email.template, reason=error_code(failure)
            )
            raise _not_sent() from failure


def _not_sent() -> EmailNotSentError:
    return EmailNotSentError(
        "The e-mail could not be sent. Nothing is lost: try again in a minute.", RETRY_SECONDS
    )
