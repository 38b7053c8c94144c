"""Which content types a function takes."""

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from heartsense.errors import UnsupportedMediaTypeError


def json_only(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[str]:
    """Refuse bodies that are not declared as JSON (a middleware).

    Browsers send JSON to another origin only after asking it, and forms or undeclared bodies
    without: so no page elsewhere can sign somebody in, or out (cross-site request forgery).
    """
    event = app.current_event
    media_type = event.headers.get("content-type", "").partition(";")[0].strip().lower()
    if event.body and media_type != "application/json":
        raise UnsupportedMediaTypeError("Send the body as application/json.")
    return next_middleware(app)
