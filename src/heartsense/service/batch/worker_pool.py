"""Processes that classify pictures, one each at a time; one that dies costs its picture only."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Final, Self

from heartsense.errors import WorkerDiedError
from heartsense.service.batch.records import Line, document_lines, refusal

# A process a core: threads of theirs would only take turns.
_ONE_THREAD: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)
# Spawned, not forked: a fork would inherit the others' pipes and keep them open.
_PROCESSES: Final = multiprocessing.get_context("spawn")

Done = tuple[str, list[Line]]
"""What a picture was given as, and its lines."""


class _State(Enum):
    STARTING = auto()
    FREE = auto()
    BUSY = auto()


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    state: _State = _State.STARTING
    picture: str = ""


class WorkerPool:
    """Up to `count` processes, started when the first picture is given.

    They end with this process, however it ends: a closed pipe ends them.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()

    def until_free(self) -> Iterator[Done]:
        """What gets done until a process can take a picture."""
        while not any(worker.state is _State.FREE for worker in self._workers):
            while len(self._workers) < self._count:
                self._workers.append(_started())
            yield from self._heard()

    def until_done(self) -> Iterator[Done]:
        """What gets done until nothing is being worked on."""
        while any(worker.state is _State.BUSY for worker in self._workers):
            yield from self._heard()

    def give(self, picture: str, data: bytes) -> None:
        """Have a picture classified; some process must be free."""
        worker = next(worker for worker in self._workers if worker.state is _State.FREE)
        worker.state, worker.picture = _State.BUSY, picture
        # One that has died meanwhile is met when it is listened to.
        with suppress(BrokenPipeError, ConnectionResetError):
            worker.pipe.send_bytes(data)

    def _heard(self) -> Iterator[Done]:
        """Listen until some process says something, or dies."""
        pipes = {worker.pipe: worker for worker in self._workers}
        for pipe in wait(list(pipes)):
            assert isinstance(pipe, Connection)
            worker = pipes[pipe]
            try:
                said: list[Line] = pipe.recv()
            except (EOFError, ConnectionResetError):
                yield from self._buried(worker)
            else:
                if worker.state is _State.BUSY:
                    yield worker.picture, said
                worker.state = _State.FREE

    def _buried(self, worker: _Worker) -> Iterator[Done]:
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)
        how = f"exit {worker.process.exitcode}"
        if worker.state is _State.STARTING:  # the next would do the same
            raise WorkerDiedError(f"A process ended ({how}) before it could read any picture.")
        if worker.state is _State.BUSY:
            error = WorkerDiedError(f"The process that read this picture ended ({how}).")
            yield worker.picture, [refusal(error)]


def _started() -> _Worker:
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=_work, args=(theirs,), daemon=True)
    process.start()
    theirs.close()  # else we would never hear of its end
    return _Worker(process, ours)


def _work(pipe: Connection) -> None:
    """Answer every picture with its lines, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process decides
    os.environ.update(_ONE_THREAD)
    from heartsense.classifier import released

    released()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        pipe.send([])
        while True:
            pipe.send(document_lines(pipe.recv_bytes()))
