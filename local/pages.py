"""Pages that only the local stack has: the API's description at /docs, and the web page."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler.openapi import swagger_ui
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send


class Pages:
    """An ASGI application that raises HTTPException for a page it does not have."""

    def __init__(self, openapi: Mapping[str, Any], web: Path) -> None:
        document = json.dumps(openapi)
        self._pages: dict[str, Response] = {
            "/openapi.json": Response(document, media_type="application/json"),
            "/docs": HTMLResponse(_swagger(document.replace("</", "<\\/"))),  # no end of its script
        }
        self._web = StaticFiles(directory=web, html=True) if web.is_dir() else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = self._pages.get(scope["path"], self._web)
        if page is None:
            raise HTTPException(404)
        await page(scope, receive, send)


def _swagger(document: str) -> str:
    """Swagger UI with its script and style inside: nothing is loaded from elsewhere."""
    assets = Path(swagger_ui.__file__).parent
    return swagger_ui.generate_swagger_html(
        spec=document,
        swagger_js=(assets / "swagger-ui-bundle.min.js").read_text(),
        swagger_css=(assets / "swagger-ui.min.css").read_text(),
        swagger_base_url="",
        oauth2_config=None,
        persist_authorization=True,
    )
