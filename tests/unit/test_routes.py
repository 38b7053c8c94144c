"""The routes in the functions' code, in docs/openapi.json and in template.yaml are the same."""

import importlib
import json
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from devstack.openapi import SECURITY_SCHEMES
from devstack.template import Template
from heartsense.service.http.resolver import SECURITY_HEADERS, build_api
from tests.support.paths import ROOT

TEMPLATE = Template(ROOT / "template.yaml", {"WebOrigin": "http://web.test"})
DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text())


def resolver(function: str) -> APIGatewayRestResolver:
    """The resolver that handles the requests of one of the template's functions."""
    module = importlib.import_module(TEMPLATE.functions[function].handler.rpartition(".")[0])
    api = module.api
    assert isinstance(api, APIGatewayRestResolver)
    return api


def routes(paths: Any) -> set[tuple[str, str]]:
    """(method, path) of an OpenAPI document's paths."""
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def coded(function: str) -> set[tuple[str, str]]:
    """(method, path) of the routes that a function's code handles."""
    schema = resolver(function).get_openapi_json_schema(security_schemes=SECURITY_SCHEMES)
    return routes(json.loads(schema)["paths"])


@pytest.fixture(scope="module")
def functions() -> list[str]:
    """The functions that have routes."""
    functions = sorted({route.function for route in TEMPLATE.routes})
    assert functions == [
        "AuthFunction",
        "PredictFunction",
        "PredictionsFunction",
        "ReportFunction",
    ]
    return functions


def test_each_functions_routes_in_the_template_are_those_in_its_code(functions: list[str]) -> None:
    for function in functions:
        offered = {(r.method, r.resource) for r in TEMPLATE.routes if r.function == function}
        assert offered == coded(function), function


def test_the_committed_document_has_the_routes_of_all_functions(functions: list[str]) -> None:
    assert routes(DOCUMENT["paths"]) == set().union(*map(coded, functions))
    assert len(routes(DOCUMENT["paths"])) == len(TEMPLATE.routes)


def test_every_route_is_summarized_and_described() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)


def test_the_gateways_cors_headers_are_those_of_the_functions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WEB_ORIGIN", "http://web.test")
    event = {
        "httpMethod": "GET",
        "path": "/nowhere",
        "headers": {"Origin": "http://web.test"},
        "requestContext": {"requestId": "d0a7a7a0-0000-4000-8000-000000000000"},
    }
    sent = build_api().resolve(event, LambdaContext())["multiValueHeaders"]
    gateway = TEMPLATE.api["Cors"]
    assert sent["Access-Control-Allow-Origin"] == [gateway["AllowOrigin"].strip("'")]
    assert sent["Access-Control-Allow-Credentials"] == [str(gateway["AllowCredentials"]).lower()]
    methods = {route.method for route in TEMPLATE.routes} | {"OPTIONS"}
    assert set(gateway["AllowMethods"].strip("'").split(",")) == methods
    for kind, response in TEMPLATE.api["GatewayResponses"].items():
        headers = response["ResponseParameters"]["Headers"]
        names = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials")
        for name in (*names, *SECURITY_HEADERS):
            assert [headers[name].strip("'")] == sent[name], kind
