"""Texts in requests: taken as they are or refused; nothing is trimmed, shortened or escaped."""

import unicodedata
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AfterValidator, Field

from heartsense.service.email.address import read_address

_LINE_BREAKS = {"\n", "\r", "\t"}


def reject_controls(text: str) -> str:
    """Refuse what is no character: controls (NUL among them) and halves of surrogate pairs."""
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        raise ValueError("contains control characters")
    return text


def reject_controls_except_newlines(text: str) -> str:
    """As `reject_controls`, for texts of several lines."""
    reject_controls("".join(character for character in text if character not in _LINE_BREAKS))
    return text


def _address(text: str) -> str:
    read_address(text)
    return text


Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[
    str | None, Query(max_length=100, description="`next_cursor` of the answer before.")
]
Email = Annotated[
    str,
    Field(max_length=254, json_schema_extra={"format": "email"}, examples=["ada@example.org"]),
    AfterValidator(_address),
]
