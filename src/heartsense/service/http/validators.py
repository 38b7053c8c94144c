"""Types of request fields and parameters, which are accepted as they are or refused.

Nothing is trimmed, shortened or escaped.
"""

import unicodedata
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AfterValidator, Field

from heartsense.service.email.address import read_address

_LINE_CHARACTERS = {"\n", "\r", "\t"}


def reject_controls(text: str) -> str:
    """Reject control characters, line and paragraph separators, and lone surrogates."""
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        raise ValueError("contains control characters")
    return text


def reject_controls_except_newlines(text: str) -> str:
    """Like `reject_controls`, for text of several lines."""
    reject_controls("".join(character for character in text if character not in _LINE_CHARACTERS))
    return text


def _check_address(text: str) -> str:
    read_address(text)
    return text


Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[
    str | None, Query(max_length=100, description="`next_cursor` of the previous page.")
]
Email = Annotated[
    str,
    Field(max_length=254, json_schema_extra={"format": "email"}, examples=["ada@example.org"]),
    AfterValidator(_check_address),
]
