"""The services that functions use: database, buckets, queues; started here or elsewhere."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3

from devstack.processes import DevStackError, Server
from devstack.resources import create_resources, verify_senders
from devstack.servers import EMULATOR_ENVIRONMENT, start_database, start_emulator
from devstack.template import Template
from heartsense.service.predictions.storage import CLIENT_CONFIG
from heartsense.service.settings import Settings


class DevStackSettings(Settings):
    """Settings that replace a backend otherwise started here.

    Attributes
    ----------
    mongodb_uri
        A MongoDB server; SecantusDB is not started.
    aws_endpoint_url
        Another emulator; ministack is not started, buckets and queues are created there.
    pictures_bucket
        A bucket on AWS, reached with the caller's own credentials; ministack is not started and
        nothing is created.
    uploads_queue
        With `pictures_bucket`: the queue on AWS that is polled for uploads; without it none is.
    """

    mongodb_uri: str | None = None
    aws_endpoint_url: str | None = None
    pictures_bucket: str | None = None
    uploads_queue: str | None = None


@dataclass(frozen=True)
class Backends:
    """The started servers, the functions' environment for them, and boto3 clients to them."""

    servers: tuple[Server, ...]
    environment: Mapping[str, str]
    session: boto3.Session
    endpoint: str | None

    def client(self, service: Any) -> Any:
        return self.session.client(service, endpoint_url=self.endpoint)

    def origin(self, bucket: str) -> str:
        """The origin, scheme and host, of presigned URLs of the bucket."""
        s3: Any = self.session.client("s3", endpoint_url=self.endpoint, config=CLIENT_CONFIG)
        link = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "x"})
        return "{0.scheme}://{0.netloc}".format(urlsplit(link))

    def check_alive(self) -> None:
        """Raise DevStackError when one of the servers has exited."""
        for server in self.servers:
            if server.ended():
                raise server.failure()


@contextmanager
def backends(
    data: Path, template: Template, settings: DevStackSettings, smtp_port: int
) -> Iterator[Backends]:
    """Start the backends that the settings do not replace; stop them at the end."""
    with ExitStack() as stack:
        stack.enter_context(_exclusive(data))
        servers = []
        uri = settings.mongodb_uri
        if uri is None:
            database, uri = start_database(data / "database", data / "logs")
            stack.callback(database.stop)
            servers.append(database)
        session, endpoint, aws = boto3.Session(), settings.aws_endpoint_url, _caller_credentials()
        if settings.pictures_bucket is None:
            if endpoint is None:
                emulator, endpoint = start_emulator(
                    data / "emulator", data / "logs", smtp_port=smtp_port
                )
                stack.callback(emulator.stop)
                servers.append(emulator)
            session, aws = _emulator_session()
            aws["AWS_ENDPOINT_URL"] = endpoint
        found = Backends(
            tuple(servers),
            {**aws, "MONGODB_URI": uri},
            session,
            endpoint,
        )
        if settings.pictures_bucket is None:
            create_resources(template, found.client("s3"), found.client("sqs"))
            verify_senders(template, found.client("ses"))
        yield found


def _emulator_session() -> tuple[boto3.Session, dict[str, str]]:
    session = boto3.Session(
        aws_access_key_id=EMULATOR_ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=EMULATOR_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        region_name=EMULATOR_ENVIRONMENT["AWS_REGION"],
    )
    return session, dict(EMULATOR_ENVIRONMENT)


def _caller_credentials() -> dict[str, str]:
    """The AWS variables of the caller's environment."""
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


@contextmanager
def _exclusive(data: Path) -> Iterator[None]:
    """Lock the data folder: two stacks on one folder would damage it."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DevStackError(
                f"Another development stack uses {data}. Stop it, or choose another folder."
            ) from None
        yield
