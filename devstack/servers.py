"""The database (SecantusDB) and the AWS emulator (ministack)."""

import socket
import sys
from pathlib import Path
from typing import Final

import httpx

from devstack.processes import HOST, Server, free_port

MEMORY = ":memory:"
REGION: Final = "eu-central-1"
# The emulator accepts any credentials; SDKs need some.
EMULATOR_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_PROGRAMS = Path(sys.executable).parent  # not resolved: the virtual environment's, not Python's


def start_database(
    storage: Path | str, folder: Path, port: int | None = None, host: str = HOST
) -> tuple[Server, str]:
    """Start SecantusDB on `storage`, a folder or `MEMORY`; the server and its URI.

    On a folder every commit is flushed to disk, so that acknowledged writes survive kill -9.
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
        ready=lambda: is_listening(port, host),
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

    In a folder, objects are saved at once and queues when the server stops. E-mails sent by SES
    are relayed to `smtp_port`. Deployed functions run in the Python of `programs`, where queues
    are not fair.
    """
    port = port or free_port()
    url = f"http://{host}:{port}"
    scratch = folder / "emulator-scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    server = Server(
        "The cloud emulator (ministack)",
        [sys.executable, "-m", "devstack.emulator"]
        if programs == _PROGRAMS
        else [str(programs / "ministack")],
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
            **({} if storage == MEMORY else _persistent_in(Path(storage))),
            **({"SMTP_HOST": f"{HOST}:{smtp_port}"} if smtp_port else {}),
        },
    )
    return server, url


def _persistent_in(storage: Path) -> dict[str, str]:
    return {
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(storage / "s3"),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(storage / "state"),
    }


def is_listening(port: int, host: str = HOST) -> bool:
    """Whether a server accepts connections on the port."""
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def _healthy(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
