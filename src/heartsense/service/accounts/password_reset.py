"""New passwords: by a link in a mail, or by the old one."""

from dataclasses import dataclass
from datetime import UTC, datetime

from aws_lambda_powertools import Logger

from heartsense.errors import MailNotSentError, WrongPasswordError
from heartsense.service import rate_limit_policies
from heartsense.service.accounts.authentication import AuthenticationService
from heartsense.service.accounts.email_tokens import RESET, NewLink, read_link, refused
from heartsense.service.accounts.passwords import check_password, hash_password, matches
from heartsense.service.accounts.repository import Account, AccountRepository
from heartsense.service.accounts.sessions import NewSession, SessionService, Tokens
from heartsense.service.email import EmailMessage, SesMailer
from heartsense.service.email.address import Address
from heartsense.service.rate_limiter import RateLimiter

logger = Logger(child=True)


@dataclass(frozen=True, slots=True)
class PasswordReset:
    store: AccountRepository
    limiter: RateLimiter
    post: SesMailer
    public_url: str

    def forgot(self, address: Address, source: str) -> None:
        """Mail a reset link; where there is no account, mail that. TooManyAttemptsError."""
        self.limiter.acquire(*rate_limit_policies.mail(address, source))
        account = self.store.by_address(address)
        link = NewLink.for_(RESET, datetime.now(UTC))
        if account is None:
            self.store.write_decoy(link.kept)
            self.post.send(EmailMessage(address.text, "no_account", "Your HeartSense password"))
            return
        self.store.set_reset_token(account.id, link.kept)
        url = link.url(self.public_url, "reset", account.id)
        self.post.send(
            EmailMessage(account.address.text, "reset", "Your HeartSense password", {"link": url})
        )

    def reset(self, token: str, password: str, source: str) -> None:
        """Use a reset link: new password, all sessions end, and the address is proven.

        Repeating it with the same password is no error: the answer may have got lost.

        Raises
        ------
        LinkRefusedError, WeakPasswordError
        """
        account_id, digest = read_link(token)
        # Before the hash, which is dear, is made for just anybody.
        account = self.store.by_reset_token(account_id, digest)
        if account is None:
            raise refused()
        check_password(password, _personal(account))
        now = datetime.now(UTC)
        if self.store.reset_password(account_id, digest, hash_password(password), source, now):
            _tell(self.post, account, self.public_url)
            return
        used = self.store.by_used_reset_token(account_id, digest)
        if used is None or not matches(password, used.password_hash):
            raise refused()


@dataclass(frozen=True, slots=True)
class PasswordChange:
    store: AccountRepository
    sessions: SessionService
    signin: AuthenticationService
    post: SesMailer
    public_url: str

    def change(self, account_id: str, old: str, new: str, source: str) -> Tokens:
        """Replace the password; every session ends, and a new one is opened for the caller.

        Raises
        ------
        WrongPasswordError, WeakPasswordError, TooManyAttemptsError
        """
        account = self.signin.confirmed(account_id, old, source)
        check_password(new, _personal(account))
        session = NewSession.at(datetime.now(UTC))
        if not self.store.change_password(
            account.id, account.password_hash, hash_password(new), session.document
        ):
            raise WrongPasswordError("The password was changed elsewhere at the same time.")
        _tell(self.post, account, self.public_url)
        return self.sessions.tokens(account, session)


def _personal(account: Account) -> tuple[str, ...]:
    return account.name, account.address.key, account.address.key.partition("@")[0]


def _tell(post: SesMailer, account: Account, public_url: str) -> None:
    """Tell the owner of a new password; it holds even if the mail cannot be sent."""
    letter = EmailMessage(
        account.address.text,
        "password_changed",
        "Your HeartSense password was changed",
        {"link": f"{public_url.rstrip('/')}/forgot"},
    )
    try:
        post.send(letter)
    except MailNotSentError:
        logger.warning("mail_not_sent", extra={"user": account.id, "mail": letter.template})
