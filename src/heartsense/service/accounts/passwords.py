"""Passwords: which ones are taken, and how they are kept."""

import bcrypt
from zxcvbn import zxcvbn

from heartsense.errors import WeakPasswordError

COST = 12
SHORTEST = 10  # characters
LONGEST = 72  # bytes in UTF-8: bcrypt reads no more
LEAST_GUESSES = 10**8  # what a leaked hash withstands for months at bcrypt's cost 12
OUR_WORDS = ("heartsense", "heart", "sense", "ecg", "ekg", "electrocardiogram", "cardiology")
"""Words that a guesser of this service's passwords would try first."""

# Of a password that nobody knows: checked where there is no account, so that it costs the same.
_NOBODY = b"$2b$12$ECXZeniKTFAOzrFNJOXL1usr1WMxdCQLZnAAyO6ESw2q63q6ay9wW"


def check_password(password: str, personal: tuple[str, ...] = ()) -> None:
    """Refuse with WeakPasswordError a password that is too short, too long or easily guessed.

    There are no rules on what it is made of (NIST SP 800-63B, 5.1.1.2). zxcvbn counts the guesses
    that lists of leaked passwords, names and words, keyboard rows, dates and their usual
    disguises need; `personal` are words that this person's guesser would try.
    """
    if len(password) < SHORTEST:
        raise WeakPasswordError(f"Choose a password of at least {SHORTEST} characters.")
    if len(password.encode()) > LONGEST:
        raise WeakPasswordError(
            f"Choose a password of at most {LONGEST} bytes (letters outside English count 2 to 4)."
        )
    estimate = zxcvbn(password, user_inputs=[*OUR_WORDS, *personal], max_length=LONGEST)
    if estimate["guesses"] < LEAST_GUESSES:
        raise WeakPasswordError(
            "This password is among the first that are guessed. Choose another, "
            "for example four words that do not belong together."
        )


def hash_password(password: str) -> bytes:
    """The password's bcrypt hash, with a salt of its own."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(COST))


def matches(password: str, password_hash: bytes | None) -> bool:
    """Whether the password is the one; takes the same time where there is no account (None)."""
    secret = password.encode()
    if len(secret) > LONGEST:
        # No account has such a password; bcrypt would refuse it at once.
        bcrypt.checkpw(secret[:LONGEST], password_hash or _NOBODY)
        return False
    return bcrypt.checkpw(secret, password_hash or _NOBODY) and password_hash is not None
