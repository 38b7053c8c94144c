"""The picture in a request: its body, or the field `image` of a form."""

import base64
import binascii
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, get_args

from aws_lambda_powertools.event_handler.request import Request

from functions.predict.schemas import ContentType
from heartsense.errors import InvalidRequestError, UnsupportedMediaTypeError

FIELD = "image"
_OCTETS = "application/octet-stream"
TYPES = (*get_args(ContentType), _OCTETS)
FORM = "multipart/form-data"

_BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": "The picture itself, or a form with it; up to about 4 MB.",
    "content": {
        **{kind: {"schema": _BINARY} for kind in TYPES},
        FORM: {
            "schema": {"type": "object", "properties": {FIELD: _BINARY}, "required": [FIELD]},
        },
    },
}
"""For the OpenAPI document: powertools describes JSON and form bodies only."""


def picture(request: Request) -> bytes:
    """The picture's bytes.

    Raises
    ------
    UnsupportedMediaTypeError
        The content type is none of a picture's or document's.
    InvalidRequestError
        It is a form without the field.
    """
    header = request.headers.get("content-type", "")
    kind = header.partition(";")[0].strip().lower()
    # API Gateway hands over as text what it does not know to be binary: not a picture any more.
    if kind not in {*TYPES, FORM}:
        raise UnsupportedMediaTypeError(
            f"Send the picture as {', '.join(TYPES)}, or in the field '{FIELD}' of a form ({FORM})."
        )
    event = request.resolved_event
    if event.body and not event.is_base64_encoded:
        raise InvalidRequestError("The body is not binary.")
    body = _decoded(event.body)
    return _field(header, body) if kind == FORM else body


def _decoded(body: str | None) -> bytes:
    try:
        return base64.b64decode(body or "", validate=True)
    except binascii.Error:
        raise InvalidRequestError("The body is not base64.") from None


def _field(header: str, body: bytes) -> bytes:
    form = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + header.encode("ascii", "replace") + b"\r\n\r\n" + body
    )
    for part in form.iter_parts() if form.is_multipart() else ():
        if _name(part) == FIELD:
            content = part.get_payload(decode=True)
            return content if isinstance(content, bytes) else b""
    raise InvalidRequestError(f"The form has no field '{FIELD}' with the picture.")


def _name(part: Message) -> str | None:
    name = part.get_param("name", header="content-disposition")
    return name if isinstance(name, str) else None
