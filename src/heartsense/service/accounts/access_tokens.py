"""Access tokens: short-lived JWTs that say who calls.

HS256 and nothing else (RFC 8725, 3.1), because the functions that sign and those that verify share
one secret. The header's key id chooses among the ring's keys, so that a key can be rotated while
tokens signed by the one before still hold.
"""

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import jwt

from heartsense.errors import SettingsError, TokenRefusedError

ALGORITHM = "HS256"
ISSUER = "heartsense"
AUDIENCE = "heartsense-api"
LIFETIME = timedelta(minutes=15)
KEY_BYTES = 32  # RFC 7518, 3.2: no shorter than the hash

_CLAIMS = ["iss", "aud", "sub", "roles", "sid", "iat", "nbf", "exp", "jti"]


class Role(StrEnum):
    """Roles granted by an administrator; every account has the role ``user`` as well."""

    DOCTOR = "doctor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller of a request; `verified` tells whether the e-mail address is confirmed."""

    user_id: str
    roles: frozenset[str] = frozenset()
    session_id: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys tokens may be signed with, by key id.

    ``current`` signs new ones. ``upcoming``, if any, has been announced and will sign next.
    """

    current: str
    keys: Mapping[str, bytes]
    upcoming: str | None = None

    @classmethod
    def generate(cls) -> "KeyRing":
        """A ring with one fresh key."""
        kid = secrets.token_hex(4)
        return cls(kid, {kid: secrets.token_bytes(KEY_BYTES)})

    def with_announced_key(self) -> "KeyRing":
        """A fresh key verifies too, but does not sign yet; older keys than the current one go.

        Functions read the ring at different times: none may sign with a key that others do not
        know yet.
        """
        fresh = KeyRing.generate()
        keys = {self.current: self.keys[self.current], **fresh.keys}
        return KeyRing(self.current, keys, fresh.current)

    def rotated(self) -> "KeyRing":
        """The announced key signs from now on, and the one before it still verifies.

        Raises
        ------
        SettingsError
            No key was announced.
        """
        if self.upcoming is None:
            raise SettingsError("No key was announced yet.")
        return KeyRing(
            self.upcoming, {kid: self.keys[kid] for kid in (self.upcoming, self.current)}
        )

    def derive_key(self, purpose: str) -> bytes:
        """A key for another purpose than tokens, which tells nothing of the ring's own."""
        return hmac.digest(self.keys[self.current], purpose.encode(), "sha256")

    @classmethod
    def from_json(cls, text: str) -> "KeyRing":
        """Read ``{"current": kid, "keys": {kid: base64}}``; SettingsError on anything else.

        While a key is announced there is an ``"upcoming": kid`` besides.
        """
        try:
            content = json.loads(text)
            keys = {
                kid: base64.b64decode(key, validate=True) for kid, key in content["keys"].items()
            }
            current, upcoming = content["current"], content.get("upcoming")
            named = {current, upcoming} - {None}
        except (ValueError, TypeError, KeyError, AttributeError, binascii.Error):
            raise SettingsError("TOKEN_KEYS is not a key ring.") from None
        if (
            current is None
            or not named <= keys.keys()
            or any(len(key) < KEY_BYTES for key in keys.values())
        ):
            raise SettingsError(
                f"TOKEN_KEYS needs the keys it names, and keys of {KEY_BYTES} bytes or more."
            )
        return cls(current, keys, upcoming)

    def to_json(self) -> str:
        """The form that `from_json` reads."""
        keys = {kid: base64.b64encode(key).decode() for kid, key in self.keys.items()}
        upcoming = {} if self.upcoming is None else {"upcoming": self.upcoming}
        return json.dumps({"current": self.current, "keys": keys, **upcoming})


def issue_access_token(
    ring: KeyRing,
    user: str,
    roles: Iterable[str] = (),
    *,
    session: str,
    now: datetime | None = None,
) -> str:
    """Sign a token for `user` in `session`, good for 15 minutes from `now`."""
    now = now or datetime.now(UTC)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": user,
        "roles": sorted(roles),
        "sid": session,
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "jti": secrets.token_hex(16),
    }
    return jwt.encode(claims, ring.keys[ring.current], ALGORITHM, headers={"kid": ring.current})


def verify_access_token(ring: KeyRing, token: str) -> Identity:
    """Verify a token and say who it speaks for; TokenRefusedError for every other token."""
    try:
        key = ring.keys[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": _CLAIMS},
        )
        return _identity(claims)
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
        # One answer for every fault: which check failed is of use to a forger only.
        raise TokenRefusedError(
            "Sign in again: this access token is not valid or has expired."
        ) from None


def _identity(claims: Mapping[str, Any]) -> Identity:
    roles = claims["roles"]
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise ValueError("roles must be a list of names")
    if not isinstance(claims["sid"], str):
        raise ValueError("sid must be a session's id")
    return Identity(claims["sub"], frozenset(roles), claims["sid"])
