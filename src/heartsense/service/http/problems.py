"""Problem details (RFC 9457): what every refusal looks like over HTTP, and with which status."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from pydantic import BaseModel, Field

from heartsense import errors

MEDIA_TYPE = "application/problem+json"

# The nearest class in an error's ancestry decides.
STATUS: Mapping[type[Exception], HTTPStatus] = {
    errors.ImageError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.EmptyFileError: HTTPStatus.BAD_REQUEST,
    errors.NotAnImageError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.FileTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.DigitizerError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidRequestError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnsupportedMediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.NotSignedInError: HTTPStatus.UNAUTHORIZED,
    errors.TokenRefusedError: HTTPStatus.UNAUTHORIZED,
    errors.NotAllowedError: HTTPStatus.FORBIDDEN,
    errors.WeakPasswordError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.WrongCredentialsError: HTTPStatus.UNAUTHORIZED,
    errors.WrongPasswordError: HTTPStatus.FORBIDDEN,
    errors.LinkRefusedError: HTTPStatus.BAD_REQUEST,
    errors.SessionEndedError: HTTPStatus.UNAUTHORIZED,
    errors.AccountClosingError: HTTPStatus.CONFLICT,
    errors.NoSuchPredictionError: HTTPStatus.NOT_FOUND,
    errors.NoSuchPictureError: HTTPStatus.NOT_FOUND,
    errors.AddressNotVerifiedError: HTTPStatus.FORBIDDEN,
    errors.AddressSuppressedError: HTTPStatus.CONFLICT,
    errors.NoSuchReportError: HTTPStatus.NOT_FOUND,
    errors.PredictionNotDoneError: HTTPStatus.CONFLICT,
    errors.ReportUnderWayError: HTTPStatus.CONFLICT,
    errors.InvalidFeedbackError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooManyAttemptsError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.MailNotSentError: HTTPStatus.SERVICE_UNAVAILABLE,
}


class Problem(BaseModel):
    """A refusal. `code` never changes its meaning; `detail` tells a person what to do next."""

    type: str = Field(examples=["urn:heartsense:problem:no_ecg_found"])
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    code: str = Field(examples=["no_ecg_found"])
    detail: str
    instance: str | None = Field(default=None, description="The request, as the logs name it.")
    errors: list[dict[str, Any]] | None = Field(
        default=None, description="Where a request did not hold to this document."
    )


def status_of(error: errors.HeartSenseError) -> HTTPStatus:
    """The HTTP status of a refusal; 500 for one that is no answer to a request."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def problem(
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    instance: str | None = None,
    faults: list[dict[str, Any]] | None = None,
    retry_after: int | None = None,
) -> Response[str]:
    """A problem as an API Gateway response."""
    body = Problem(
        type=f"urn:heartsense:problem:{code}",
        title=status.phrase,
        status=status,
        code=code,
        detail=detail,
        instance=instance,
        errors=faults,
    )
    headers = {"Cache-Control": "no-store"}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return Response(status, MEDIA_TYPE, json.dumps(body.model_dump(exclude_none=True)), headers)


def openapi_responses(
    status: int,
    description: str,
    *refusals: HTTPStatus,
    model: type | None = None,
    text: str | None = None,
) -> dict[int, OpenAPIResponse]:
    """A route's answers for the OpenAPI document: its own, and the problems it may give.

    Its own is JSON of a model, text of a media type, or nothing.
    """
    success: OpenAPIResponse = {"description": description}
    if model is not None:
        success["content"] = {"application/json": {"model": model}}
    if text is not None:
        success["content"] = {text: {"schema": {"type": "string"}}}
    return {status: success, **_problems(*refusals)}


def _problems(*refusals: HTTPStatus) -> dict[int, OpenAPIResponse]:
    return {
        status: {
            "description": status.phrase,
            "content": {MEDIA_TYPE: {"model": Problem}},
        }
        for status in sorted({*refusals, HTTPStatus.UNPROCESSABLE_ENTITY})
    }
