"""Servers as child processes: start, wait until ready, stop."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05


class DevStackError(Exception):
    """A command of the development stack cannot go on; printed without a traceback."""


class Server:
    """A server in a child process.

    It runs in its own session, so that Ctrl-C in the terminal does not end it before its users.

    Parameters
    ----------
    name
        Its name in messages.
    command
        The program and its arguments.
    log
        Where its output goes.
    ready
        Tells whether it accepts requests; polled until it does.
    environment
        Variables added to those of this process.

    Raises
    ------
    DevStackError
        The server exits, or is not ready within `START_SECONDS`; with the end of its log.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*die_with_parent(), *command],
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until(ready)
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended(self) -> bool:
        """Whether the process has exited."""
        return self._process.poll() is not None

    def failure(self) -> DevStackError:
        """The error for a server that exited by itself."""
        return DevStackError(
            f"{self.name} exited with status {self._process.returncode}. "
            f"The end of {self._log}:\n{tail(self._log)}"
        )

    def kill(self) -> None:
        """End it as a power cut would (kill -9)."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Ask it to end, insist after `STOP_SECONDS`, and take what it started along."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _wait_until(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self.ended():
                raise self.failure()
            if time.monotonic() > deadline:
                raise DevStackError(
                    f"{self.name} was not ready within {START_SECONDS:.0f} s. "
                    f"The end of {self._log}:\n{tail(self._log)}"
                )
            time.sleep(_POLL_SECONDS)


def free_port() -> int:
    """A TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def check_port_free(port: int, purpose: str) -> None:
    """Raise DevStackError when `port` is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DevStackError(
                f"Port {port} is in use ({error.strerror}); {purpose} needs it. "
                "Stop the process that uses it or choose another port."
            ) from None


def die_with_parent() -> Sequence[str]:
    """The start of a command line that ends with this process, even when it is killed (Linux)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
