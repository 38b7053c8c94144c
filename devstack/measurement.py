"""Time and memory of the built functions: predict cold and warm, and sign-in beside its hash."""

import base64
import json
import mimetypes
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from devstack.artifacts import Artifacts, report
from devstack.function_pool import ROOT
from devstack.line_process import LineProcess, Took
from devstack.runtime import Runtime, python, search_path
from devstack.servers import EMULATOR_ENVIRONMENT, MEMORY, start_database, start_emulator
from heartsense.service.accounts import AccountRepository, KeyRing
from heartsense.service.accounts.email_tokens import EmailToken
from heartsense.service.accounts.passwords import hash_password, verify_password
from heartsense.service.email.address import read_address

_PREDICT, _AUTH = "PredictFunction", "AuthFunction"
# POST /predict stores nothing: it needs neither database nor bucket.
_ENVIRONMENT = {**EMULATOR_ENVIRONMENT, "POWERTOOLS_TRACE_DISABLED": "true"}
_EMAIL, _PASSWORD = "ada@example.org", "four words that do not belong"
# The same reading without a function around it: once for each line of standard input.
_READ = """
import sys
from pathlib import Path
from heartsense.pipeline import read
data = Path(sys.argv[1]).read_bytes()
for _ in sys.stdin:
    read(data)
    print(flush=True)
"""


@dataclass(frozen=True)
class Timings:
    """Wall-clock and CPU time of some invocations, in seconds."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, took: Took) -> None:
        """Add one invocation."""
        self.wall.append(took.clock)
        self.cpu.append(took.processor)

    def line(self, name: str) -> str:
        """A row of the table: p50 and p95 of both."""
        return f"{name:<28}{_percentiles(self.wall)}  {_percentiles(self.cpu)}"


def measure(picture: Path, calls: int, starts: int) -> str:
    """A table of cold starts, warm calls, sign-ins, memory and artifact sizes."""
    artifacts, event = Artifacts(), _image_event(picture)
    cold, warm, alone, peaks = Timings(), Timings(), Timings(), []
    with _one_cpu(), tempfile.TemporaryDirectory() as folder:
        for _ in range(starts):
            with (
                Runtime(artifacts, _PREDICT, _ENVIRONMENT, Path(folder) / "log") as runtime,
                _reader(artifacts, picture) as reader,
            ):
                _call(runtime, event, cold, spent=0)
                reader.first_answer()  # loads the model
                for _ in range(-(-calls // starts)):  # in turn: the machine may be busy
                    _call(runtime, event, warm, spent=runtime.cpu_seconds())
                    alone.add(reader.answer())
                peaks.append(runtime.peak_bytes())
        sign_ins, hashes = _sign_ins(artifacts, Path(folder), calls)
    return "\n".join(
        [
            f"{picture.name}, one CPU".ljust(28) + "  wall clock, s         CPU time, s",
            "                               p50     p95          p50     p95",
            cold.line(f"cold start, {starts} calls"),
            warm.line(f"{len(warm.wall)} warm calls"),
            alone.line("heartsense.read alone"),
            sign_ins.line(f"{len(sign_ins.wall)} warm sign-ins"),
            hashes.line("bcrypt alone"),
            f"peak memory {max(peaks) / 1e6:.0f} MB",
            report(artifacts),
        ]
    )


def _call(runtime: Runtime, event: Mapping[str, Any], timings: Timings, spent: float) -> None:
    started = time.perf_counter()
    response = runtime.invoke(event)
    timings.wall.append(time.perf_counter() - started)
    timings.cpu.append(runtime.cpu_seconds() - spent)
    assert response["statusCode"] in (200, 422), response  # 422: no ECG was found


def _reader(artifacts: Artifacts, picture: Path) -> LineProcess:
    """Reads the picture by the layers of the predict function, without the function."""
    models = (layer / "model" for layer in artifacts.layers(_PREDICT))
    model = next(folder for folder in models if folder.is_dir())
    return LineProcess(
        [str(python()), "-S", "-c", _READ, str(picture)],
        {"PYTHONPATH": search_path(artifacts, _PREDICT), "HEARTSENSE_MODEL": str(model)},
    )


def _sign_ins(artifacts: Artifacts, folder: Path, calls: int) -> tuple[Timings, Timings]:
    """Sign-ins of one account, after the first, and in turn with each the check of its hash."""
    signed_in, hashed = Timings(), Timings()
    password_hash = hash_password(_PASSWORD)
    event = _sign_in_event()
    with ExitStack() as stack:
        database, uri = start_database(MEMORY, folder)
        stack.callback(database.stop)
        emulator, endpoint = start_emulator(MEMORY, folder)
        stack.callback(emulator.stop)
        _create_account(uri, password_hash)
        runtime = stack.enter_context(
            Runtime(artifacts, _AUTH, _sign_in_environment(uri, endpoint), folder / "log")
        )
        _call(runtime, event, Timings(), spent=0)
        for _ in range(calls):
            _call(runtime, event, signed_in, spent=runtime.cpu_seconds())
            wall, cpu = time.perf_counter(), time.process_time()
            assert verify_password(_PASSWORD, password_hash)
            hashed.wall.append(time.perf_counter() - wall)
            hashed.cpu.append(time.process_time() - cpu)
    return signed_in, hashed


def _create_account(uri: str, password_hash: bytes) -> None:
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        now = datetime.now(UTC)
        repository = AccountRepository(client["heartsense"])
        token = EmailToken("", now + timedelta(days=1))
        repository.create(read_address(_EMAIL), "Ada", password_hash, token, now)


def _sign_in_environment(uri: str, endpoint: str) -> dict[str, str]:
    ring = KeyRing.generate()
    return {
        **_ENVIRONMENT,
        "AWS_ENDPOINT_URL": endpoint,
        "MONGODB_URI": uri,
        "TOKEN_KEYS": ring.to_json(),
        "TOKEN_JWKS": ring.public().to_jwks(),
        "LIMITER_KEY": "for measuring",
        "MAIL_FROM": "heartsense@example.org",
        "OPERATOR_ADDRESS": "operator@example.org",
        "PUBLIC_URL": "https://example.org",
        "PICTURES_BUCKET": "pictures",
    }


def _percentiles(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"{statistics.median(ordered):8.2f}{ordered[int(0.95 * (len(ordered) - 1))]:8.2f}"


def _image_event(picture: Path) -> dict[str, Any]:
    kind = mimetypes.guess_type(picture.name)[0] or "application/octet-stream"
    return _event("/predict", kind, base64.b64encode(picture.read_bytes()).decode(), binary=True)


def _sign_in_event() -> dict[str, Any]:
    body = {"email": _EMAIL, "password": _PASSWORD, "transport": "body"}
    return _event("/login", "application/json", json.dumps(body), binary=False)


def _event(path: str, kind: str, body: str, *, binary: bool) -> dict[str, Any]:
    """An event of API Gateway, after the example in events/."""
    event: dict[str, Any] = json.loads((ROOT / "events" / "predict.json").read_text())
    event |= {"path": path, "resource": path, "body": body, "isBase64Encoded": binary}
    event["requestContext"] |= {"path": path, "resourcePath": path}
    event["headers"]["Content-Type"] = kind
    event["multiValueHeaders"]["Content-Type"] = [kind]
    return event


@contextmanager
def _one_cpu() -> Iterator[None]:
    """Restrict child processes to one CPU, as of a function with 1769 MB (Linux)."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
