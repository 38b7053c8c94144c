"""Accounts that nobody uses any more: their owners are warned by e-mail, then they are deleted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from aws_lambda_powertools import Logger

from heartsense.errors import EmailNotSentError
from heartsense.service.accounts.account import Account
from heartsense.service.accounts.account_deletion import AccountDeletion
from heartsense.service.accounts.idle_repository import IdleAccountRepository
from heartsense.service.audit import Action, Actor, AuditTrail
from heartsense.service.clock import Clock, utc_now
from heartsense.service.email import EmailMessage, SesMailer

NOTICE: Final = timedelta(days=30)
"""From the warning to the deletion, at least."""
MIN_TIME_LEFT: Final = timedelta(seconds=8)
"""Longer than one warning or one deletion takes."""

_SCHEDULE: Final = Actor("schedule", "system")

logger = Logger(child=True)


class RemainingTime(Protocol):
    """How long this process may still run."""

    def __call__(self) -> timedelta: ...


@dataclass(frozen=True, slots=True)
class IdleAccounts:
    """Warns the owners of idle accounts, and deletes what stays idle.

    Parameters
    ----------
    limit
        How long an account may be idle: without a sign-in or a renewed session.
    """

    accounts: IdleAccountRepository
    deletion: AccountDeletion
    audit: AuditTrail
    mailer: SesMailer
    public_url: str
    limit: timedelta
    clock: Clock = utc_now

    def sweep(self, remaining_time: RemainingTime) -> tuple[int, int]:
        """Warn and delete for as long as there is time; returns how many of each.

        What is left is done by the next sweep. A warning may be sent twice, and no account is
        deleted that was not warned or that has been used since.
        """
        now = self.clock()
        self.accounts.begin_idle_time(now)
        warned = deleted = 0
        while remaining_time() > MIN_TIME_LEFT and self._warn_next(now):
            warned += 1
        while remaining_time() > MIN_TIME_LEFT and self._delete_next(now):
            deleted += 1
        return warned, deleted

    def _warn_next(self, now: datetime) -> bool:
        account = self.accounts.next_idle(now - self.limit + NOTICE)
        if account is None:
            return False
        try:
            self.mailer.send(self._warning(account, now))
        except EmailNotSentError:
            logger.warning("email_not_sent", user=account.id, template="idle")
            return False
        self.accounts.mark_idle_warned(account.id, now)
        return True

    def _delete_next(self, now: datetime) -> bool:
        account = self.accounts.begin_idle_deletion(now - self.limit, now - NOTICE, now)
        if account is None:
            return False
        self.audit.record(_SCHEDULE, Action.ACCOUNT_DELETED, account.id)
        self.deletion.delete(account)
        logger.info("idle_account_deleted", user=account.id)
        return True

    def _warning(self, account: Account, now: datetime) -> EmailMessage:
        deleted_on = now + NOTICE
        return EmailMessage(
            account.address.text,
            "idle",
            "Your HeartSense account will be deleted",
            {
                "date": f"{deleted_on.day} {deleted_on:%B %Y}",
                "link": f"{self.public_url.rstrip('/')}/login",
            },
        )
