"""Random ids and secrets, and the tokens made of them (e-mail links, refresh tokens)."""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode

_PART = re.compile(r"[A-Za-z0-9_-]{1,64}")


def new_id() -> str:
    """An opaque id: 96 random bits in hexadecimal."""
    return secrets.token_hex(12)


def new_secret() -> str:
    """256 random bits: too many to guess, so an unsalted hash of them is safe to store."""
    return secrets.token_urlsafe(32)


def derive_secret(key: bytes, *parts: str) -> str:
    """256 bits that depend only on `parts` and cannot be computed without `key`."""
    digest = hmac.digest(key, "\0".join(parts).encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def digest(secret: str) -> str:
    """The SHA-256 digest that is stored instead of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def join_token(*parts: str) -> str:
    """Join ids and a secret into one token: ``part.part.part``."""
    return ".".join(parts)


def split_token(token: str, count: int) -> tuple[str, ...] | None:
    """Split a token into its `count` parts; None if it is malformed."""
    parts = tuple(token.split("."))
    well_formed = len(parts) == count and all(_PART.fullmatch(part) for part in parts)
    return parts if well_formed else None
