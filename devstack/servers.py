"""The database and the cloud emulator, each as a process of its own."""

import socket
import sys
from pathlib import Path
from typing import Final

import httpx

from devstack.processes import HOST, Server, free_port

MEMORY = ":memory:"
REGION: Final = "eu-central-1"
# The emulator takes any credentials; SDKs refuse to start without some.
EMULATOR_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_PROGRAMS = Path(sys.executable).parent  # not resolved: the environment's own, not Python's


def start_database(
    storage: Path | str, folder: Path, port: int | None = None, host: str = HOST
) -> tuple[Server, str]:
    """Start SecantusDB on `storage`, a folder or `MEMORY`; the server and its URI.

    Every commit is flushed to the disk: what was acknowledged outlives kill -9.
    """
    port = port or free_port()
    scratch = folder / "database-scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    durable = [] if storage == MEMORY else ["--sync-on-commit"]
    server = Server(
        "The database (SecantusDB)",
        [
            str(_PROGRAMS / "secantusd-py"),
            *("--host", host, "--port", str(port), "--storage-path", str(storage)),
            *("--cache-size", "256M", "--log-level", "WARNING", *durable),
        ],
        log=folder / "database.log",
        ready=lambda: listens(port, host),
        environment={"TMPDIR": str(scratch)},
    )
    return server, f"mongodb://{host}:{port}/"


def start_emulator(
    storage: Path | str,
    folder: Path,
    *,
    port: int | None = None,
    smtp_port: int | None = None,
    host: str = HOST,
    programs: Path = _PROGRAMS,
) -> tuple[Server, str]:
    """Start ministack on `storage`, a folder or `MEMORY`; the server and its URL.

    In a folder, objects are kept at once and queues when the server is stopped. Mails that SES
    takes go on to `smtp_port`. Functions run in the Python of `programs`.
    """
    port = port or free_port()
    url = f"http://{host}:{port}"
    scratch = folder / "emulator-scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    server = Server(
        "The cloud emulator (ministack)",
        [str(programs / "ministack")],
        log=folder / "emulator.log",
        ready=lambda: _healthy(f"{url}/_ministack/ready"),
        environment={
            "BIND_HOST": host,
            "MINISTACK_HOST": host,
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",  # would listen on every interface
            "TMPDIR": str(scratch),
            "MINISTACK_REGION": REGION,
            **EMULATOR_ENVIRONMENT,
            **({} if storage == MEMORY else _kept_in(Path(storage))),
            **({"SMTP_HOST": f"{HOST}:{smtp_port}"} if smtp_port else {}),
        },
    )
    return server, url


def _kept_in(storage: Path) -> dict[str, str]:
    return {
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(storage / "s3"),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(storage / "state"),
    }


def listens(port: int, host: str = HOST) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def _healthy(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
