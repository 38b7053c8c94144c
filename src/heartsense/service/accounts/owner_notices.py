"""E-mails that tell an account's owner what happened to it, so that a stranger is noticed."""

from dataclasses import dataclass
from datetime import datetime

from aws_lambda_powertools import Logger

from heartsense.errors import EmailNotSentError
from heartsense.service.accounts.account import Account
from heartsense.service.email import EmailMessage, SesMailer

logger = Logger(child=True)


@dataclass(frozen=True, slots=True)
class OwnerNotices:
    """Sends the notices. What they tell has happened even if the e-mail fails."""

    mailer: SesMailer
    public_url: str

    def new_device(self, account: Account, device: str, now: datetime) -> None:
        time = f"{now:%Y-%m-%d %H:%M} UTC"
        self._send(
            account,
            EmailMessage(
                account.address.text,
                "new_device",
                "New sign-in to your HeartSense account",
                {"device": device, "time": time, "link": self._link("forgot")},
            ),
        )

    def second_factors_changed(self, account: Account) -> None:
        self._send(
            account,
            EmailMessage(
                account.address.text,
                "second_factor_changed",
                "Two-step sign-in of your HeartSense account was changed",
                {"link": self._link("forgot")},
            ),
        )

    def _link(self, page: str) -> str:
        return f"{self.public_url.rstrip('/')}/{page}"

    def _send(self, account: Account, message: EmailMessage) -> None:
        try:
            self.mailer.send(message)
        except EmailNotSentError:
            logger.warning("email_not_sent", user=account.id, template=message.template)
