"""Texts in requests: taken as they are or refused; nothing is trimmed, shortened or escaped."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

from heartsense.service.accounts import read_address

_LINE_BREAKS = {"\n", "\r", "\t"}


def no_controls(text: str) -> str:
    """Refuse what is no character: controls (NUL among them) and halves of surrogate pairs."""
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        raise ValueError("contains control characters")
    return text


def no_controls_but_lines(text: str) -> str:
    """As `no_controls`, for texts of several lines."""
    no_controls("".join(character for character in text if character not in _LINE_BREAKS))
    return text


def _address(text: str) -> str:
    read_address(text)
    return text


Email = Annotated[
    str,
    Field(max_length=254, json_schema_extra={"format": "email"}, examples=["ada@example.org"]),
    AfterValidator(_address),
]
