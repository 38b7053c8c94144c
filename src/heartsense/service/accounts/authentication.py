"""Signing in, with a password and a second step, and asking for the password again."""

from dataclasses import dataclass
from typing import Any, Protocol

from heartsense.errors import InvalidAccessTokenError, WrongCredentialsError, WrongPasswordError
from heartsense.service import rate_limit_policies
from heartsense.service.accounts.account import Account
from heartsense.service.accounts.devices import Client
from heartsense.service.accounts.owner_notices import OwnerNotices
from heartsense.service.accounts.passwords import verify_password
from heartsense.service.accounts.repository import AccountRepository
from heartsense.service.accounts.sessions import SessionService, Tokens
from heartsense.service.clock import utc_now
from heartsense.service.email.address import Address
from heartsense.service.rate_limiter import RateLimiter


@dataclass(frozen=True, slots=True)
class Challenge:
    """The password was right; the second step is to follow within `expires_in` seconds.

    `passkey_options` are for the browser, if the account has a passkey.
    """

    token: str
    expires_in: int
    methods: tuple[str, ...]
    passkey_options: dict[str, Any] | None


class SecondStepStart(Protocol):
    """Begins the second step; its libraries are in the auth function's layer only."""

    def begin(self, account: Account) -> Challenge | None:
        """A challenge; None if what opens the account has changed since it was read."""


@dataclass(frozen=True, slots=True)
class AuthenticationService:
    accounts: AccountRepository
    limiter: RateLimiter
    sessions: SessionService
    second_step: SecondStepStart
    notices: OwnerNotices

    def sign_in(self, address: Address, password: str, client: Client) -> Tokens | Challenge:
        """Open a session, or ask for the second factor that the account has.

        Raises
        ------
        WrongCredentialsError
            Unknown address or wrong password; both take the same time.
        TooManyAttemptsError
            The password was not checked.
        """
        account = self.accounts.by_address(address)
        right = self._check_password(account, address, password, client.source)
        if right and account is not None:
            if account.second_factor:
                started = self.second_step.begin(account)
                if started is not None:
                    return started
            else:
                return self.open_session(account, client)
        raise _wrong_credentials()

    def open_session(self, account: Account, client: Client) -> Tokens:
        """Open a session of an account that has proved all it has to.

        The owner gets an e-mail if the device is new. Accounts that know no device yet get none:
        the first one is their owner's.

        Raises
        ------
        WrongCredentialsError
            What opens the account has changed meanwhile.
        """
        tokens = self.sessions.open(account, client)
        if tokens is None:
            raise _wrong_credentials()
        if account.devices and client.digest not in account.devices:
            self.notices.new_device(account, client.device, utc_now())
        return tokens

    def reauthenticate(self, account_id: str, password: str, source: str) -> Account:
        """The account of a signed-in caller who entered the password again.

        Raises
        ------
        WrongPasswordError, TooManyAttemptsError
        InvalidAccessTokenError
            The account has been deleted.
        """
        account = self.accounts.by_id(account_id)
        if account is None:
            raise InvalidAccessTokenError("This account no longer exists.")
        if not self._check_password(account, account.address, password, source):
            raise WrongPasswordError("Wrong password.")
        return account

    def _check_password(
        self, account: Account | None, address: Address, password: str, source: str
    ) -> bool:
        narrow = rate_limit_policies.sign_in(address, source)
        is_known_source = account is not None and source in account.sources
        wide = (
            ()
            if is_known_source
            else rate_limit_policies.sign_in_from_unknown_source(address, source)
        )
        _, *wide_attempts = self.limiter.acquire(narrow, *wide)
        if not verify_password(password, account.password_hash if account else None):
            return False
        self.limiter.reset(narrow)
        # Only this attempt: a reset would let an attacker clear the source's limit by signing in
        # to an account of their own.
        self.limiter.release(*wide_attempts)
        return True


def _wrong_credentials() -> WrongCredentialsError:
    return WrongCredentialsError("Wrong e-mail or password.")
