"""Sessions: opened by a sign-in, kept by rotating refresh tokens, ended in one place.

A refresh token is ``account.session.secret``. Each use replaces it; one that comes back after it
was replaced has been in two hands, and ends the session for both (RFC 9700, 4.14.2).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from heartsense.errors import AccountClosingError, SessionEndedError, TokenRefusedError
from heartsense.service.accounts.access_tokens import (
    LIFETIME,
    Identity,
    KeyRing,
    issue_access_token,
)
from heartsense.service.accounts.repository import Account, AccountRepository
from heartsense.service.ids import (
    derive_secret,
    digest,
    join_token,
    new_id,
    new_secret,
    split_token,
)

IDLE = timedelta(days=7)
"""A session ends when it was not refreshed for this long."""

LONGEST = timedelta(days=30)
"""A session ends after this long whatever happens; then the password is asked for again."""

RETRY = timedelta(minutes=1)
"""A client that lost the answer to a refresh may repeat it for this long, with its attempt."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a signed-in client holds; lives in seconds."""

    access: str
    access_expires_in: int
    refresh: str
    refresh_expires_in: int


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that no account has yet, and its first refresh token's secret."""

    document: dict[str, Any]
    secret: str

    @classmethod
    def at(cls, now: datetime) -> "NewSession":
        secret = new_secret()
        document = {
            "id": new_id(),
            "refresh": digest(secret),
            "created_at": now,
            "idle_until": now + IDLE,
            "ends_at": now + LONGEST,
        }
        return cls(document, secret)


class SessionService:
    """The sessions of all accounts, and the tokens that speak for them."""

    def __init__(self, store: AccountRepository, ring: KeyRing) -> None:
        self._store = store
        self._ring = ring

    def open(self, account: Account, source: str) -> Tokens | None:
        """A new session; None if the password was changed since `account` was read."""
        session = NewSession.at(datetime.now(UTC))
        if not self._store.add_session(account, source, session.document):
            return None
        return self.tokens(account, session)

    def tokens(self, account: Account, session: NewSession) -> Tokens:
        return self._tokens(account, session.document["id"], session.secret)

    def refresh(self, token: str, attempt: str | None = None) -> Tokens:
        """Exchange a refresh token for new tokens; SessionEndedError if it is not the current one.

        With `attempt`, a text that only this client knows, the next token follows from it: the
        same exchange may then be repeated for `RETRY` and gives the same refresh token, so that
        a lost answer is not mistaken for a stolen token.
        """
        account_id, session_id, secret = self._parts(token)
        now = datetime.now(UTC)
        successor = self._successor(secret, attempt)
        used, fresh = digest(secret), digest(successor)
        live = {"idle_until": {"$gt": now}, "ends_at": {"$gt": now}}
        account = self._store.replace_session(
            account_id,
            session_id,
            {"refresh": used, **live},
            {"refresh": fresh, "previous": used, "replaced_at": now, "idle_until": now + IDLE},
        )
        if account is None and attempt is not None:
            repeated = {"refresh": fresh, "previous": used, "replaced_at": {"$gt": now - RETRY}}
            account = self._store.with_session(account_id, session_id, {**repeated, **live})
        if account is None:
            self._store.end_session(account_id, session_id)
            raise SessionEndedError("Sign in again: this session has ended.")
        return self._tokens(account, session_id, successor)

    def end(self, token: str) -> None:
        """End the session that a refresh token belongs to, whether or not it is still current."""
        if parts := split_token(token, 3):
            self._store.end_session(parts[0], parts[1])

    def confirm(self, identity: Identity, *, allow_pending_deletion: bool = False) -> Identity:
        """What the account behind an access token may do now.

        Raises
        ------
        TokenRefusedError
            The session or the account has ended since the token was issued.
        AccountClosingError
            The account is being deleted, and that is not what the call is for.
        """
        account = self._store.with_session(
            identity.user_id, identity.session_id, {"ends_at": {"$gt": datetime.now(UTC)}}
        )
        if account is None:
            raise TokenRefusedError("Sign in again: this session has ended.")
        if account.pending_deletion and not allow_pending_deletion:
            raise AccountClosingError(
                "This account is being deleted. Repeat the deletion to finish it."
            )
        return Identity(account.id, account.roles, identity.session_id, account.verified)

    def _parts(self, token: str) -> tuple[str, ...]:
        parts = split_token(token, 3)
        if parts is None:
            raise SessionEndedError("Sign in again: this session has ended.")
        return parts

    def _successor(self, secret: str, attempt: str | None) -> str:
        if attempt is None:
            return new_secret()
        return derive_secret(self._ring.derive_key("refresh"), secret, attempt)

    def _tokens(self, account: Account, session_id: str, secret: str) -> Tokens:
        return Tokens(
            access=issue_access_token(self._ring, account.id, account.roles, session=session_id),
            access_expires_in=int(LIFETIME.total_seconds()),
            refresh=join_token(account.id, session_id, secret),
            refresh_expires_in=int(IDLE.total_seconds()),
        )
