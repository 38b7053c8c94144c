"""New passwords: by a link in an e-mail, or by the current password."""

from dataclasses import dataclass
from datetime import UTC, datetime

from aws_lambda_powertools import Logger

from heartsense.errors import EmailNotSentError, WrongPasswordError
from heartsense.service import rate_limit_policies
from heartsense.service.accounts.account import Account
from heartsense.service.accounts.account_deletion import AccountDeletion
from heartsense.service.accounts.authentication import AuthenticationService
from heartsense.service.accounts.email_tokens import (
    RESET_LIFETIME,
    RETRY_WINDOW,
    NewEmailToken,
    SpentReset,
    invalid_link,
    parse_email_token,
)
from heartsense.service.accounts.passwords import check_password_strength, hash_password
from heartsense.service.accounts.repository import AccountRepository
from heartsense.service.accounts.sessions import NewSession, SessionService, Tokens
from heartsense.service.audit import Action, Actor, AuditTrail
from heartsense.service.email import EmailMessage, SesMailer
from heartsense.service.email.address import Address
from heartsense.service.ids import digest
from heartsense.service.rate_limiter import RateLimiter

logger = Logger(child=True)


@dataclass(frozen=True, slots=True)
class PasswordReset:
    accounts: AccountRepository
    deletion: AccountDeletion
    limiter: RateLimiter
    mailer: SesMailer
    public_url: str

    def request(self, address: Address, source: str) -> None:
        """E-mail a reset link, or a note that the address has no account.

        Raises
        ------
        TooManyAttemptsError, EmailNotSentError
        """
        self.limiter.acquire(*rate_limit_policies.account_email(address, source))
        account = self.accounts.by_address(address)
        token = NewEmailToken.create(RESET_LIFETIME, datetime.now(UTC))
        if account is None:
            self.accounts.write_decoy(token.stored)
            self.mailer.send(EmailMessage(address.text, "no_account", "Your HeartSense password"))
            return
        self.accounts.set_reset_token(account.id, token.stored)
        url = token.url(self.public_url, "reset", account.id)
        template = "reset" if account.verified else "reset_unconfirmed"
        self.mailer.send(
            EmailMessage(account.address.text, template, "Your HeartSense password", {"link": url})
        )

    def reset(
        self,
        token: str,
        password: str,
        source: str,
        audit: AuditTrail,
        attempt: str | None = None,
    ) -> None:
        """Spend a reset link: set a new password and end all sessions.

        Where the address was never confirmed, anybody may have registered it: its owner gets an
        empty account, and that of before is deleted with all its data.

        With `attempt`, a text that only this client knows, the request may be repeated within
        `RETRY_WINDOW`, as its response may be lost. A repetition neither checks nor changes the
        password: a spent link must not tell whether a guess is right.

        Raises
        ------
        InvalidLinkError, WeakPasswordError, TooManyAttemptsError, AuditUnavailableError
        """
        account_id, token_digest = parse_email_token(token)
        self.limiter.acquire(rate_limit_policies.password_reset(source))
        now = datetime.now(UTC)
        attempt_digest = None if attempt is None else digest(attempt)
        spent = SpentReset(token_digest, attempt_digest, now + RETRY_WINDOW)
        account = self.accounts.by_reset_token(account_id, token_digest, now)
        if account is not None:
            # Checked after the link: hashing is too expensive to do for anybody who asks.
            check_password_strength(password, _personal_words(account))
            password_hash = hash_password(password)
            if account.verified:
                changed = self.accounts.reset_password(account, spent, password_hash, source, now)
            else:
                owner = Actor(_recovered_id(token_digest), "owner")
                audit.record(owner, Action.ACCOUNT_DELETED, account.id)
                changed = self._recover(account, spent, password_hash, source, now)
            if changed:
                _notify_owner(self.mailer, account, self.public_url)
                return
        spenders = (account_id, _recovered_id(token_digest))
        if attempt_digest is None or not self.accounts.has_spent_reset(
            spenders, token_digest, attempt_digest, now
        ):
            raise invalid_link()

    def _recover(
        self, account: Account, spent: SpentReset, password_hash: bytes, source: str, now: datetime
    ) -> bool:
        """Give the address to an empty account; repeating it finishes what was interrupted.

        The new account has an id of its own: nothing that is still under way for the old one, such
        as an upload, can reach it.
        """
        if not self.accounts.detach_address(account, spent.digest, now):
            return False
        created = self.accounts.create_recovered(
            _recovered_id(spent.digest), account.address, spent, password_hash, source, now
        )
        self.deletion.delete(account)
        return created


@dataclass(frozen=True, slots=True)
class PasswordChange:
    accounts: AccountRepository
    sessions: SessionService
    authentication: AuthenticationService
    mailer: SesMailer
    public_url: str

    def change(self, account_id: str, old: str, new: str, source: str, device: str) -> Tokens:
        """Replace the password, end every session and open a new one for the caller.

        Raises
        ------
        WrongPasswordError, WeakPasswordError, TooManyAttemptsError
        """
        account = self.authentication.reauthenticate(account_id, old, source)
        check_password_strength(new, _personal_words(account))
        session = NewSession.create(datetime.now(UTC), device)
        if not self.accounts.change_password(
            account.id, account.password_hash, hash_password(new), session.document
        ):
            raise WrongPasswordError("The password was just changed by another request.")
        _notify_owner(self.mailer, account, self.public_url)
        return self.sessions.tokens(account, session)


def _recovered_id(token_digest: str) -> str:
    """The id of the account that a reset token makes: the same each time, and only one."""
    return digest(f"recovered {token_digest}")[:24]


def _personal_words(account: Account) -> tuple[str, ...]:
    return account.name, account.address.key, account.address.key.partition("@")[0]


def _notify_owner(mailer: SesMailer, account: Account, public_url: str) -> None:
    """E-mail the owner about the new password, which is in force even if the e-mail fails."""
    message = EmailMessage(
        account.address.text,
        "password_changed",
        "Your HeartSense password was changed",
        {"link": f"{public_url.rstrip('/')}/forgot"},
    )
    try:
        mailer.send(message)
    except EmailNotSentError:
        logger.warning("email_not_sent", user=account.id, template=message.template)
