"""Signing in with a password, and asking for it again before critical changes."""

from dataclasses import dataclass

from heartsense.errors import InvalidAccessTokenError, WrongCredentialsError, WrongPasswordError
from heartsense.service import rate_limit_policies
from heartsense.service.accounts.account import Account
from heartsense.service.accounts.passwords import verify_password
from heartsense.service.accounts.repository import AccountRepository
from heartsense.service.accounts.sessions import SessionService, Tokens
from heartsense.service.email.address import Address
from heartsense.service.rate_limiter import RateLimiter


@dataclass(frozen=True, slots=True)
class AuthenticationService:
    accounts: AccountRepository
    limiter: RateLimiter
    sessions: SessionService

    def sign_in(self, address: Address, password: str, source: str) -> Tokens:
        """Open a session.

        Raises
        ------
        WrongCredentialsError
            Unknown address or wrong password; both take the same time.
        TooManyAttemptsError
            The password was not checked.
        """
        account = self.accounts.by_address(address)
        if self._check_password(account, address, password, source) and account is not None:
            tokens = self.sessions.open(account, source)
            if tokens is not None:
                return tokens
        raise WrongCredentialsError("Wrong e-mail or password.")

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
