"""The environment that functions are deployed into, for handlers called in the tests' process."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from pymongo.database import Database

from heartsense.service import maintenance
from heartsense.service.accounts import KeyRing
from heartsense.service.database import database
from heartsense.service.email.ses_client import ses_client
from heartsense.service.exports import storage as export_storage
from heartsense.service.predictions import storage, upload_queue
from tests.support.servers import new_bucket, new_queue

RING = KeyRing.generate()
SENDER = "heartsense@example.org"


def token_environment(ring: KeyRing) -> dict[str, str]:
    """The secrets of the functions that know callers."""
    return {
        "TOKEN_KEYS": ring.to_json(),
        "TOKEN_JWKS": ring.public().to_jwks(),
        "LIMITER_KEY": "for the tests",
    }


@pytest.fixture
def deployed(
    mongodb_uri: str, mongodb: Database[Any], aws: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database[Any]]:
    """What every function finds in its environment; the database in it."""
    for name, value in {
        "MONGODB_URI": mongodb_uri,
        "MONGODB_DATABASE": mongodb.name,
        "PICTURES_BUCKET": new_bucket(),
        "UPLOAD_QUEUE_URL": new_queue(),
        "EXPORT_QUEUE_URL": new_queue(),
        **token_environment(RING),
        "MAIL_FROM": SENDER,
        "OPERATOR_ADDRESS": "operator@example.org",
        "PUBLIC_URL": "https://example.org",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_SERVICE_NAME": "tests",
    }.items():
        monkeypatch.setenv(name, value)
    maintenance.create_indexes(mongodb)
    boto3.client("ses").verify_email_identity(EmailAddress=SENDER)
    _forget_connections()
    yield mongodb
    _forget_connections()


def _forget_connections() -> None:
    """Functions keep clients for the life of their process; the next test is another one."""
    if database.cache_info().currsize:
        database().client.close()
    clients = (storage._client, export_storage._client, upload_queue._client, ses_client)
    for kept in (database, *clients):
        kept.cache_clear()
