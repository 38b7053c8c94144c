"""The OpenAPI document of the API, generated from the code of all functions."""

import importlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, SecurityScheme

from devstack.processes import DevStackError
from devstack.template import Template

TITLE = "HeartSense"
SECURITY_SCHEMES: dict[str, SecurityScheme] = {"bearer": HTTPBearer(bearerFormat="JWT")}
DESCRIPTION = (
    "Reads an ECG from its picture: findings, how sure they are, and why. "
    "HeartSense is not a medical device."
)

Document = dict[str, Any]


def document(template: Template) -> Document:
    """Merge the documents of the template's functions.

    Raises
    ------
    DevStackError
        Two functions define one name differently, or the routes of the template and of the
        functions' code differ.
    """
    merged: Document = {}
    for function in template.functions.values():
        module = importlib.import_module(function.handler.rpartition(".")[0])
        if api := getattr(module, "api", None):
            schema = api.get_openapi_json_schema(
                title=TITLE,
                version=version("heartsense"),
                description=DESCRIPTION,
                security_schemes=SECURITY_SCHEMES,
            )
            _merge(merged, _complete_operations(json.loads(schema)), "")
    if merged:
        _compare_routes(merged, template)
    merged["servers"] = [{"url": "/"}]
    return merged


def write(document: Document, path: Path) -> None:
    """Write the document to its committed file."""
    path.write_text(_text(document))


def check(document: Document, path: Path) -> None:
    """Raise DevStackError unless the committed file equals the document."""
    if not path.is_file() or path.read_text() != _text(document):
        raise DevStackError(f"{path} is stale. Run `make openapi` and commit it.")


def _text(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _complete_operations(schema: Document) -> Document:
    """Add what powertools cannot express: request bodies other than JSON, empty responses."""
    for item in schema["paths"].values():
        for operation in item.values():
            if body := operation.pop("x-request-body", None):
                operation["requestBody"] = body
            operation["responses"].get("204", {}).pop("content", None)
    return schema


def _merge(into: Document, more: Document, place: str) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value, f"{place}/{key}")
        elif into.setdefault(key, value) != value:
            raise DevStackError(f"Two functions define {place}/{key} differently in OpenAPI.")


def _compare_routes(merged: Document, template: Template) -> None:
    coded = {(m.upper(), path) for path, item in merged["paths"].items() for m in item}
    declared = {(route.method, route.resource) for route in template.routes}
    if only := sorted(coded ^ declared):
        listed = ", ".join(f"{method} {path}" for method, path in only)
        raise DevStackError(f"These routes are only in the code or only in the template: {listed}.")
