"""Recovery codes: each signs in once where the second factor is lost.

They have 80 random bits, too many to guess, so that an unsalted digest is safe to store.
"""

import base64
import secrets

from heartsense.service.ids import digest

COUNT = 10
_BYTES = 10


def new_recovery_codes() -> list[str]:
    """Codes to show once, in four groups of four characters."""
    return [_grouped(base64.b32encode(secrets.token_bytes(_BYTES)).decode()) for _ in range(COUNT)]


def recovery_digest(code: str) -> str:
    """What is stored of a code, however it is typed."""
    return digest("".join(character for character in code.upper() if character.isalnum()))


def _grouped(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
