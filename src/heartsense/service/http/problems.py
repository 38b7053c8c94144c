"""Problem details (RFC 9457): the body and the status of every error response."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from pydantic import BaseModel, Field

from heartsense import errors
from heartsense.advice import Advice

MEDIA_TYPE = "application/problem+json"

# The nearest class in an error's ancestry decides.
STATUS_BY_ERROR: Mapping[type[Exception], HTTPStatus] = {
    errors.ImageError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.EmptyFileError: HTTPStatus.BAD_REQUEST,
    errors.NotAnImageError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.FileTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.DigitizerError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidRequestError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnsupportedMediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.NotAuthenticatedError: HTTPStatus.UNAUTHORIZED,
    errors.InvalidAccessTokenError: HTTPStatus.UNAUTHORIZED,
    errors.PermissionDeniedError: HTTPStatus.FORBIDDEN,
    errors.WeakPasswordError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.WrongCredentialsError: HTTPStatus.UNAUTHORIZED,
    errors.WrongPasswordError: HTTPStatus.FORBIDDEN,
    errors.WrongSecondFactorError: HTTPStatus.FORBIDDEN,
    errors.SecondFactorNotFoundError: HTTPStatus.NOT_FOUND,
    errors.SecondFactorMissingError: HTTPStatus.FORBIDDEN,
    errors.InvalidLinkError: HTTPStatus.BAD_REQUEST,
    errors.SessionEndedError: HTTPStatus.UNAUTHORIZED,
    errors.AccountDeletionPendingError: HTTPStatus.CONFLICT,
    errors.PredictionNotFoundError: HTTPStatus.NOT_FOUND,
    errors.PictureNotFoundError: HTTPStatus.NOT_FOUND,
    errors.AddressNotVerifiedError: HTTPStatus.FORBIDDEN,
    errors.AddressSuppressedError: HTTPStatus.CONFLICT,
    errors.ReportNotFoundError: HTTPStatus.NOT_FOUND,
    errors.ExportNotFoundError: HTTPStatus.NOT_FOUND,
    errors.PredictionNotReadyError: HTTPStatus.CONFLICT,
    errors.ReportInProgressError: HTTPStatus.CONFLICT,
    errors.InvalidFeedbackError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooManyAttemptsError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.DatabaseUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.AuditUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.EmailNotSentError: HTTPStatus.SERVICE_UNAVAILABLE,
}


class Problem(BaseModel):
    """An error. `code` never changes its meaning; `detail` tells a person what to do next."""

    type: str = Field(examples=["urn:heartsense:problem:no_ecg_found"])
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    code: str = Field(examples=["no_ecg_found"])
    detail: str
    advice: Advice | None = Field(
        default=None, description="How to take a better picture, where that helps."
    )
    instance: str | None = Field(default=None, description="The request's id in the logs.")
    errors: list[dict[str, Any]] | None = Field(
        default=None, description="Where the request violates this document."
    )


def status_of(error: errors.HeartSenseError) -> HTTPStatus:
    """The HTTP status of an error; 500 for those that no request can cause."""
    for kind in type(error).__mro__:
        if kind in STATUS_BY_ERROR:
            return STATUS_BY_ERROR[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def problem_response(
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    instance: str | None = None,
    validation_errors: list[dict[str, Any]] | None = None,
    retry_after: int | None = None,
    advice: Advice | None = None,
) -> Response[str]:
    """An error response for API Gateway."""
    body = Problem(
        type=f"urn:heartsense:problem:{code}",
        title=status.phrase,
        status=status,
        code=code,
        detail=detail,
        advice=advice,
        instance=instance,
        errors=validation_errors,
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
    *error_statuses: HTTPStatus,
    model: type | None = None,
    text: str | None = None,
) -> dict[int, OpenAPIResponse]:
    """A route's responses for the OpenAPI document: the successful one and the errors.

    Parameters
    ----------
    status, description
        Of the successful response.
    error_statuses
        Statuses of its problems; 422 is always among them.
    model, text
        The successful body: JSON of a model, or text of this media type; by default none.
    """
    success: OpenAPIResponse = {"description": description}
    if model is not None:
        success["content"] = {"application/json": {"model": model}}
    if text is not None:
        success["content"] = {text: {"schema": {"type": "string"}}}
    return {status: success, **_error_responses(*error_statuses)}


def _error_responses(*statuses: HTTPStatus) -> dict[int, OpenAPIResponse]:
    return {
        status: {
            "description": status.phrase,
            "content": {MEDIA_TYPE: {"model": Problem}},
        }
        for status in sorted({*statuses, HTTPStatus.UNPROCESSABLE_ENTITY})
    }
