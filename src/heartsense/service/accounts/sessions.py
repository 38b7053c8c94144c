"""Sessions: opened by signing in, continued by rotating refresh tokens.

A refresh token is ``account.session.secret``. Each use replaces it; a replaced token that comes
back was copied, and ends the session for both holders (RFC 9700, 4.14.2).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from heartsense.errors import (
    AccountDeletionPendingError,
    InvalidAccessTokenError,
    SessionEndedError,
)
from heartsense.service.accounts.access_tokens import (
    LIFETIME,
    Identity,
    KeyRing,
    issue_access_token,
)
from heartsense.service.accounts.account import Account
from heartsense.service.accounts.devices import UNKNOWN, Client
from heartsense.service.accounts.repository import AccountRepository
from heartsense.service.ids import (
    derive_secret,
    digest,
    join_token,
    new_id,
    new_secret,
    split_token,
)

IDLE_TIMEOUT = timedelta(days=7)
"""A session ends after this long without a refresh."""

MAX_AGE = timedelta(days=30)
"""A session ends after this long in any case, and the user has to sign in again."""

RETRY_WINDOW = timedelta(minutes=1)
"""A client that lost the response to a refresh may repeat it for this long, with its `attempt`."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a signed-in client; they expire in this many seconds."""

    access: str
    access_expires_in: int
    refresh: str
    refresh_expires_in: int


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that is not stored yet, and the secret of its first refresh token."""

    document: dict[str, Any]
    secret: str

    @classmethod
    def create(cls, now: datetime, device: str = UNKNOWN) -> "NewSession":
        secret = new_secret()
        document = {
            "id": new_id(),
            "refresh": digest(secret),
            "device": device,
            "created_at": now,
            "last_seen_at": now,
            "idle_until": now + IDLE_TIMEOUT,
            "ends_at": now + MAX_AGE,
        }
        return cls(document, secret)


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session, as its owner sees it; `last_seen_at` is when it last got an access token."""

    id: str
    device: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


class SessionService:
    """Opens, refreshes and ends sessions."""

    def __init__(self, accounts: AccountRepository, key_ring: KeyRing) -> None:
        self._accounts = accounts
        self._key_ring = key_ring

    def open(self, account: Account, client: Client) -> Tokens | None:
        """Open a session; None if what opens the account has changed since it was read."""
        session = NewSession.create(datetime.now(UTC), client.device)
        if not self._accounts.add_session(account, client, session.document):
            return None
        return self.tokens(account, session)

    def tokens(self, account: Account, session: NewSession) -> Tokens:
        """The first tokens of a stored session."""
        return self._tokens(account, session.document["id"], session.secret)

    def refresh(self, token: str, attempt: str | None = None) -> Tokens:
        """Exchange a refresh token for new tokens.

        With `attempt`, a text that only this client knows, the next refresh token is derived from
        it: repeating the exchange within `RETRY_WINDOW` gives the same token, so a lost response
        is not mistaken for a stolen token.

        Raises
        ------
        SessionEndedError
            The token is not the current one, or its session has expired.
        """
        account_id, session_id, secret = _split_refresh_token(token)
        now = datetime.now(UTC)
        next_secret = self._next_secret(secret, attempt)
        current, following = digest(secret), digest(next_secret)
        live = {"idle_until": {"$gt": now}, "ends_at": {"$gt": now}}
        account = self._accounts.replace_session(
            account_id,
            session_id,
            {"refresh": current, **live},
            {
                "refresh": following,
                "previous": current,
                "replaced_at": now,
                "last_seen_at": now,
                "idle_until": now + IDLE_TIMEOUT,
            },
        )
        if account is None and attempt is not None:
            repeated = {
                "refresh": following,
                "previous": current,
                "replaced_at": {"$gt": now - RETRY_WINDOW},
            }
            account = self._accounts.by_session(account_id, session_id, {**repeated, **live})
        if account is None:
            self._accounts.end_session(account_id, session_id)
            raise _session_ended()
        return self._tokens(account, session_id, next_secret)

    def end(self, token: str) -> None:
        """End the session of a refresh token: of its current one, or the one replaced last.

        Ids alone end nothing: they are in every access token, and no secrets.
        """
        if parts := split_token(token, 3):
            self._accounts.end_session(parts[0], parts[1], digest(parts[2]))

    def listed(self, identity: Identity) -> list[ListedSession]:
        """The caller's sessions that have not ended, the newest first."""
        now = datetime.now(UTC)
        return [
            ListedSession(
                id=found["id"],
                device=found.get("device", UNKNOWN),
                created_at=found["created_at"],
                last_seen_at=found.get("last_seen_at") or found["created_at"],
                current=found["id"] == identity.session_id,
            )
            for found in reversed(self._accounts.sessions(identity.user_id))
            if found["idle_until"] > now and found["ends_at"] > now
        ]

    def end_one(self, identity: Identity, session_id: str) -> None:
        """End one of the caller's sessions; without effect if it has ended."""
        self._accounts.end_session(identity.user_id, session_id)

    def _next_secret(self, secret: str, attempt: str | None) -> str:
        if attempt is None:
            return new_secret()
        return derive_secret(self._key_ring.derive_key("refresh"), secret, attempt)

    def _tokens(self, account: Account, session_id: str, secret: str) -> Tokens:
        return Tokens(
            access=issue_access_token(
                self._key_ring, account.id, account.roles, session=session_id
            ),
            access_expires_in=int(LIFETIME.total_seconds()),
            refresh=join_token(account.id, session_id, secret),
            refresh_expires_in=int(IDLE_TIMEOUT.total_seconds()),
        )


def current_identity(
    accounts: AccountRepository, identity: Identity, *, allow_pending_deletion: bool = False
) -> Identity:
    """The identity in an access token, with the account's roles as they are now.

    Raises
    ------
    InvalidAccessTokenError
        The session or the account has ended since the token was issued.
    AccountDeletionPendingError
        The account is being deleted, unless `allow_pending_deletion`.
    """
    account = accounts.by_session(
        identity.user_id, identity.session_id, {"ends_at": {"$gt": datetime.now(UTC)}}
    )
    if account is None:
        raise InvalidAccessTokenError("This session has ended. Sign in again.")
    if account.pending_deletion and not allow_pending_deletion:
        raise AccountDeletionPendingError(
            "This account is being deleted. Repeat the deletion to complete it."
        )
    return Identity(
        account.id,
        account.roles,
        identity.session_id,
        account.verified,
        account.second_factor,
    )


def _split_refresh_token(token: str) -> tuple[str, ...]:
    parts = split_token(token, 3)
    if parts is None:
        raise _session_ended()
    return parts


def _session_ended() -> SessionEndedError:
    return SessionEndedError("This session has ended. Sign in again.")
