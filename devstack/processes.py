"""A server as a child process: started, waited for, and never left behind."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from devstack.errors import DevStackError

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05


class Server:
    """A child process in a session of its own, so that Ctrl-C reaches it through us only.

    Parameters
    ----------
    name
        What messages call it.
    command
        The program and its arguments.
    log
        Where its output goes.
    ready
        Says whether it answers; asked until it does.
    environment
        Variables on top of this process's own.

    Raises
    ------
    DevStackError
        The server ended, or did not answer within `START_SECONDS`; with the end of its log.
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
                [*dying_with_parent(), *command],
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
        """Whether the process is gone without having been stopped."""
        return self._process.poll() is not None

    def failure(self) -> DevStackError:
        """What to say of a server that ended by itself."""
        return DevStackError(
            f"{self.name} ended with status {self._process.returncode}. "
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
                    f"{self.name} did not answer within {START_SECONDS:.0f} s. "
                    f"The end of {self._log}:\n{tail(self._log)}"
                )
            time.sleep(_POLL_SECONDS)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def demand_free(port: int, purpose: str) -> None:
    """Refuse with DevStackError when somebody listens on `port` already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DevStackError(
                f"Port {port} is taken ({error.strerror}): {purpose} needs it. "
                "Stop what listens there or choose another port."
            ) from None


def dying_with_parent() -> Sequence[str]:
    """On Linux, a prefix that ends the child with us, even when we are killed."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
