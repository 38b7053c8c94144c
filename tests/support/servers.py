"""Real servers for tests: one of each for every test process, on ports of their own."""

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from pymongo import MongoClient
from pymongo.database import Database

from devstack.servers import EMULATOR_ENVIRONMENT, MEMORY, REGION, start_database, start_emulator


@pytest.fixture(scope="session")
def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MongoDB server: the one MONGODB_URI names, or SecantusDB in memory."""
    if uri := os.environ.get("MONGODB_URI"):
        yield uri
        return
    server, uri = start_database(MEMORY, tmp_path_factory.mktemp("database"))
    try:
        yield uri
    finally:
        server.stop()


@pytest.fixture
def mongodb(mongodb_uri: str) -> Iterator[Database[dict[str, Any]]]:
    """An empty database that is dropped after the test."""
    with MongoClient[dict[str, Any]](mongodb_uri, tz_aware=True, w="majority") as client:
        name = f"test-{os.urandom(6).hex()}"
        yield client[name]
        client.drop_database(name)


@pytest.fixture(scope="session")
def emulator_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a ministack: S3, SQS, SES and others."""
    server, url = start_emulator(MEMORY, tmp_path_factory.mktemp("emulator"))
    try:
        yield url
    finally:
        server.stop()


@pytest.fixture
def aws(emulator_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment under which every boto3 client talks to the emulator; its address."""
    for name, value in {**EMULATOR_ENVIRONMENT, "AWS_ENDPOINT_URL": emulator_url}.items():
        monkeypatch.setenv(name, value)
    # boto3 keeps its default session, and with it credentials, for the life of the process.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return emulator_url


@pytest.fixture
def bucket(aws: str) -> str:
    """An empty bucket of the test's own."""
    return new_bucket()


def new_bucket() -> str:
    name = f"test-{os.urandom(6).hex()}"
    boto3.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return name


def new_queue() -> str:
    """The URL of an empty queue."""
    url: str = boto3.client("sqs").create_queue(QueueName=f"test-{os.urandom(6).hex()}")["QueueUrl"]
    return url
