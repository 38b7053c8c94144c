"""Codes of authenticator apps (TOTP, RFC 6238): six digits, a new one every 30 seconds."""

import hmac
import secrets
from datetime import datetime

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ISSUER = "HeartSense"
_STEP_SECONDS = 30
_NONCE_BYTES = 12
_TOLERATED_STEPS = (0, -1, 1)  # clocks of phones, and people who type slowly


class TotpSecrets:
    """Encrypts the secrets that apps share, so that the database alone yields no codes.

    Parameters
    ----------
    key
        Where the key of the encryption is derived from; it must never change.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(hmac.digest(key, b"totp", "sha256"))

    def encrypt(self, secret: str, account_id: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), account_id.encode())

    def decrypt(self, stored: bytes, account_id: str) -> str | None:
        """The secret; None if it was encrypted with another key or for another account."""
        nonce, encrypted = stored[:_NONCE_BYTES], stored[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, encrypted, account_id.encode()).decode()
        except InvalidTag:
            return None


def new_totp_secret() -> str:
    """160 random bits in base 32, as RFC 4226 asks for."""
    return pyotp.random_base32(32)


def provisioning_uri(secret: str, address: str) -> str:
    """The ``otpauth://`` link that apps read."""
    return pyotp.TOTP(secret).provisioning_uri(name=address, issuer_name=ISSUER)


def qr_code(uri: str) -> list[str]:
    """Rows of a QR code of a link, without a margin: 1 is dark, 0 is light."""
    code = segno.make_qr(uri, error="m")
    return ["".join("01"[module > 0] for module in row) for row in code.matrix]


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, the present one or a neighbour; None if it is wrong."""
    totp = pyotp.TOTP(secret)
    present = int(now.timestamp()) // _STEP_SECONDS
    for offset in _TOLERATED_STEPS:
        if hmac.compare_digest(totp.generate_otp(present + offset), code):
            return present + offset
    return None
