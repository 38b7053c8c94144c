"""`sam local invoke`: the built functions in Lambda's own image, with events/ as they come.

Skipped where no Docker engine runs; .ci/run says so at its end.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from pymongo import MongoClient

from devstack.artifacts import Artifacts
from devstack.servers import EMULATOR_ENVIRONMENT, MEMORY, REGION, start_database, start_emulator
from heartsense.service.predictions import MongoPredictionRepository, Status
from tests.support.paths import ROOT

BUCKET = "heartsense-invoked-pictures"


def docker(*arguments: str) -> str:
    """What docker answers; empty where there is no engine."""
    if not shutil.which("docker"):
        return ""
    asked = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else ""


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not docker("info", "--format", "{{.ServerVersion}}"),
        reason="NO DOCKER ENGINE RUNS HERE: sam local invoke was not tried",
    ),
]


@dataclass(frozen=True)
class Behind:
    """Database and emulator, at an address that containers reach."""

    mongodb_uri: str
    endpoint: str

    def client(self, service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=EMULATOR_ENVIRONMENT["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=EMULATOR_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        )


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """Servers on this machine's side of Docker's bridge: no other machine sees it."""
    folder = tmp_path_factory.mktemp("behind")
    gateway = docker(
        "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"
    )
    assert gateway, "the Docker engine has ended"  # with no host, servers would listen everywhere
    database, uri = start_database(MEMORY, folder, host=gateway)
    emulator, endpoint = start_emulator(MEMORY, folder, host=gateway)
    found = Behind(uri, endpoint)
    found.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    for name in ("mongodb-uri", "mongodb-uri-worker"):
        found.client("secretsmanager").create_secret(
            Name=f"heartsense/dev/{name}", SecretString=uri
        )
    try:
        yield found
    finally:
        emulator.stop()
        database.stop()


def invoke(function: str, event: Path, *arguments: str) -> Any:
    """The answer of one `sam local invoke`."""
    outcome = subprocess.run(
        [
            *(str(ROOT / ".tools" / "sam" / "bin" / "sam"), "local", "invoke", function),
            *("--event", str(event), "--skip-pull-image", "--region", REGION, *arguments),
        ],
        cwd=ROOT,
        env={**os.environ, **EMULATOR_ENVIRONMENT, "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert outcome.returncode == 0, outcome.stderr
    return json.loads(outcome.stdout)


def test_an_api_event(artifacts: Artifacts) -> None:
    assert "PredictFunction" in artifacts.functions
    answer = invoke("PredictFunction", ROOT / "events" / "predict.json")
    assert answer["statusCode"] == 200, answer
    result = json.loads(answer["body"])
    assert "hypertrophy" in [*result["findings"], *result["possible"]]


def test_an_s3_event(artifacts: Artifacts, behind: Behind, tmp_path: Path) -> None:
    assert "UploadWorkerFunction" in artifacts.functions
    with MongoClient[dict[str, Any]](behind.mongodb_uri, tz_aware=True) as client:
        store = MongoPredictionRepository(client["heartsense"])
        prediction = store.create("0" * 23 + "a", 1, False, datetime.now(UTC))
        key = f"uploads/{prediction.owner}/{prediction.id}"
        picture = (ROOT / "samples" / "normal.png").read_bytes()
        behind.client("s3").put_object(Bucket=BUCKET, Key=key, Body=picture)

        event = json.loads((ROOT / "events" / "s3-put.json").read_text())
        event["Records"][0]["s3"]["bucket"]["name"] = BUCKET
        event["Records"][0]["s3"]["object"]["key"] = key
        (tmp_path / "event.json").write_text(json.dumps(event))
        variables = {"PICTURES_BUCKET": BUCKET, "AWS_ENDPOINT_URL": behind.endpoint}
        (tmp_path / "variables.json").write_text(json.dumps({"UploadWorkerFunction": variables}))

        answer = invoke(
            "UploadWorkerFunction",
            tmp_path / "event.json",
            *("--env-vars", str(tmp_path / "variables.json")),
        )
        assert answer == {"uploads": [{"key": key, "outcome": "done"}]}
        found = store.get(prediction.id)
        assert found
        assert found.status is Status.DONE
        assert found.result
        assert found.result["findings"] == ["normal"]
