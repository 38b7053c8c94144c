"""What an account may be made."""

from enum import StrEnum


class Role(StrEnum):
    """Beside `user`, which every account is."""

    DOCTOR = "doctor"
    ADMINISTRATOR = "administrator"
