"""`python -m devstack serve` as a user runs it, and helpers for processes."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

from devstack.processes import HOST, free_port
from devstack.servers import EMULATOR_ENVIRONMENT
from tests.support.paths import ROOT, STUB_TEMPLATE


class DevStackProcess:
    """A running `serve`: its output, and the endpoints that it prints by name."""

    def __init__(
        self,
        data: Path,
        *,
        template: Path = STUB_TEMPLATE,
        firewall: bool = True,
        port: int | None = None,
        **environment: str,
    ) -> None:
        self.data = data
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "devstack", "serve", "--port", str(self.port)),
                *("--data", str(data), "--template", str(template)),
                "--firewall" if firewall else "--no-firewall",
            ],
            cwd=ROOT,
            env={**clean_environment(), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if line.startswith("Ctrl-C"):
                break
        self.endpoints = dict(re.findall(r"^(\w+)\s{2,}(.+)$", self.output, re.MULTILINE))

    def client(self, service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoints["AWS"],
            aws_access_key_id=EMULATOR_ENVIRONMENT["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=EMULATOR_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
            region_name=EMULATOR_ENVIRONMENT["AWS_REGION"],
        )

    def stop(self, by: int = signal.SIGINT) -> int:
        """Send the signal of Ctrl-C, or of a service manager, and wait; the exit status."""
        self.process.send_signal(by)
        return self.wait()

    def wait(self) -> int:
        """Wait for it to end by itself; the exit status."""
        self.output += self.process.communicate(timeout=60)[0]
        return self.process.returncode

    def process_tree(self) -> set[int]:
        """The ids of the process and of all its descendants."""
        return process_tree(self.process.pid)


def clean_environment() -> dict[str, str]:
    """The environment without variables that configure the stack."""
    prefixes = ("AWS_", "MONGODB_", "TOKEN_", "PICTURES_", "UPLOADS_", "HEARTSENSE_", "DELIVERED")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


def process_tree(pid: int) -> set[int]:
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


def still_running(pids: set[int]) -> dict[int, str]:
    """Command lines of those that have not ended. Zombies have, also before init reaps them."""
    return {pid: _command_line(pid) for pid in pids if is_running(pid)}


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except FileNotFoundError:
        return ""


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(holds: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
