"""Signing in with a password, and asking for it again before what cannot be undone."""

from dataclasses import dataclass

from heartsense.accounts import paces
from heartsense.accounts.addresses import Address
from heartsense.accounts.limiter import Limiter
from heartsense.accounts.passwords import matches
from heartsense.accounts.sessions import Sessions, Tokens
from heartsense.accounts.store import Account, AccountStore
from heartsense.errors import TokenRefusedError, WrongCredentialsError, WrongPasswordError


@dataclass(frozen=True, slots=True)
class SignIn:
    store: AccountStore
    limiter: Limiter
    sessions: Sessions

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
        own = paces.sign_in(address, source)
        known = account is not None and source in account.sources
        wider = () if known else paces.sign_in_by_stranger(address, source)
        _, *counted = self.limiter.take(own, *wider)
        if not matches(password, account.password_hash if account else None):
            return False
        self.limiter.forget(own)
        # One back, not all: with one account of their own, strangers could otherwise try on.
        self.limiter.give_back(*counted)
        return True
