"""`python -m devstack serve` as a user runs it, with a small application of the tests' own."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from pymongo import MongoClient

from devstack.processes import free_port
from tests.support.devstack_process import (
    DevStackProcess,
    clean_environment,
    eventually,
    still_running,
)
from tests.support.paths import ROOT, STUB_TEMPLATE


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("delivered") / "keys"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, delivered: Path) -> Iterator[DevStackProcess]:
    running = DevStackProcess(tmp_path_factory.mktemp("serve"), DELIVERED=str(delivered))
    yield running
    assert running.stop(signal.SIGTERM) == 0, running.output


def test_it_says_where_things_are(serving: DevStackProcess) -> None:
    assert serving.endpoints["HeartSense"] == serving.url
    assert httpx.get(f"{serving.url}/things/1", trust_env=False).status_code == 200
    assert httpx.get(serving.endpoints["API"], trust_env=False).status_code == 200
    with MongoClient[dict[str, Any]](serving.endpoints["MongoDB"]) as client:
        assert client.admin.command("ping")["ok"] == 1


def test_functions_get_the_parts_of_this_machine(serving: DevStackProcess) -> None:
    environment = httpx.get(f"{serving.url}/things/1", trust_env=False).json()["environment"]
    assert environment["MONGODB_URI"] == serving.endpoints["MongoDB"]
    assert environment["AWS_ENDPOINT_URL"] == serving.endpoints["AWS"]
    assert environment["WEB_ORIGIN"] == serving.url


def test_the_key_ring_is_readable_by_its_owner_only(serving: DevStackProcess) -> None:
    keys = serving.data / "token-keys.json"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600


def test_an_upload_reaches_the_function_through_the_queue(
    serving: DevStackProcess, delivered: Path
) -> None:
    s3 = serving.client("s3")
    for number in range(5):
        s3.put_object(Bucket="heartsense-local-uploads", Key=f"uploads/{number}", Body=b"x")
    s3.put_object(Bucket="heartsense-local-uploads", Key="elsewhere/1", Body=b"x")
    wanted = {f"uploads/{number}" for number in range(5)}
    assert eventually(lambda: wanted <= set(lines(delivered)))
    assert "elsewhere/1" not in lines(delivered)


def test_only_the_failed_message_of_a_batch_is_retried_and_ends_in_the_dead_letter_queue(
    serving: DevStackProcess, delivered: Path
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


def test_an_email_with_an_attachment_is_saved_to_the_folder(serving: DevStackProcess) -> None:
    mail = MimeMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@heartsense.test", "b@heartsense.test", "Grüße"
    mail.set_content("Text")
    mail.add_attachment(bytes(range(256)), "application", "pdf", filename="report.pdf")
    ses = serving.client("ses")
    ses.verify_email_identity(EmailAddress="a@heartsense.test")
    ses.send_raw_email(RawMessage={"Data": mail.as_bytes()})
    folder = Path(serving.endpoints["Mails"])
    assert eventually(lambda: any(folder.glob("*.eml")))
    kept = next(folder.glob("*.eml")).read_bytes()
    read = message_from_bytes(kept, policy=policy.default)
    assert read["Subject"] == "Grüße"
    (attachment,) = read.iter_attachments()
    assert attachment.get_content() == bytes(range(256))


def test_an_email_that_cannot_be_saved_is_refused_and_not_lost(serving: DevStackProcess) -> None:
    ses, mails = serving.client("ses"), Path(serving.endpoints["Mails"])
    ses.verify_email_identity(EmailAddress="a@example.org")
    mail = {"Data": b"Subject: x\r\n\r\nx"}
    away = mails.rename(mails.with_name("full"))
    try:
        with pytest.raises(ClientError, match="Throttling"):
            ses.send_raw_email(
                Source="a@example.org", Destinations=["b@example.org"], RawMessage=mail
            )
    finally:
        away.rename(mails)
    before = len([*mails.glob("*.eml")])
    ses.send_raw_email(Source="a@example.org", Destinations=["b@example.org"], RawMessage=mail)
    assert len([*mails.glob("*.eml")]) == before + 1


def test_data_outlives_a_restart_and_nothing_is_left_behind(tmp_path: Path) -> None:
    first = DevStackProcess(tmp_path)
    processes = first.process_tree()
    assert len(processes) >= 4  # serve, database, emulator, a function
    bucket = "heartsense-local-uploads"
    first.client("s3").put_object(Bucket=bucket, Key="kept/1", Body=b"v")
    with MongoClient[dict[str, Any]](first.endpoints["MongoDB"]) as client:
        client["heartsense"]["things"].insert_one({"_id": 1})
    keys = (tmp_path / "token-keys.json").read_text()
    assert first.stop() == 0, first.output
    assert first.output.endswith("Stopped.\n")
    assert not still_running(processes)

    second = DevStackProcess(tmp_path)
    processes = second.process_tree()
    found = second.client("s3").get_object(Bucket=bucket, Key="kept/1")["Body"].read()
    assert found == b"v"
    with MongoClient[dict[str, Any]](second.endpoints["MongoDB"]) as client:
        assert client["heartsense"]["things"].count_documents({}) == 1
    assert (tmp_path / "token-keys.json").read_text() == keys
    # Not even when it is killed.
    assert second.stop(signal.SIGKILL) == -signal.SIGKILL
    assert eventually(lambda: not still_running(processes)), still_running(processes)


def test_a_second_stack_on_the_same_folder_is_refused(serving: DevStackProcess) -> None:
    second = DevStackProcess(serving.data)
    assert second.wait() == 1
    assert "Another development stack uses" in second.output


def test_a_port_in_use_is_reported(serving: DevStackProcess, tmp_path: Path) -> None:
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
    assert outcome.stderr.startswith(f"error: Port {serving.port} is in use")


def test_a_database_that_does_not_answer_is_reported_in_a_line(tmp_path: Path) -> None:
    uri = f"mongodb://127.0.0.1:{free_port()}/"
    serving = DevStackProcess(tmp_path, MONGODB_URI=uri)
    assert serving.wait() == 1
    (line,) = serving.output.splitlines()
    assert line.startswith("error: The database that MONGODB_URI names does not answer.")


def test_a_handler_that_cannot_be_loaded_is_reported(tmp_path: Path) -> None:
    broken = tmp_path / "template.yaml"
    broken.write_text(
        STUB_TEMPLATE.read_text().replace("tests.support.stub.echo", "tests.support.stub.missing")
    )
    running = DevStackProcess(tmp_path / "data", template=broken)
    assert running.wait() == 1
    assert "EchoFunction does not start: ModuleNotFoundError" in running.output
    assert "Traceback" in running.output  # of the function's own log


def test_a_server_that_ends_ends_the_stack(tmp_path: Path) -> None:
    running = DevStackProcess(tmp_path)
    processes = running.process_tree()
    (database,) = (pid for pid in processes if b"secantusd" in command(pid))
    os.kill(database, signal.SIGKILL)
    assert running.wait() == 1
    assert "The database (SecantusDB) exited with status -9" in running.output
    assert not still_running(processes)


def command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
