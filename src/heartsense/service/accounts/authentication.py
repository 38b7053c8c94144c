"""Signing in with a password, and asking for it again before what cannot be undone."""

from dataclasses import dataclass

from heartsense.errors import TokenRefusedError, WrongCredentialsError, WrongPasswordError
from heartsense.service import rate_limit_policies
from heartsense.service.accounts.passwords import matches
from heartsense.service.accounts.repository import Account, AccountRepository
from heartsense.service.accounts.sessions import SessionService, Tokens
from heartsense.service.email.address import Address
from heartsense.service.rate_limiter import RateLimiter


@dataclass(frozen=True, slots=True)
class AuthenticationService:
    store: AccountRepository
    limiter: RateLimiter
    sessions: SessionService

    def sign_in(self, address: Address, password: str, source: str) -> Tokens:
        """Open a session.

        Raises
        ------
        WrongCredentialsError
            For an unknown address and for a wrong password, after the same work.
        TooManyAttemptsError
            Nothing was checked.
        """
        account = self.store.by_address(address)
        if self._checked(account, address, password, source) and account is not None:
            tokens = self.sessions.open(account, source)
            if tokens is not None:
                return tokens
        raise WrongCredentialsError("Address and password do not belong together.")

    def confirmed(self, account_id: str, password: str, source: str) -> Account:
        """The account, if a signed-in caller knows its password too; else WrongPasswordError."""
        account = self.store.by_id(account_id)
        if account is None:
            raise TokenRefusedError("Sign in again: this account is gone.")
        if not self._checked(account, account.address, password, source):
            raise WrongPasswordError("This is not your password.")
        return account

    def _checked(
        self, account: Account | None, address: Address, password: str, source: str
    ) -> bool:
        own = rate_limit_policies.sign_in(address, source)
        known = account is not None and source in account.sources
        wider = () if known else rate_limit_policies.sign_in_by_stranger(address, source)
        _, *counted = self.limiter.acquire(own, *wider)
        if not matches(password, account.password_hash if account else None):
            return False
        self.limiter.reset(own)
        # One back, not all: with one account of their own, strangers could otherwise try on.
        self.limiter.release(*counted)
        return True
