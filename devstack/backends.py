"""The parts behind the functions: database, buckets, queues; started here or somewhere else."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3

from devstack.errors import DevStackError
from devstack.processes import Server
from devstack.resources import create_resources, verify_senders
from devstack.servers import EMULATOR_ENVIRONMENT, start_database, start_emulator
from devstack.settings import DevStackSettings
from devstack.template import Template
from heartsense.service.predictions.storage import CLIENT


@dataclass(frozen=True)
class Backends:
    """What runs, how functions reach it, and a maker of boto3 clients that reach it too."""

    servers: tuple[Server, ...]
    environment: Mapping[str, str]
    session: boto3.Session
    endpoint: str | None

    def client(self, service: Any) -> Any:
        return self.session.client(service, endpoint_url=self.endpoint)

    def origin(self, bucket: str) -> str:
        """The scheme and host of links to the bucket's objects."""
        s3: Any = self.session.client("s3", endpoint_url=self.endpoint, config=CLIENT)
        link = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "x"})
        return "{0.scheme}://{0.netloc}".format(urlsplit(link))

    def demand_alive(self) -> None:
        """DevStackError when one of the servers ended by itself."""
        for server in self.servers:
            if server.ended():
                raise server.failure()


@contextmanager
def backends(
    data: Path, template: Template, settings: DevStackSettings, smtp_port: int
) -> Iterator[Backends]:
    """Start what the settings do not point elsewhere; stop it at the end."""
    with ExitStack() as stack:
        stack.enter_context(_only_one(data))
        servers = []
        uri = settings.mongodb_uri
        if uri is None:
            database, uri = start_database(data / "database", data / "logs")
            stack.callback(database.stop)
            servers.append(database)
        session, endpoint, aws = boto3.Session(), settings.aws_endpoint_url, _own_credentials()
        if settings.pictures_bucket is None:
            if endpoint is None:
                emulator, endpoint = start_emulator(
                    data / "emulator", data / "logs", smtp_port=smtp_port
                )
                stack.callback(emulator.stop)
                servers.append(emulator)
            session, aws = _emulated()
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


def _emulated() -> tuple[boto3.Session, dict[str, str]]:
    session = boto3.Session(
        aws_access_key_id=EMULATOR_ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=EMULATOR_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        region_name=EMULATOR_ENVIRONMENT["AWS_REGION"],
    )
    return session, dict(EMULATOR_ENVIRONMENT)


def _own_credentials() -> dict[str, str]:
    """The caller's own way to AWS."""
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


@contextmanager
def _only_one(data: Path) -> Iterator[None]:
    """Hold the data folder: two stacks on one folder would damage it."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DevStackError(
                f"Another local stack runs on {data}. Stop it, or choose another folder."
            ) from None
        yield
