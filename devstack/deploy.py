"""A real `sam deploy` of the build into a new emulator."""

import asyncio
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
from pymongo import MongoClient

from devstack.artifacts import BUILT, Artifacts
from devstack.function_pool import ROOT
from devstack.mail_folder import serve_mail
from devstack.processes import DevStackError, free_port
from devstack.servers import EMULATOR_ENVIRONMENT, MEMORY, REGION, start_database, start_emulator
from heartsense.service import maintenance
from heartsense.service.accounts import KeyRing
from heartsense.service.ids import new_secret

STACK = "heartsense-emulated"
STAGE = "dev"
_TOOLS = ROOT / ".tools"


@dataclass(frozen=True)
class Deployment:
    """Endpoints, outputs and resources of a deployed stack."""

    endpoint: str
    mongodb_uri: str
    mails: Path
    outputs: dict[str, str]
    resources: dict[str, str]

    @property
    def url(self) -> str:
        """URL of the API on the emulator."""
        api = self.resources["Api"]
        return f"{self.endpoint}/restapis/{api}/{STAGE}/_user_request_"

    def client(self, service: Any) -> Any:
        return _client(service, self.endpoint)


@contextmanager
def deployment(folder: Path) -> Iterator[Deployment]:
    """Start database, emulator and mail folder, deploy, and stop all at the end.

    The emulator runs on Lambda's Python, because deployed functions run in its interpreter.

    Raises
    ------
    DevStackError
        There is no build, a server does not start, or `sam deploy` fails; with its output.
    """
    artifacts = Artifacts()
    with ExitStack() as stack:
        smtp_port = free_port()
        stack.enter_context(_mail_server(folder / "mails", smtp_port))
        database, uri = start_database(MEMORY, folder / "logs")
        stack.callback(database.stop)
        emulator, endpoint = start_emulator(
            MEMORY,
            folder / "logs",
            smtp_port=smtp_port,
            programs=_TOOLS / "emulator" / "bin",
        )
        stack.callback(emulator.stop)
        _prepare(uri, endpoint)
        sender = artifacts.functions["AuthFunction"].environment["MAIL_FROM"]
        _client("ses", endpoint).verify_email_identity(EmailAddress=sender)
        _deploy(endpoint)
        cloudformation = _client("cloudformation", endpoint)
        (described,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        listed = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
        found = Deployment(
            endpoint,
            uri,
            folder / "mails",
            {entry["OutputKey"]: entry["OutputValue"] for entry in described.get("Outputs", [])},
            {
                entry["LogicalResourceId"]: entry["PhysicalResourceId"]
                for page in listed
                for entry in page["StackResourceSummaries"]
            },
        )
        _work_around_emulator(found)
        yield found


def _prepare(uri: str, endpoint: str) -> None:
    """Create the secrets and indexes that docs/deploy.md asks for before a first deployment."""
    secrets, ring = _client("secretsmanager", endpoint), KeyRing.generate()
    for name, value in {
        "mongodb-uri": uri,
        "mongodb-uri-worker": uri,
        "token-keys": ring.to_json(),
        "token-jwks": ring.public().to_jwks(),
        "limiter-key": new_secret(),
    }.items():
        secrets.create_secret(Name=f"heartsense/{STAGE}/{name}", SecretString=value)
    with MongoClient[dict[str, Any]](uri) as client:
        maintenance.create_indexes(client["heartsense"])


def _deploy(endpoint: str) -> None:
    parameters = {
        "Stage": STAGE,
        "ModelFolder": BUILT / "InferenceLayer" / "model",
        "PredictConcurrency": 0,
        "PredictionsConcurrency": 0,
        "ReservesUploads": "no",
        "AuthConcurrency": 0,
        "ReportConcurrency": 0,
        "HostsWeb": "yes",
        "Archives": "yes",
    }
    outcome = subprocess.run(
        [
            *(str(_TOOLS / "sam" / "bin" / "sam"), "deploy", "--stack-name", STACK),
            *("--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--region", REGION),
            *("--no-confirm-changeset", "--no-progressbar", "--no-fail-on-empty-changeset"),
            *("--template-file", str(BUILT / "template.yaml"), "--parameter-overrides"),
            *(f"{name}={value}" for name, value in parameters.items()),
        ],
        env={
            **os.environ,
            **EMULATOR_ENVIRONMENT,
            "AWS_ENDPOINT_URL": endpoint,
            "SAM_CLI_TELEMETRY": "0",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if outcome.returncode != 0:
        raise DevStackError(f"sam deploy failed:\n{outcome.stdout}\n{outcome.stderr}")


def _work_around_emulator(deployed: Deployment) -> None:
    """Correct what ministack deploys differently from CloudFormation.

    It leaves ~1 in the API's binary media types, which stands for a slash, and passes numbers from
    parameters to event source mappings as strings.
    """
    api = deployed.resources["Api"]
    escaped = deployed.client("apigateway").get_rest_api(restApiId=api)["binaryMediaTypes"]
    media_types = [name.replace("~1", "/") for name in escaped]
    operation = {"op": "replace", "path": "/binaryMediaTypes", "value": media_types}
    httpx.patch(  # boto3 cannot send a list as a value
        f"{deployed.endpoint}/restapis/{api}",
        json={"patchOperations": [operation]},
        headers={"Authorization": f"AWS4-HMAC-SHA256 Credential=local/-/{REGION}/apigateway/x"},
        trust_env=False,
    ).raise_for_status()
    functions = deployed.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        most = int(mapping["ScalingConfig"]["MaximumConcurrency"])
        functions.update_event_source_mapping(
            UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": most}
        )


def _client(service: Any, endpoint: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=EMULATOR_ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=EMULATOR_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
    )


@contextmanager
def _mail_server(folder: Path, port: int) -> Iterator[None]:
    """Run the mail folder in a thread, for callers without an event loop."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(serve_mail(folder, port))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
