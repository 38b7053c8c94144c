"""The HTTP side that all functions share: routes, validation, and problems for every refusal."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)

from heartsense.errors import HeartSenseError, RetryLaterError
from heartsense.service.error_log import describe
from heartsense.service.http.json_body import read_object
from heartsense.service.http.problems import problem, status_of
from heartsense.service.settings import WebSettings, load

logger = Logger()


def build_api() -> APIGatewayRestResolver:
    """Make a resolver that validates requests and answers every error with a problem."""
    cors = CORSConfig(
        allow_origin=load(WebSettings).web_origin,
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Link"],
        allow_credentials=True,
        max_age=600,
    )
    api = APIGatewayRestResolver(
        enable_validation=True, cors=cors, json_body_deserializer=read_object
    )
    answers = _Problems(api)
    # Called, not used as decorators: they are published without types.
    api.exception_handler(HeartSenseError)(answers.refused)
    api.exception_handler(RequestValidationError)(answers.invalid)
    api.exception_handler(RequestUnsupportedContentType)(answers.unsupported)
    api.exception_handler(ValueError)(answers.unreadable)
    api.not_found(answers.unknown)
    api.exception_handler(Exception)(answers.failed)
    return api


class _Problems:
    """What the requests of an API are answered with instead."""

    def __init__(self, api: APIGatewayRestResolver) -> None:
        self._api = api

    def refused(self, error: HeartSenseError) -> Response[str]:
        status = status_of(error)
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            return self.failed(error)
        logger.info("refused", code=error.code)
        seconds = error.seconds if isinstance(error, RetryLaterError) else None
        return self._problem(status, error.code, error.message, retry_after=seconds)

    def invalid(self, error: RequestValidationError) -> Response[str]:
        # Names and kinds of faults only: what was sent may be a password.
        faults = [{"loc": list(fault["loc"]), "type": fault["type"]} for fault in error.errors()]
        return self._problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid_request",
            "The request does not hold to the API's description; 'errors' says where.",
            faults=faults,
        )

    def unsupported(self, _: Exception) -> Response[str]:
        return self._problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the body in one of the content types that this route documents.",
        )

    def unreadable(self, error: ValueError) -> Response[str]:
        # What powertools raises for multipart/form-data without a boundary, and only there.
        if str(error).startswith("Missing boundary"):
            return self.unsupported(error)
        return self.failed(error)

    def unknown(self, _: NotFoundError) -> Response[str]:
        return self._problem(HTTPStatus.NOT_FOUND, "no_such_route", "There is nothing here.")

    def failed(self, error: Exception) -> Response[str]:
        logger.error("failed", **describe(error))
        return self._problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal_error",
            "Something went wrong here. Try again; if it stays, report the instance.",
        )

    def _problem(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        faults: list[dict[str, Any]] | None = None,
        retry_after: int | None = None,
    ) -> Response[str]:
        instance = f"urn:uuid:{self._api.current_event.request_context.request_id}"
        return problem(
            status, code, detail, instance=instance, faults=faults, retry_after=retry_after
        )
