"""Access tokens: short-lived JWTs that identify the caller.

Only EdDSA (Ed25519, RFC 8037) is accepted (RFC 8725, 3.1): one function signs with the key ring,
the others verify with its public keys (JWKS, RFC 7517) and cannot sign. The header's key id selects
a key, so that a key can be rotated while tokens signed with the previous one remain valid.
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
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from heartsense.errors import InvalidAccessTokenError, SettingsError

ALGORITHM = "EdDSA"
ISSUER = "heartsense"
AUDIENCE = "heartsense-api"
LIFETIME = timedelta(minutes=15)
LEEWAY = timedelta(seconds=60)
"""How far the clocks of the functions may be apart."""
KEY_BYTES = 32  # of Ed25519's private and public keys

_REQUIRED_CLAIMS = ["iss", "aud", "sub", "roles", "sid", "iat", "nbf", "exp", "jti"]


class Role(StrEnum):
    """Roles granted by an administrator; every account has the role ``user`` as well."""

    DOCTOR = "doctor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller of a request.

    `verified` tells whether the e-mail address is confirmed, `second_factor` whether signing in
    takes more than the password.
    """

    user_id: str
    roles: frozenset[str] = frozenset()
    session_id: str = ""
    verified: bool = False
    second_factor: bool = False


@dataclass(frozen=True, slots=True)
class VerificationKeys:
    """The public keys that tokens are verified with, by key id."""

    keys: Mapping[str, bytes]

    @classmethod
    def from_jwks(cls, text: str) -> "VerificationKeys":
        """Read a JWK set of Ed25519 keys; SettingsError on anything else."""
        try:
            keys = {
                entry["kid"]: base64.urlsafe_b64decode(entry["x"] + "=")
                for entry in json.loads(text)["keys"]
                if (entry["kty"], entry["crv"]) == ("OKP", "Ed25519")
            }
        except (ValueError, TypeError, KeyError):
            raise SettingsError("TOKEN_JWKS is not a valid set of keys.") from None
        if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
            raise SettingsError("TOKEN_JWKS must hold Ed25519 keys.")
        return cls(keys)

    def to_jwks(self) -> str:
        """The JSON that `from_jwks` reads."""
        return json.dumps({"keys": [_jwk(kid, key) for kid, key in self.keys.items()]})


def _jwk(kid: str, key: bytes) -> dict[str, str]:
    x = base64.urlsafe_b64encode(key).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "alg": ALGORITHM, "use": "sig", "kid": kid, "x": x}


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The private keys that tokens may be signed with, by key id.

    `current` signs new tokens. `upcoming`, if any, has been announced and will sign next.
    """

    current: str
    keys: Mapping[str, bytes]
    upcoming: str | None = None
    changed_at: datetime | None = None

    @classmethod
    def generate(cls) -> "KeyRing":
        """A ring with one new key."""
        kid = secrets.token_hex(4)
        return cls(kid, {kid: secrets.token_bytes(KEY_BYTES)}, None, datetime.now(UTC))

    def with_announced_key(self) -> "KeyRing":
        """Add a key that verifies but does not sign yet, and drop those before the current one.

        Functions read the ring at different times: none may sign with a key that others do not
        know yet.
        """
        new = KeyRing.generate()
        keys = {self.current: self.keys[self.current], **new.keys}
        return KeyRing(self.current, keys, new.current, new.changed_at)

    def rotated(self) -> "KeyRing":
        """Make the announced key the current one; the previous one still verifies.

        Raises
        ------
        SettingsError
            No key has been announced.
        """
        if self.upcoming is None:
            raise SettingsError("No key has been announced yet.")
        return KeyRing(
            self.upcoming,
            {kid: self.keys[kid] for kid in (self.upcoming, self.current)},
            None,
            datetime.now(UTC),
        )

    def public(self) -> VerificationKeys:
        """What verifies the tokens of every key in the ring."""
        return VerificationKeys(
            {
                kid: Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw()
                for kid, key in self.keys.items()
            }
        )

    def derive_key(self, purpose: str) -> bytes:
        """A key for another purpose than tokens, which reveals nothing about the current one."""
        return hmac.digest(self.keys[self.current], purpose.encode(), "sha256")

    @classmethod
    def from_json(cls, text: str) -> "KeyRing":
        """Read ``{"current": kid, "keys": {kid: base64}}``; SettingsError on anything else.

        An announced key is named by ``"upcoming": kid``; ``"changed_at"`` is the time of the last
        change.
        """
        try:
            content = json.loads(text)
            keys = {
                kid: base64.b64decode(key, validate=True) for kid, key in content["keys"].items()
            }
            current, upcoming = content["current"], content.get("upcoming")
            named = {current, upcoming} - {None}
            changed = content.get("changed_at")
            changed_at = None if changed is None else datetime.fromisoformat(changed)
        except (ValueError, TypeError, KeyError, AttributeError, binascii.Error):
            raise SettingsError("TOKEN_KEYS is not a valid key ring.") from None
        if (
            current is None
            or not named <= keys.keys()
            or any(len(key) != KEY_BYTES for key in keys.values())
        ):
            raise SettingsError(
                f"TOKEN_KEYS must hold the keys it names, of {KEY_BYTES} bytes each."
            )
        return cls(current, keys, upcoming, changed_at)

    def to_json(self) -> str:
        """The JSON that `from_json` reads."""
        keys = {kid: base64.b64encode(key).decode() for kid, key in self.keys.items()}
        upcoming = {} if self.upcoming is None else {"upcoming": self.upcoming}
        changed = {} if self.changed_at is None else {"changed_at": self.changed_at.isoformat()}
        return json.dumps({"current": self.current, "keys": keys, **upcoming, **changed})


def issue_access_token(
    ring: KeyRing,
    user: str,
    roles: Iterable[str] = (),
    *,
    session: str,
    now: datetime | None = None,
) -> str:
    """Sign a token for a user's session, valid for 15 minutes from `now`."""
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
    key = Ed25519PrivateKey.from_private_bytes(ring.keys[ring.current])
    return jwt.encode(claims, key, ALGORITHM, headers={"kid": ring.current})


def verify_access_token(keys: VerificationKeys, token: str) -> Identity:
    """Verify a token and return its identity.

    Raises
    ------
    InvalidAccessTokenError
        The same for every fault: which check failed would only help a forger.
    """
    try:
        key = keys.keys[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(
            token,
            Ed25519PublicKey.from_public_bytes(key),
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=LEEWAY,
            options={"require": _REQUIRED_CLAIMS},
        )
        return _identity(claims)
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
        raise InvalidAccessTokenError(
            "This access token is invalid or has expired. Sign in again."
        ) from None


def _identity(claims: Mapping[str, Any]) -> Identity:
    roles = claims["roles"]
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise ValueError("roles must be a list of names")
    if not isinstance(claims["sid"], str):
        raise ValueError("sid must be a session's id")
    return Identity(claims["sub"], frozenset(roles), claims["sid"])
