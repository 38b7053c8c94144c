"""Making an account, and proving that its address is its owner's.

Whoever asks hears the same, takes the same time and causes one mail, whether or not the address
has an account: only its owner's mailbox tells. Everything is written before the mail goes out; when
the mail fails, the same request may be repeated and sends it again.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from heartsense.errors import NoSuchAccountError
from heartsense.service import rate_limit_policies
from heartsense.service.accounts.email_tokens import VERIFY, NewLink, read_link, refused
from heartsense.service.accounts.passwords import check_password, hash_password, matches
from heartsense.service.accounts.repository import Account, AccountRepository
from heartsense.service.email import EmailMessage, SesMailer
from heartsense.service.email.address import Address
from heartsense.service.rate_limiter import RateLimiter


@dataclass(frozen=True, slots=True)
class RegistrationService:
    store: AccountRepository
    limiter: RateLimiter
    post: SesMailer
    public_url: str

    def register(self, name: str, address: Address, password: str, source: str) -> None:
        """Make an account, or tell the address's owner that somebody tried.

        Raises
        ------
        TooManyAttemptsError, WeakPasswordError, MailNotSentError
        """
        self.limiter.acquire(*rate_limit_policies.mail(address, source))
        check_password(password, (name, address.key, address.key.partition("@")[0]))
        account = self.store.by_address(address)
        if account is None:
            created = self._create(name, address, password)
            if created:
                return
            # Another registration of the same address was faster.
            account = self.store.by_address(address)
        if account is not None:
            self._again(account, password)

    def resend(self, account_id: str, source: str) -> None:
        """Mail a fresh link to a signed-in owner whose address is not proven yet."""
        account = self.store.by_id(account_id)
        if account is None:
            raise NoSuchAccountError("There is no such account.")
        self.limiter.acquire(*rate_limit_policies.mail(account.address, source))
        if not account.verified:
            self._mail_verification(account)

    def verify(self, token: str) -> None:
        """Note that an address is its owner's; LinkRefusedError if the link does not say so."""
        account_id, digest = read_link(token)
        if not self.store.verify(account_id, digest, datetime.now(UTC)):
            raise refused()

    def _create(self, name: str, address: Address, password: str) -> bool:
        now = datetime.now(UTC)
        link = NewLink.for_(VERIFY, now)
        account_id = self.store.create(address, name, hash_password(password), link.kept, now)
        if account_id is None:
            return False
        self._send_verification(address, account_id, link)
        return True

    def _again(self, account: Account, password: str) -> None:
        """Whoever knows the password repeats a registration whose mail or answer got lost.

        Anybody else may be a stranger: a link that proves the address would then prove an account
        under the stranger's password, so they are shown the way to a new password instead.
        """
        repeated = matches(password, account.password_hash) and not account.verified
        if repeated:
            self._mail_verification(account)
            return
        self.store.write_decoy(NewLink.for_(VERIFY, datetime.now(UTC)).kept)
        self.post.send(
            EmailMessage(
                account.address.text,
                "already_registered",
                "You already have a HeartSense account",
                {"link": f"{self.public_url.rstrip('/')}/forgot"},
            )
        )

    def _mail_verification(self, account: Account) -> None:
        link = NewLink.for_(VERIFY, datetime.now(UTC))
        self.store.set_verification_token(account.id, link.kept)
        self._send_verification(account.address, account.id, link)

    def _send_verification(self, address: Address, account_id: str, link: NewLink) -> None:
        url = link.url(self.public_url, "verify", account_id)
        self.post.send(
            EmailMessage(
                address.text, "verify", "Confirm your address for HeartSense", {"link": url}
            )
        )
