"""API Gateway's REST API on one machine, in front of the real handlers.

Routes, binary media types, CORS, gateway responses and the firewall's limits are read from the
template.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import uvicorn
from starlette.exceptions import HTTPException
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from devstack.events import (
    HttpResponse,
    MalformedResponseError,
    Request,
    Router,
    http_response,
    proxy_event,
)
from devstack.firewall import Firewall
from devstack.function_pool import FunctionError, FunctionPool, PayloadTooLargeError
from devstack.gateway_responses import GatewayResponses
from devstack.http_protocol import TimedProtocol
from devstack.processes import HOST
from devstack.template import Template

BODY_LIMIT = 10 * 1024 * 1024
BODY_SECONDS = 30.0  # for the whole body to arrive
TIMEOUT_SECONDS = 29.0  # the default of API Gateway's integration timeout


class Gateway:
    """An ASGI application in front of a template's functions.

    Parameters
    ----------
    template
        The routes and settings.
    functions
        The pool of each function that has a route.
    pages
        Serves GET requests without a route; raises HTTPException where it has no page.
    timeout
        Integration timeout in seconds.
    """

    def __init__(
        self,
        template: Template,
        functions: Mapping[str, FunctionPool],
        pages: ASGIApp | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._functions = functions
        self._pages = pages
        self._timeout = timeout
        self._firewall = Firewall(template)
        self._router = Router(template.routes)
        self._binary: list[str] = [
            entry.replace("~1", "/") for entry in template.api.get("BinaryMediaTypes", [])
        ]
        self._cors = template.api.get("Cors")
        self._gateway_responses = GatewayResponses(template.api.get("GatewayResponses"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["raw_path"].decode("latin-1").partition("?")[0]
        if (
            self._pages
            and scope["method"] in {"GET", "HEAD"}
            and not self._router.find("GET", path)
        ):
            with suppress(HTTPException):  # no such page: the gateway responds
                await self._pages(scope, receive, send)
                return
        incoming = StarletteRequest(scope, receive)
        try:
            body = await asyncio.wait_for(_body(incoming), BODY_SECONDS)
        except TimeoutError:
            await Response(status_code=408, headers={"Connection": "close"})(scope, receive, send)
            return
        request = Request(
            method=scope["method"],
            path=path,
            query=scope["query_string"].decode("latin-1"),
            headers=[(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]],
            body=body,
            source_ip=incoming.client.host if incoming.client else "",
        )
        result = await self._respond(request)
        response = Response(result.body, result.status)
        response.raw_headers.extend(
            (name.encode("latin-1"), value.encode("latin-1", errors="replace"))
            for name, value in [*result.headers, ("x-amzn-RequestId", request.id)]
        )
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> HttpResponse:
        if refusal := self._firewall.refusal(request):
            return refusal
        if len(request.body) > BODY_LIMIT:
            return self._gateway_responses.response("REQUEST_TOO_LARGE", request)
        methods = self._router.methods(request.path)
        if request.method == "OPTIONS" and self._cors and methods:
            return _preflight(self._cors, methods)
        found = self._router.find(request.method, request.path)
        if found is None:
            return self._gateway_responses.response("MISSING_AUTHENTICATION_TOKEN", request)
        route, parameters = found
        event = proxy_event(request, route, parameters, self._binary)
        invocation = asyncio.ensure_future(
            self._functions[route.function].invoke(event, request.source_ip)
        )
        await asyncio.wait([invocation], timeout=self._timeout)
        if not invocation.done():
            # Lambda goes on after the gateway's timeout; its result is dropped.
            invocation.add_done_callback(lambda done: done.cancelled() or done.exception())
            return self._gateway_responses.response("INTEGRATION_TIMEOUT", request)
        try:
            return http_response(invocation.result(), request.header("accept"), self._binary)
        except PayloadTooLargeError:
            return self._gateway_responses.response("REQUEST_TOO_LARGE", request)
        except (FunctionError, MalformedResponseError):
            return self._gateway_responses.response("INTEGRATION_FAILURE", request)


def server(gateway: Gateway, port: int) -> uvicorn.Server:
    """An HTTP server for the gateway, on the loopback interface."""
    return uvicorn.Server(
        uvicorn.Config(
            gateway,
            host=HOST,
            port=port,
            log_level="warning",
            lifespan="off",
            server_header=False,
            http=TimedProtocol,
            timeout_graceful_shutdown=2,
            proxy_headers=False,  # the source address is the socket's; headers can be forged
        )
    )


async def _body(incoming: StarletteRequest) -> bytes:
    """The body; reading stops above the size limit."""
    body = bytearray()
    async for chunk in incoming.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            break
    return bytes(body)


def _preflight(cors: Any, methods: list[str]) -> HttpResponse:
    """The response of SAM's mock OPTIONS methods; the template has values in single quotes."""
    settings = {"AllowOrigin": cors} if isinstance(cors, str) else cors
    headers = {
        "Access-Control-Allow-Origin": settings.get("AllowOrigin"),
        "Access-Control-Allow-Headers": settings.get("AllowHeaders"),
        "Access-Control-Allow-Methods": settings.get(
            "AllowMethods", ",".join([*methods, "OPTIONS"])
        ),
        "Access-Control-Max-Age": settings.get("MaxAge"),
        "Access-Control-Allow-Credentials": "true" if settings.get("AllowCredentials") else None,
    }
    return HttpResponse(
        200,
        [(name, str(value).strip("'")) for name, value in headers.items() if value is not None],
        b"",
    )
