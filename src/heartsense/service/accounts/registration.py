"""Registration, and confirming e-mail addresses.

The response, the time it takes and the number of e-mails are the same whether or not an address
has an account: only the owner's mailbox tells. Everything is stored before the e-mail is sent; if
that fails, the same request may be repeated and sends it again.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from heartsense.errors import AccountNotFoundError
from heartsense.service import rate_limit_policies
from heartsense.service.accounts.account import Account
from heartsense.service.accounts.email_tokens import (
    VERIFICATION_LIFETIME,
    NewEmailToken,
    invalid_link,
    parse_email_token,
)
from heartsense.service.accounts.passwords import (
    check_password_strength,
    hash_password,
    verify_password,
)
from heartsense.service.accounts.repository import AccountRepository
from heartsense.service.email import EmailMessage, SesMailer
from heartsense.service.email.address import Address
from heartsense.service.rate_limiter import RateLimiter


@dataclass(frozen=True, slots=True)
class RegistrationService:
    accounts: AccountRepository
    limiter: RateLimiter
    mailer: SesMailer
    public_url: str

    def register(self, name: str, address: Address, password: str, source: str) -> None:
        """Create an account, or e-mail the owner of an existing one.

        Raises
        ------
        TooManyAttemptsError, WeakPasswordError, EmailNotSentError
        """
        self.limiter.acquire(*rate_limit_policies.account_email(address, source))
        check_password_strength(password, (name, address.key, address.key.partition("@")[0]))
        account = self.accounts.by_address(address)
        if account is None:
            if self._create(name, address, password):
                return
            # A concurrent registration of the same address was faster.
            account = self.accounts.by_address(address)
        if account is not None:
            self._register_existing(account, password)

    def resend_verification(self, account_id: str, source: str) -> None:
        """E-mail a new verification link to a signed-in owner; nothing if already confirmed.

        Raises
        ------
        AccountNotFoundError, TooManyAttemptsError, EmailNotSentError
        """
        account = self.accounts.by_id(account_id)
        if account is None:
            raise AccountNotFoundError("There is no such account.")
        self.limiter.acquire(*rate_limit_policies.account_email(account.address, source))
        if not account.verified:
            self._renew_verification(account)

    def verify(self, token: str) -> None:
        """Mark an address as confirmed by its owner; InvalidLinkError if the link is invalid."""
        account_id, digest = parse_email_token(token)
        if not self.accounts.verify(account_id, digest, datetime.now(UTC)):
            raise invalid_link()

    def _create(self, name: str, address: Address, password: str) -> bool:
        now = datetime.now(UTC)
        token = NewEmailToken.create(VERIFICATION_LIFETIME, now)
        account_id = self.accounts.create(address, name, hash_password(password), token.stored, now)
        if account_id is None:
            return False
        self._send_verification(address, account_id, token)
        return True

    def _register_existing(self, account: Account, password: str) -> None:
        """Repeat a registration if the password matches, else point the owner to a reset.

        A different password may be a stranger's: a verification link would then make the owner
        confirm an account under the stranger's password.
        """
        if verify_password(password, account.password_hash) and not account.verified:
            self._renew_verification(account)
            return
        token = NewEmailToken.create(VERIFICATION_LIFETIME, datetime.now(UTC))
        self.accounts.write_decoy(token.stored)
        self.mailer.send(
            EmailMessage(
                account.address.text,
                "already_registered",
                "You already have a HeartSense account",
                {"link": f"{self.public_url.rstrip('/')}/forgot"},
            )
        )

    def _renew_verification(self, account: Account) -> None:
        token = NewEmailToken.create(VERIFICATION_LIFETIME, datetime.now(UTC))
        self.accounts.set_verification_token(account.id, token.stored)
        self._send_verification(account.address, account.id, token)

    def _send_verification(self, address: Address, account_id: str, token: NewEmailToken) -> None:
        url = token.url(self.public_url, "verify", account_id)
        self.mailer.send(
            EmailMessage(
                address.text, "verify", "Confirm your address for HeartSense", {"link": url}
            )
        )
