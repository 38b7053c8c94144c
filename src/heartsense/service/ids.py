"""Secrets handed to people: in links and as refresh tokens. Only their digests are kept."""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode

_PART = re.compile(r"[A-Za-z0-9_-]{1,64}")


def new_id() -> str:
    """An opaque id: 96 random bits, hexadecimal."""
    return secrets.token_hex(12)


def new_secret() -> str:
    """256 random bits: too many to guess, so that a plain hash of them is safe to keep."""
    return secrets.token_urlsafe(32)


def derive_secret(key: bytes, *parts: str) -> str:
    """The same 256 bits for the same parts; without `key` nobody can tell them."""
    digest = hmac.digest(key, "\0".join(parts).encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def join_token(*parts: str) -> str:
    """Ids and a secret as the one text that a person or a client holds."""
    return ".".join(parts)


def split_token(text: str, count: int) -> tuple[str, ...] | None:
    """The `count` parts of `join_token`; None for any other text."""
    parts = tuple(text.split("."))
    well_formed = len(parts) == count and all(_PART.fullmatch(part) for part in parts)
    return parts if well_formed else None
