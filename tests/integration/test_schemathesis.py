"""Valid and invalid requests to every route, generated from docs/openapi.json.

Each request comes from another network address, or else rate limits would refuse most of them.
Limits per e-mail address and per account stay in force and respond as documented.
"""

import os
import random
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from requests.adapters import HTTPAdapter
from schemathesis.checks import not_a_server_error
from schemathesis.core import NOT_SET
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from heartsense.service.accounts import AccountRepository
from tests.support.paths import ROOT
from tests.support.running_service import Member, Service, new_member
from tests.support.signed_in_accounts import give_second_factor

EXAMPLES = 40 if os.environ.get("CI") else 10
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
]


@schemathesis.serializer(
    "application/pdf", "image/bmp", "image/heic", "image/heif", "image/tiff", "image/webp"
)
def picture(context: schemathesis.SerializationContext, value: object) -> bytes:
    """Bytes as they are."""
    return value if isinstance(value, bytes) else str(value).encode()


class Elsewhere(HTTPAdapter):
    """Sends from a random loopback address."""

    def init_poolmanager(self, *arguments: object, **options: object) -> None:
        address = (
            f"127.{random.randrange(100, 255)}.{random.randrange(255)}.{random.randrange(1, 255)}"
        )
        super().init_poolmanager(*arguments, **options, source_address=(address, 0))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def member(service: Service) -> Member:
    """An account with every role."""
    member = new_member(service)
    for role in ("doctor", "administrator"):
        AccountRepository(service.database).grant(member.id, role)
    give_second_factor(service.database, member.id)
    return member


schema = schemathesis.openapi.from_path(ROOT / "docs" / "openapi.json")


@schema.parametrize()
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
def test_responses_match_their_description(
    case: schemathesis.Case[Any], service: Service, member: Member
) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", Elsewhere())
        secured = case.operation.definition.raw.get("security")
        headers = member.headers if secured else {}
        response = case.call(service.url, session=session, headers=headers)
        case.validate_response(response, checks=CHECKS, excluded_checks=exempt(case, response))


def exempt(case: schemathesis.Case[Any], response: schemathesis.Response) -> list[Any]:
    """Checks that do not apply to a response."""
    exempt: list[Any] = []
    if response.status_code == 204:
        exempt.append(response_schema_conformance)  # API Gateway calls an empty body JSON too
    if case.body is NOT_SET:
        exempt.append(negative_data_rejection)  # unknown query parameters are ignored
    return exempt
