"""The API documentation at /docs and the web page, served by the development stack only.

In production the web page comes from a bucket behind CloudFront, with the same headers.
"""

import base64
import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler.openapi import swagger_ui
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send


def security_headers(pictures: str) -> dict[str, str]:
    """The security headers of every page; `pictures` is the origin of the pictures' URLs.

    The content security policy allows only the page's own files, no markup from text (Trusted
    Types), and no form submission without script, which could put passwords into a URL.
    """
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' data: blob: {pictures}",
        "connect-src": f"'self' {pictures}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cache-Control": "no-cache",  # revalidated each time: file names carry no version
    }


class StaticPages:
    """An ASGI application for both; raises HTTPException for unknown pages.

    Parameters
    ----------
    openapi
        The document shown at /docs.
    web
        The folder of the web page; /x is its file x.html.
    pictures
        The origin of uploads and pictures.
    """

    def __init__(self, openapi: Mapping[str, Any], web: Path, pictures: str = "") -> None:
        document = json.dumps(openapi)
        self._documentation: dict[str, Response] = {
            "/openapi.json": Response(document, media_type="application/json"),
            # No text of the document may end the script that it is in.
            "/docs": _documentation(_swagger(document.replace("</", "<\\/"))),
        }
        self._web = _WebFiles(web, security_headers(pictures)) if web.is_dir() else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = self._documentation.get(scope["path"], self._web)
        if page is None:
            raise HTTPException(404)
        await page(scope, receive, send)


class _WebFiles(StaticFiles):
    """A folder's files with `headers`; 404.html for browsers that request a missing page."""

    def __init__(self, folder: Path, headers: Mapping[str, str]) -> None:
        super().__init__(directory=folder)
        self._folder = folder
        self._headers = headers

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Map paths as the CloudFront function does: / to index.html, /x to x.html."""
        if path == ".":
            path = "index.html"
        elif not Path(path).suffix:
            path += ".html"
        return super().lookup_path(path)

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            response = await super().get_response(path, scope)
        except HTTPException:
            missing = self._folder / "404.html"
            if "text/html" not in Headers(scope=scope).get("accept", "") or not missing.is_file():
                raise
            response = FileResponse(missing, 404)
        response.headers.update(self._headers)
        return response


def _documentation(page: str) -> HTMLResponse:
    """A page that may run the scripts in it and no others, and call this origin only.

    Swagger UI sets styles on its elements, so inline styles are allowed.
    """
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    ]
    policy = {
        "default-src": "'none'",
        "script-src": " ".join(hashes),
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    headers = {
        **security_headers(""),
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
    }
    return HTMLResponse(page, headers=headers)


def _swagger(document: str) -> str:
    """Swagger UI with inlined script and style: nothing is loaded from other origins."""
    assets = Path(swagger_ui.__file__).parent
    return swagger_ui.generate_swagger_html(
        spec=document,
        swagger_js=(assets / "swagger-ui-bundle.min.js").read_text(),
        swagger_css=(assets / "swagger-ui.min.css").read_text(),
        swagger_base_url="",
        oauth2_config=None,
        persist_authorization=True,
    )
