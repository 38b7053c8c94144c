"""Passwords: strength rules and hashing."""

import bcrypt

from heartsense.errors import WeakPasswordError

COST = 12
MIN_CHARACTERS = 10
MAX_BYTES = 72  # in UTF-8: bcrypt ignores the rest
MIN_GUESSES = 10**8  # a leaked hash of cost 12 withstands these for months
SERVICE_WORDS = ("heartsense", "heart", "sense", "ecg", "ekg", "electrocardiogram", "cardiology")
"""Words that an attacker of this service would try first."""

# The hash of a random password: checked where there is no account, to take the same time.
_DUMMY_HASH = b"$2b$12$ECXZeniKTFAOzrFNJOXL1usr1WMxdCQLZnAAyO6ESw2q63q6ay9wW"


def check_password_strength(password: str, personal_words: tuple[str, ...] = ()) -> None:
    """Raise WeakPasswordError if a password is too short, too long or too easy to guess.

    There are no composition rules (NIST SP 800-63B, 5.1.1.2). zxcvbn estimates the number of
    guesses from leaked passwords, names, words, keyboard patterns, dates and their variations;
    `personal_words` are what an attacker of this account would try.
    """
    if len(password) < MIN_CHARACTERS:
        raise WeakPasswordError(f"Choose a password of at least {MIN_CHARACTERS} characters.")
    if len(password.encode()) > MAX_BYTES:
        raise WeakPasswordError(
            f"Choose a password of at most {MAX_BYTES} bytes "
            "(letters outside English count 2 to 4)."
        )
    # Imported here: its word lists take longer to load than a sign-in takes to do.
    from zxcvbn import zxcvbn

    estimate = zxcvbn(password, user_inputs=[*SERVICE_WORDS, *personal_words], max_length=MAX_BYTES)
    if estimate["guesses"] < MIN_GUESSES:
        raise WeakPasswordError(
            "This password is too easy to guess. Choose another one, "
            "for example four unrelated words."
        )


def hash_password(password: str) -> bytes:
    """The bcrypt hash of a password, with a random salt."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(COST))


def verify_password(password: str, password_hash: bytes | None) -> bool:
    """Whether a password is correct; takes the same time if there is no account (None)."""
    secret = password.encode()
    if len(secret) > MAX_BYTES:
        # No account has such a password, but bcrypt would reject it faster than others.
        bcrypt.checkpw(secret[:MAX_BYTES], password_hash or _DUMMY_HASH)
        return False
    return bcrypt.checkpw(secret, password_hash or _DUMMY_HASH) and password_hash is not None
