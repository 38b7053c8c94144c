"""The resolver of every function: routes, validation, CORS, and problems for every error."""

import inspect
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)

from heartsense.advice import Advice
from heartsense.errors import DatabaseUnavailableError, HeartSenseError, RetryLaterError
from heartsense.service.error_log import describe
from heartsense.service.http.json_body import parse_json_object
from heartsense.service.http.problems import problem_response, status_of
from heartsense.service.settings import WebSettings, load

if TYPE_CHECKING:  # a quarter of a function's start, and only the OpenAPI document needs it
    from aws_lambda_powertools.event_handler.openapi.models import OpenAPI

logger = Logger()


RETRY_SECONDS = 2


def build_api(unavailable: type[Exception] | None = None) -> APIGatewayRestResolver:
    """Create a resolver that validates requests and answers every error with a problem.

    `unavailable` is what the database raises while it cannot be reached.
    """
    api = _Resolver(enable_validation=True, cors=_cors(), json_body_deserializer=parse_json_object)
    handlers = _ErrorHandlers(api)
    # Called instead of used as decorators, which are published without types.
    api.exception_handler(HeartSenseError)(handlers.heartsense_error)
    api.exception_handler(RequestValidationError)(handlers.validation_error)
    api.exception_handler(RequestUnsupportedContentType)(handlers.unsupported_content_type)
    api.exception_handler(ValueError)(handlers.value_error)
    if unavailable is not None:
        api.exception_handler(unavailable)(handlers.database_unavailable)
    api.not_found(handlers.route_not_found)
    api.exception_handler(Exception)(handlers.unexpected_error)
    return api


def _cors() -> CORSConfig:
    """CORS headers of responses; template.yaml has those of preflight requests and of the gateway.

    tests/unit/test_routes.py compares the two.
    """
    return CORSConfig(
        allow_origin=load(WebSettings).web_origin,
        expose_headers=["Link"],
        allow_credentials=True,
    )


SECURITY_HEADERS = {
    "Cache-Control": "no-store",  # answers are about people's health
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}
"""On every response of every function; template.yaml has them on the gateway's own."""


class _Resolver(APIGatewayRestResolver):
    """A resolver whose responses have `SECURITY_HEADERS`.

    Its OpenAPI document describes each route by its handler's docstring.
    """

    def resolve(self, event: Any, context: Any) -> dict[str, Any]:
        response = super().resolve(event, context)
        headers = response["multiValueHeaders"]
        headers.update((name, [value]) for name, value in SECURITY_HEADERS.items())
        return response

    def get_openapi_schema(self, **options: Any) -> "OpenAPI":
        for route in self._static_routes + self._dynamic_routes:
            route.description = route.description or inspect.getdoc(route.func)
        return super().get_openapi_schema(**options)


class _ErrorHandlers:
    """Turns exceptions into problem responses."""

    def __init__(self, api: APIGatewayRestResolver) -> None:
        self._api = api

    def heartsense_error(self, error: HeartSenseError) -> Response[str]:
        status = status_of(error)
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            return self.unexpected_error(error)
        logger.info("request_refused", code=error.code)
        seconds = error.seconds if isinstance(error, RetryLaterError) else None
        return self._respond(
            status, error.code, error.message, retry_after=seconds, advice=error.advice
        )

    def validation_error(self, error: RequestValidationError) -> Response[str]:
        # Places and types only: the values may be passwords.
        errors = [{"loc": list(item["loc"]), "type": item["type"]} for item in error.errors()]
        return self._respond(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid_request",
            "The request does not match the API's description; see 'errors'.",
            errors=errors,
        )

    def unsupported_content_type(self, _: Exception) -> Response[str]:
        return self._respond(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the body in one of the content types that this route documents.",
        )

    def value_error(self, error: ValueError) -> Response[str]:
        # Powertools raises these for multipart/form-data without a boundary, or with other bytes
        # than UTF-8. Routes that accept forms do not let it parse them.
        if str(error).startswith("Missing boundary") or isinstance(error, UnicodeDecodeError):
            return self.unsupported_content_type(error)
        return self.unexpected_error(error)

    def route_not_found(self, _: NotFoundError) -> Response[str]:
        return self._respond(HTTPStatus.NOT_FOUND, "no_such_route", "There is no such route.")

    def database_unavailable(self, error: Exception) -> Response[str]:
        logger.error("database_unavailable", **describe(error))
        return self.heartsense_error(
            DatabaseUnavailableError(
                "The service cannot reach its database. Try again in a moment.", RETRY_SECONDS
            )
        )

    def unexpected_error(self, error: Exception) -> Response[str]:
        logger.error("request_failed", **describe(error))
        return self._respond(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal_error",
            "Something went wrong. Try again; if the problem persists, report the instance.",
        )

    def _respond(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        errors: list[dict[str, Any]] | None = None,
        retry_after: int | None = None,
        advice: Advice | None = None,
    ) -> Response[str]:
        instance = f"urn:uuid:{self._api.current_event.request_context.request_id}"
        return problem_response(
            status,
            code,
            detail,
            instance=instance,
            validation_errors=errors,
            retry_after=retry_after,
            advice=advice,
        )
