"""The archive's state machine and its function, on the emulator.

The emulator runs the Distributed Map, its children, retries and catches, and the function, as a
process. It knows no ItemBatcher (so the manifest holds batches here), no ResultWriter, and no
redrive (so the run is started again here).
"""

import io
import json
import os
import time
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from pydantic import ValidationError

from functions.archive.schemas import Batch
from heartsense.images import MAX_BYTES
from heartsense.service.batch.bucket import BucketBatch
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

SAMPLES = sorted((ROOT / "samples").glob("*.*g"))[:3]
ROLE = "arn:aws:iam::000000000000:role/archive"
RUN = "2026-spring"


class Cloud:
    """The bucket, the function and the state machine."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket
        self.s3 = boto3.client("s3")
        self.states = boto3.client("stepfunctions")
        self.lambdas = boto3.client("lambda")
        name = f"archive-{os.urandom(4).hex()}"
        self.function = self.lambdas.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="functions.archive.handler.handler",
            Role=ROLE,
            Code={"ZipFile": function_zip()},
            Timeout=60,
            Environment={
                "Variables": {
                    "ARCHIVE_BUCKET": bucket,
                    "HEARTSENSE_MODEL": str(ROOT / "layers" / "inference" / "model"),
                    "POWERTOOLS_TRACE_DISABLED": "true",
                }
            },
        )["FunctionArn"]
        definition = (ROOT / "statemachines" / "archive.asl.json").read_text()
        for variable, value in {"ArchiveBucket": bucket, "ArchiveFunction": self.function}.items():
            definition = definition.replace(f"${{{variable}}}", value)
        self.machine = self.states.create_state_machine(
            name=name, definition=definition, roleArn=ROLE
        )["stateMachineArn"]

    def put(self, key: str, content: bytes) -> str:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        return key

    def run(self, items: list[Any], batch: int = 5) -> "DescribeExecutionOutputTypeDef":
        batches = [
            {"BatchInput": {"run": RUN}, "Items": items[start : start + batch]}
            for start in range(0, len(items), batch)
        ]
        manifest = self.put("manifests/list.json", json.dumps(batches).encode())
        execution = self.states.start_execution(
            stateMachineArn=self.machine, input=json.dumps({"run": RUN, "manifest": manifest})
        )["executionArn"]
        end = time.monotonic() + 240
        while time.monotonic() < end:
            done = self.states.describe_execution(executionArn=execution)
            if done["status"] != "RUNNING":
                return done
            time.sleep(0.2)
        raise TimeoutError(execution)

    def keys(self, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for entry in found.get("Contents", [])]

    def lines(self, prefix: str = f"results/runs/{RUN}/") -> list[dict[str, Any]]:
        return [
            json.loads(line)
            for key in self.keys(prefix)
            for line in self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().splitlines()
        ]

    def delete(self) -> None:
        self.states.delete_state_machine(stateMachineArn=self.machine)
        self.lambdas.delete_function(FunctionName=self.function)


def function_zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted((ROOT / "functions" / "archive").glob("*.py")):
            archive.write(path, path.relative_to(ROOT))
    return content.getvalue()


@pytest.fixture
def cloud(bucket: str) -> Iterator[Cloud]:
    cloud = Cloud(bucket)
    yield cloud
    cloud.delete()


def codes(lines: list[dict[str, Any]]) -> dict[str, str | None]:
    return {line["file"]: line.get("error", {}).get("code") for line in lines}


def twenty(cloud: Cloud) -> list[Any]:
    """Twenty items: three ECGs under twelve names, six that are refused, two that are missing."""
    ecgs = [
        cloud.put(f"pictures/{copy}/{path.name}", path.read_bytes())
        for copy in range(4)
        for path in SAMPLES
    ]
    refused = [cloud.put(f"pictures/note {n}+é.txt", b"a note %d" % n) for n in range(5)]
    refused.append(cloud.put("pictures/empty.png", b""))
    missing = ["pictures/none.png", "pictures/nor this.png"]
    return [*ecgs, *({"key": key} for key in refused), *missing]


def test_twenty_pictures_and_the_same_run_again(cloud: Cloud) -> None:
    items = twenty(cloud)
    assert len(items) == 20
    done = cloud.run(items)
    assert done["status"] == "SUCCEEDED", done
    lines = cloud.lines()
    names = [item if isinstance(item, str) else item["key"] for item in items]
    assert sorted(line["file"] for line in lines) == sorted(names)
    found = codes(lines)
    assert [found[name] for name in names] == [
        *[None] * 12,
        *["not_an_image"] * 5,
        *["empty_file"],
        *["file_not_found"] * 2,
    ]
    assert len({line["sha256"] for line in lines if "conditions" in line}) == 3
    summaries = json.loads(done["output"])
    assert sum(summary["pictures"] for summary in summaries) == 20
    assert sum(summary["refused"] for summary in summaries) == 8

    objects = cloud.keys("results/")
    again = cloud.run(items)
    assert cloud.keys("results/") == objects
    assert cloud.lines() == lines
    summaries = json.loads(again["output"])
    assert sum(summary["classified"] for summary in summaries) == 0
    assert sum(summary["known"] for summary in summaries) == 18


def test_what_ends_the_function_costs_itself_only_and_counts_as_failed(cloud: Cloud) -> None:
    good = [cloud.put(f"pictures/{n}.txt", b"%d" % n) for n in range(4)]
    done = cloud.run([good[0], {"no": "key"}, good[1], good[2], good[3]], batch=3)
    assert done["status"] == "FAILED"
    assert done["error"] == "States.ExceedToleratedFailureThreshold"
    assert codes(cloud.lines()) == dict.fromkeys(good, "not_an_image")


def test_a_crash_before_the_batch_is_stored_classifies_no_image_again(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = boto3.client("s3")
    for n in range(3):
        s3.put_object(Bucket=bucket, Key=f"{n}.txt", Body=b"%d" % n)
    archive = BucketBatch(bucket)
    read = archive._read

    def crashing(key: str) -> tuple[bytes, str]:
        if key == "2.txt":
            raise MemoryError
        return read(key)

    monkeypatch.setattr(archive, "_read", crashing)
    keys = ["0.txt", "1.txt", "2.txt"]
    with pytest.raises(MemoryError):
        archive.classify(RUN, keys)
    done = BucketBatch(bucket).classify(RUN, keys)
    assert {name: done[name] for name in ("pictures", "classified", "known", "refused")} == {
        "pictures": 3,
        "classified": 1,
        "known": 2,
        "refused": 3,
    }


def test_an_object_above_the_limit_is_refused_by_its_whole_content(bucket: str) -> None:
    s3 = boto3.client("s3")
    for n in range(2):
        s3.put_object(Bucket=bucket, Key=f"{n}", Body=bytes(MAX_BYTES + 1) + b"%d" % n)
    done = BucketBatch(bucket).classify(RUN, ["0", "1"])
    assert (done["classified"], done["refused"]) == (2, 2)


@pytest.mark.parametrize(
    "event",
    [
        {"BatchInput": {"run": "../other"}, "Items": ["a"]},
        {"BatchInput": {"run": "a/b"}, "Items": ["a"]},
        {"BatchInput": {"run": ""}, "Items": ["a"]},
        {"BatchInput": {}, "Items": ["a"]},
        {"BatchInput": {"run": "a"}, "Items": []},
        {"BatchInput": {"run": "a"}, "Items": [""]},
        {"BatchInput": {"run": "a"}, "Items": [7]},
    ],
)
def test_a_batch_that_cannot_be_meant_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Batch.model_validate(event)
