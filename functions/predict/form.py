"""One field of a multipart form, read by a streaming parser within limits.

Time is linear in the form's size, whatever its bytes
(`tests/integration/test_predict_forms.py`). A part's content is never parsed as a form again.
"""

from collections.abc import Callable
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from heartsense.errors import InvalidRequestError

MAX_PARTS = 20
MAX_HEADERS = 10  # of a part; browsers send two
MAX_HEADER_BYTES = 2048  # of one header; file names are at most 255 bytes, escaped 765


def read_field(content_type: str, body: bytes, name: str) -> bytes:
    """The content of the first part called `name` in a form of this content type.

    Raises
    ------
    InvalidRequestError
        The form is malformed, incomplete or above a limit, or has no such part.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise InvalidRequestError("The form's content type names no boundary.")
    # RFC 2046 keeps the boundary out of contents; each false one would cost the parser 5 us.
    if body.count(b"\r\n--" + boundary) > MAX_PARTS:
        raise InvalidRequestError(f"The form has more than {MAX_PARTS} parts.")
    reader = _FieldReader(name.encode())
    try:
        parser = MultipartParser(
            boundary,
            reader.callbacks(),
            max_header_count=MAX_HEADERS,
            max_header_size=MAX_HEADER_BYTES,
        )
        parser.write(body)
    except FormParserError:
        raise InvalidRequestError(
            "The form is malformed, or has too many or long headers."
        ) from None
    return reader.content()


class _FieldReader:
    """Collects what the parser reports of one field."""

    def __init__(self, name: bytes) -> None:
        self._name = name
        self._header = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._found: bytearray | None = None
        self._collecting = False
        self._complete = False

    def callbacks(self) -> Any:
        """By the parser's names of them."""
        events: dict[str, Callable[..., None]] = {
            "on_part_begin": self._begin_part,
            "on_header_begin": self._begin_header,
            "on_header_field": self._add_to_header,
            "on_header_value": self._add_to_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._add_content,
            "on_end": self._end,
        }
        return events

    def content(self) -> bytes:
        """The field's content, once everything was read; InvalidRequestError if there is none."""
        if not self._complete:
            raise InvalidRequestError("The form is incomplete: its closing boundary is missing.")
        if self._found is None:
            raise InvalidRequestError(
                f"The form has no field '{self._name.decode()}' with the image."
            )
        return bytes(self._found)

    def _begin_part(self) -> None:
        self._headers = {}

    def _begin_header(self) -> None:
        self._header = self._value = b""

    def _add_to_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header.lower()] = self._value

    def _end_headers(self) -> None:
        if self._headers.get(b"content-type", b"").lower().startswith(b"multipart/"):
            raise InvalidRequestError("A form in a form is not accepted.")
        disposition = parse_options_header(self._headers.get(b"content-disposition", b""))[1]
        self._collecting = self._found is None and disposition.get(b"name") == self._name
        if self._collecting:
            self._found = bytearray()

    def _add_content(self, data: bytes, start: int, end: int) -> None:
        if self._collecting and self._found is not None:
            self._found += data[start:end]

    def _end(self) -> None:
        self._complete = True
