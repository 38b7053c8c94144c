"""How lists are asked for, a page at a time."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[
    str | None, Query(max_length=100, description="`next_cursor` of the answer before.")
]
