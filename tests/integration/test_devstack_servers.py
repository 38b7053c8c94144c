"""Servers of the development stack: start, persistence, stop."""

import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import boto3
import pytest
from pymongo import MongoClient
from pymongo.database import Database

from devstack.processes import HOST, DevStackError, Server, check_port_free, free_port
from devstack.servers import MEMORY, start_database, start_emulator
from tests.support.devstack_process import eventually, is_running
from tests.support.paths import ROOT


def test_the_fixtures_work(mongodb: Database[dict[str, Any]], bucket: str) -> None:
    mongodb["things"].insert_one({"_id": 1})
    assert mongodb["things"].count_documents({}) == 1
    s3 = boto3.client("s3")
    s3.create_bucket(
        Bucket="pictures", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    s3.put_object(Bucket="pictures", Key="k", Body=b"v")
    assert s3.get_object(Bucket="pictures", Key="k")["Body"].read() == b"v"


def test_acknowledged_documents_outlive_a_kill(tmp_path: Path) -> None:
    server, uri = start_database(tmp_path / "db", tmp_path)
    with MongoClient[dict[str, Any]](uri, w="majority") as client:
        client["heartsense"]["things"].insert_many([{"_id": number} for number in range(50)])
    server.kill()
    server, uri = start_database(tmp_path / "db", tmp_path)
    try:
        with MongoClient[dict[str, Any]](uri) as client:
            assert client["heartsense"]["things"].count_documents({}) == 50
    finally:
        server.stop()


def test_objects_outlive_a_restart_of_the_emulator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aws: str
) -> None:
    for turn in range(2):
        server, url = start_emulator(tmp_path / "kept", tmp_path)
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        s3 = boto3.client("s3")
        try:
            if turn == 0:
                s3.create_bucket(
                    Bucket="pictures",
                    CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
                )
                s3.put_object(Bucket="pictures", Key="k", Body=b"v", ContentType="image/png")
            found = s3.get_object(Bucket="pictures", Key="k")
            assert (found["Body"].read(), found["ContentType"]) == (b"v", "image/png")
        finally:
            server.stop()


def test_every_server_listens_on_the_loopback_only(
    mongodb_uri: str, emulator_url: str, tmp_path: Path
) -> None:
    server, _ = start_emulator(MEMORY, tmp_path)
    try:
        open_files = {str(link.readlink()) for link in Path(f"/proc/{server.pid}/fd").iterdir()}
        listening = [
            fields[1]
            for table in ("tcp", "tcp6")
            for fields in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in open_files
        ]
        assert listening
        assert all(address.startswith("0100007F:") for address in listening)
    finally:
        server.stop()


def test_a_server_that_dies_says_why(tmp_path: Path) -> None:
    with pytest.raises(DevStackError, match=r"(?s)The thing exited with status 3.*no such disk"):
        Server(
            "The thing",
            [sys.executable, "-c", "import sys; print('no such disk'); sys.exit(3)"],
            log=tmp_path / "log",
            ready=lambda: False,
        )


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(DevStackError, match=f"Port {port} is in use.*the gateway"):
            check_port_free(port, "the gateway")
    check_port_free(free_port(), "the gateway")


def test_stopping_ends_child_processes(tmp_path: Path) -> None:
    child = "import os,time; print(os.getpid(), flush=True); time.sleep(600)"
    script = f"import subprocess,sys; subprocess.run([sys.executable, '-c', {child!r}])"
    log = tmp_path / "log"
    server = Server(
        "The thing",
        [sys.executable, "-c", script],
        log=log,
        ready=lambda: log.read_text().strip() != "",
    )
    pid = int(log.read_text())
    assert is_running(pid)
    server.stop()
    assert eventually(lambda: not is_running(pid))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a death")
def test_a_server_dies_with_its_parent(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import sys, time
        from pathlib import Path
        from devstack.processes import Server
        log = Path({str(tmp_path / "log")!r})
        child = "import time; print('up', flush=True); time.sleep(600)"
        server = Server("The thing", [sys.executable, "-c", child],
                        log=log, ready=lambda: log.read_text() != "")
        print(server.pid, flush=True)
        time.sleep(600)
    """)
    parent = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
    assert is_running(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert eventually(lambda: not is_running(child))
