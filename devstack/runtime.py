"""Built functions under Lambda's runtime interface emulator, with their artifacts alone."""

import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx

from devstack.artifacts import Artifacts
from devstack.function_pool import ROOT, FunctionError
from devstack.process_usage import children, cpu_seconds, peak_bytes
from devstack.processes import HOST, DevStackError, Server, free_port
from devstack.servers import is_listening

_TOOLS = ROOT / ".tools"
_MACHINES = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
_INVOKE = "/2015-03-31/functions/function/invocations"


class Runtime:
    """One execution environment of a built function; it handles one event at a time.

    As in AWS's image, Python 3.13 without site packages runs the runtime interface client.

    Parameters
    ----------
    artifacts
        The build.
    function
        The function's logical id.
    environment
        Variables added to those that the template gives the function.
    log
        File for the function's output.
    """

    def __init__(
        self, artifacts: Artifacts, function: str, environment: Mapping[str, str], log: Path
    ) -> None:
        self._function = artifacts.functions[function]
        port, runtime_port = free_port(), free_port()
        self._url = f"http://{HOST}:{port}{_INVOKE}"
        layers = artifacts.layers(function)
        models = [layer / "model" for layer in layers if (layer / "model").is_dir()]
        self._server = Server(
            f"{function} under the runtime emulator",
            [
                str(_emulator()),
                *("--log-level", "info"),
                *("--runtime-interface-emulator-address", f"{HOST}:{port}"),
                *("--runtime-api-address", f"{HOST}:{runtime_port}"),
                # -S: no site packages but those in PYTHONPATH.
                *(str(python()), "-S", "-m", "awslambdaric", self._function.handler),
            ],
            log=log,
            ready=lambda: is_listening(port),
            environment={
                **self._function.environment,
                **({"HEARTSENSE_MODEL": str(models[0])} if models else {}),
                **environment,
                "PYTHONPATH": search_path(artifacts, function),
                "PYTHONNOUSERSITE": "1",
                "AWS_LAMBDA_FUNCTION_NAME": function,
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self._function.memory),
                "AWS_LAMBDA_FUNCTION_TIMEOUT": f"{self._function.timeout:.0f}",
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def invoke(self, event: Any) -> Any:
        """What the handler returns; FunctionError when it raised, exited or timed out."""
        reply = httpx.post(
            self._url, json=event, timeout=self._function.timeout + 30, trust_env=False
        )
        try:
            result = reply.json()
        except json.JSONDecodeError:
            raise FunctionError(reply.text) from None
        if isinstance(result, dict) and "errorType" in result:
            raise FunctionError(f"{result['errorType']}: {result.get('errorMessage', '')}")
        return result

    def peak_bytes(self) -> int:
        """Peak resident memory of the function's process (Linux)."""
        return peak_bytes(self._pid())

    def cpu_seconds(self) -> float:
        """CPU time that the function's process and those that it started have used (Linux)."""
        return cpu_seconds(self._pid())

    def stop(self) -> None:
        """Stop the emulator and the function."""
        self._server.stop()

    def _pid(self) -> int:
        """The function's process, after the first invocation: the emulator's only child."""
        return children(self._server.pid)[0]


def search_path(artifacts: Artifacts, function: str) -> str:
    """PYTHONPATH of a built function: its own files, its layers, and what Lambda brings."""
    layers = [layer / "python" for layer in artifacts.layers(function)]
    return ":".join(map(str, [artifacts.function(function), *layers, _packages()]))


def _emulator() -> Path:
    machine = _MACHINES[platform.machine()]
    pattern = f"sam/lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}"
    return _one(_TOOLS.glob(pattern), "The AWS SAM command line")


def python() -> Path:
    """Lambda's Python; without site packages (-S) it has nothing but what `search_path` names."""
    return _one([_TOOLS / "runtime" / "bin" / "python"], "Lambda's Python")


def _packages() -> Path:
    return _one((_TOOLS / "runtime" / "lib").glob("python3.13/site-packages"), "Lambda's packages")


def _one(paths: Any, what: str) -> Path:
    found = next((path for path in paths if path.exists()), None)
    if found is None:
        raise DevStackError(f"{what} is not in {_TOOLS}: run make build.")
    return Path(found)
