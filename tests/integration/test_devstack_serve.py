"""`python -m devstack serve` as a user runs it, with a small application of the tests' own."""

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMessage
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from pymongo import MongoClient

from devstack.processes import HOST, free_port
from devstack.servers import EMULATOR_ENVIRONMENT
from tests.integration.test_devstack_servers import eventually
from tests.support.paths import ROOT

TEMPLATE = ROOT / "tests" / "stub" / "template.yaml"


class Serving:
    """A running `serve`, and what it said of itself."""

    def __init__(self, data: Path, *, template: Path = TEMPLATE, **environment: str) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "devstack", "serve", "--port", str(self.port)),
                *("--data", str(data), "--template", str(template)),
            ],
            cwd=ROOT,
            env={**clean_environment(), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if line.startswith("Ctrl-C"):
                break
        self.parts = dict(re.findall(r"^(\w+)\s{2,}(.+)$", self.said, re.MULTILINE))

    def client(self, service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.parts["AWS"],
            aws_access_key_id=EMULATOR_ENVIRONMENT["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=EMULATOR_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
            region_name=EMULATOR_ENVIRONMENT["AWS_REGION"],
        )

    def stop(self, by: int = signal.SIGINT) -> int:
        """End it as Ctrl-C in a terminal or a service manager would."""
        self.process.send_signal(by)
        return self.end()

    def end(self) -> int:
        """Wait for it to end by itself; its exit status."""
        self.said += self.process.communicate(timeout=60)[0]
        return self.process.returncode

    def family(self) -> set[int]:
        """The process and all that it started, directly or not."""
        return family(self.process.pid)


def clean_environment() -> dict[str, str]:
    """The environment without what would point parts of the stack elsewhere."""
    ours = ("AWS_", "MONGODB_", "TOKEN_", "PICTURES_", "UPLOADS_", "HEARTSENSE_", "DELIVERED")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def family(pid: int) -> set[int]:
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(entry.parent.name)] = int(fields[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def gone(pids: set[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("delivered") / "keys"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, delivered: Path) -> Iterator[Serving]:
    running = Serving(tmp_path_factory.mktemp("serve"), DELIVERED=str(delivered))
    yield running
    assert running.stop(signal.SIGTERM) == 0, running.said


def test_it_says_where_things_are(serving: Serving) -> None:
    assert serving.parts["HeartSense"] == serving.url
    assert httpx.get(f"{serving.url}/things/1", trust_env=False).status_code == 200
    assert httpx.get(serving.parts["API"], trust_env=False).status_code == 200
    with MongoClient[dict[str, Any]](serving.parts["MongoDB"]) as client:
        assert client.admin.command("ping")["ok"] == 1


def test_functions_get_the_parts_of_this_machine(serving: Serving) -> None:
    environment = httpx.get(f"{serving.url}/things/1", trust_env=False).json()["environment"]
    assert environment["MONGODB_URI"] == serving.parts["MongoDB"]
    assert environment["AWS_ENDPOINT_URL"] == serving.parts["AWS"]
    assert environment["WEB_ORIGIN"] == serving.url


def test_the_key_ring_is_the_owners_alone(serving: Serving) -> None:
    keys = serving.data / "token-keys.json"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600


def test_an_upload_reaches_the_function_through_the_queue(
    serving: Serving, delivered: Path
) -> None:
    s3 = serving.client("s3")
    for number in range(5):
        s3.put_object(Bucket="heartsense-local-uploads", Key=f"uploads/{number}", Body=b"x")
    s3.put_object(Bucket="heartsense-local-uploads", Key="elsewhere/1", Body=b"x")
    wanted = {f"uploads/{number}" for number in range(5)}
    assert eventually(lambda: wanted <= set(lines(delivered)))
    assert "elsewhere/1" not in lines(delivered)


def test_only_the_failed_message_of_a_batch_comes_back_and_ends_in_the_dead_letters(
    serving: Serving, delivered: Path
) -> None:
    s3, sqs = serving.client("s3"), serving.client("sqs")
    for key in ("uploads/good", "uploads/bad"):
        s3.put_object(Bucket="heartsense-local-uploads", Key=key, Body=b"x")
    url = sqs.get_queue_url(QueueName="heartsense-local-faileduploads")["QueueUrl"]
    dead: list[str] = []

    def arrived() -> bool:
        found = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
        dead.extend(message["Body"] for message in found)
        return bool(dead)

    assert eventually(arrived)
    assert "uploads/bad" in dead[0]
    assert lines(delivered).count("uploads/bad") == 2  # maxReceiveCount
    assert lines(delivered).count("uploads/good") == 1


def test_a_mail_with_an_attachment_lands_in_the_folder(serving: Serving) -> None:
    mail = MimeMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@heartsense.test", "b@heartsense.test", "Grüße"
    mail.set_content("Text")
    mail.add_attachment(bytes(range(256)), "application", "pdf", filename="report.pdf")
    ses = serving.client("ses")
    ses.verify_email_identity(EmailAddress="a@heartsense.test")
    ses.send_raw_email(RawMessage={"Data": mail.as_bytes()})
    folder = Path(serving.parts["Mails"])
    assert eventually(lambda: any(folder.glob("*.eml")))
    kept = next(folder.glob("*.eml")).read_bytes()
    read = message_from_bytes(kept, policy=policy.default)
    assert read["Subject"] == "Grüße"
    (attachment,) = read.iter_attachments()
    assert attachment.get_content() == bytes(range(256))


def test_data_outlives_a_restart_and_nothing_is_left_behind(tmp_path: Path) -> None:
    first = Serving(tmp_path)
    processes = first.family()
    assert len(processes) >= 4  # serve, database, emulator, a function
    bucket = "heartsense-local-uploads"
    first.client("s3").put_object(Bucket=bucket, Key="kept/1", Body=b"v")
    with MongoClient[dict[str, Any]](first.parts["MongoDB"]) as client:
        client["heartsense"]["things"].insert_one({"_id": 1})
    keys = (tmp_path / "token-keys.json").read_text()
    assert first.stop() == 0, first.said
    assert first.said.endswith("Stopped.\n")
    assert gone(processes)

    second = Serving(tmp_path)
    processes = second.family()
    found = second.client("s3").get_object(Bucket=bucket, Key="kept/1")["Body"].read()
    assert found == b"v"
    with MongoClient[dict[str, Any]](second.parts["MongoDB"]) as client:
        assert client["heartsense"]["things"].count_documents({}) == 1
    assert (tmp_path / "token-keys.json").read_text() == keys
    # Not even when it is killed.
    assert second.stop(signal.SIGKILL) == -signal.SIGKILL
    assert eventually(lambda: gone(processes))


def test_a_second_stack_on_the_same_folder_is_refused(serving: Serving) -> None:
    second = Serving(serving.data)
    assert second.end() == 1
    assert "Another local stack runs on" in second.said


def test_a_taken_port_is_said(serving: Serving, tmp_path: Path) -> None:
    outcome = subprocess.run(
        [
            *(sys.executable, "-m", "devstack", "serve"),
            *("--port", str(serving.port), "--data", str(tmp_path)),
        ],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 1
    assert outcome.stderr.startswith(f"error: Port {serving.port} is taken")


def test_a_handler_that_cannot_be_loaded_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "template.yaml"
    broken.write_text(
        TEMPLATE.read_text().replace("tests.support.stub.echo", "tests.support.stub.missing")
    )
    running = Serving(tmp_path / "data", template=broken)
    assert running.end() == 1
    assert "EchoFunction does not start: ModuleNotFoundError" in running.said
    assert "Traceback" in running.said  # of the function's own log


def test_a_server_that_ends_ends_the_stack(tmp_path: Path) -> None:
    running = Serving(tmp_path)
    processes = running.family()
    (database,) = (pid for pid in processes if b"secantusd" in command(pid))
    os.kill(database, signal.SIGKILL)
    assert running.end() == 1
    assert "The database (SecantusDB) ended with status -9" in running.said
    assert gone(processes)


def command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
