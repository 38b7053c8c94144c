"""The image in a request: its body, or the field `image` of a multipart form."""

import base64
import binascii
from typing import Any, get_args

from aws_lambda_powertools.event_handler.request import Request

from functions.predict.form import read_field
from heartsense.errors import InvalidRequestError, UnsupportedMediaTypeError
from heartsense.service.http.result_body import ContentType

FIELD = "image"
_OCTET_STREAM = "application/octet-stream"
MEDIA_TYPES = (*get_args(ContentType), _OCTET_STREAM)
FORM = "multipart/form-data"

_BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": "The image file, or a form with it; up to about 4 MB.",
    "content": {
        **{media_type: {"schema": _BINARY} for media_type in MEDIA_TYPES},
        FORM: {
            "schema": {"type": "object", "properties": {FIELD: _BINARY}, "required": [FIELD]},
        },
    },
}
"""For the OpenAPI document, as Powertools only describes JSON and form bodies."""


def read_image(request: Request) -> bytes:
    """The bytes of the image file.

    Raises
    ------
    UnsupportedMediaTypeError
        The content type is not one of an image, a PDF or a form.
    InvalidRequestError
        The body is not base64, or is a form that is malformed or has no such field.
    """
    header = request.headers.get("content-type", "")
    media_type = header.partition(";")[0].strip().lower()
    # API Gateway passes on unknown types as text, which has destroyed the image.
    if media_type not in {*MEDIA_TYPES, FORM}:
        raise UnsupportedMediaTypeError(
            f"Send the image as {', '.join(MEDIA_TYPES)}, "
            f"or in the field '{FIELD}' of a form ({FORM})."
        )
    event = request.resolved_event
    if event.body and not event.is_base64_encoded:
        raise InvalidRequestError("The body is not binary.")
    body = _decode(event.body)
    return read_field(header, body, FIELD) if media_type == FORM else body


def _decode(body: str | None) -> bytes:
    try:
        return base64.b64decode(body or "", validate=True)
    except binascii.Error:
        raise InvalidRequestError("The body is not base64.") from None
