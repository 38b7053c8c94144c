"""The HTTP side that all functions share: routes, validation, and problems for every refusal."""

from http import HTTPStatus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)

from heartsense.api.faults import told
from heartsense.api.media import read_object
from heartsense.api.problems import problem, status_of
from heartsense.errors import HeartSenseError, RetryLaterError
from heartsense.settings import WebSettings, load

logger = Logger()


def build_api() -> APIGatewayRestResolver:
    """Make a resolver that validates requests and answers every error with a problem."""
    cors = CORSConfig(
        allow_origin=load(WebSettings).web_origin,
        allow_headers=["Authorization", "Content-Type"],
        allow_credentials=True,
        max_age=600,
    )
    api = APIGatewayRestResolver(
        enable_validation=True, cors=cors, json_body_deserializer=read_object
    )

    def request() -> str:
        return f"urn:uuid:{api.current_event.request_context.request_id}"

    def refused(error: HeartSenseError) -> Response[str]:
        status = status_of(error)
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            return failed(error)
        logger.info("refused", code=error.code)
        seconds = error.seconds if isinstance(error, RetryLaterError) else None
        return problem(status, error.code, error.message, instance=request(), retry_after=seconds)

    def unsupported() -> Response[str]:
        return problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the body in one of the content types that this route documents.",
            instance=request(),
        )

    def invalid(error: RequestValidationError | RequestUnsupportedContentType) -> Response[str]:
        if isinstance(error, RequestUnsupportedContentType):
            return unsupported()
        # Names and kinds of faults only: what was sent may be a password.
        faults = [{"loc": list(fault["loc"]), "type": fault["type"]} for fault in error.errors()]
        return problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid_request",
            "The request does not hold to the API's description; 'errors' says where.",
            instance=request(),
            faults=faults,
        )

    def unreadable(error: ValueError) -> Response[str]:
        # What powertools raises for multipart/form-data without a boundary, and only there.
        return unsupported() if str(error).startswith("Missing boundary") else failed(error)

    def unknown(_: NotFoundError) -> Response[str]:
        return problem(
            HTTPStatus.NOT_FOUND, "no_such_route", "There is nothing here.", instance=request()
        )

    def failed(error: Exception) -> Response[str]:
        logger.error("failed", **told(error))
        return problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal_error",
            "Something went wrong here. Try again; if it stays, report the instance.",
            instance=request(),
        )

    # Called, not used as decorators: they are published without types.
    api.exception_handler(HeartSenseError)(refused)
    api.exception_handler([RequestValidationError, RequestUnsupportedContentType])(invalid)
    api.exception_handler(ValueError)(unreadable)
    api.not_found(unknown)
    api.exception_handler(Exception)(failed)
    return api
