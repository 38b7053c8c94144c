"""A pool of processes that classify files; a process that dies fails only its current file."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Final, Self

from heartsense.errors import WorkerDiedError
from heartsense.service.batch.records import Record, classify_document, refusal

# There is a process per core, so more threads would only compete.
_ONE_THREAD: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)
# Spawned, not forked, as a fork would inherit the pipes of the others and keep them open.
_CONTEXT: Final = multiprocessing.get_context("spawn")

Result = tuple[str, list[Record]]
"""The id under which a file was submitted, and its records."""


class _State(Enum):
    STARTING = auto()
    FREE = auto()
    BUSY = auto()


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    state: _State = _State.STARTING
    file_id: str = ""


class WorkerPool:
    """Up to `count` processes, started when the first file is submitted.

    They end with this process, however it ends, as each stops when its pipe is closed.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for worker in self._workers:
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()

    def results_until_free(self) -> Iterator[Result]:
        """Results that arrive until a process is free."""
        while not any(worker.state is _State.FREE for worker in self._workers):
            while len(self._workers) < self._count:
                self._workers.append(_start())
            yield from self._wait()

    def remaining_results(self) -> Iterator[Result]:
        """Results of all files that are being classified."""
        while any(worker.state is _State.BUSY for worker in self._workers):
            yield from self._wait()

    def submit(self, file_id: str, data: bytes) -> None:
        """Classify a file; a process must be free."""
        worker = next(worker for worker in self._workers if worker.state is _State.FREE)
        worker.state, worker.file_id = _State.BUSY, file_id
        # A process that has died in the meantime is noticed when its result is awaited.
        with suppress(BrokenPipeError, ConnectionResetError):
            worker.pipe.send_bytes(data)

    def _wait(self) -> Iterator[Result]:
        """Wait until any process sends a result or dies."""
        pipes = {worker.pipe: worker for worker in self._workers}
        for pipe in wait(list(pipes)):
            assert isinstance(pipe, Connection)
            worker = pipes[pipe]
            try:
                records: list[Record] = pipe.recv()
            except (EOFError, ConnectionResetError):
                yield from self._remove(worker)
            else:
                if worker.state is _State.BUSY:
                    yield worker.file_id, records
                worker.state = _State.FREE

    def _remove(self, worker: _Worker) -> Iterator[Result]:
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)
        how = f"exit {worker.process.exitcode}"
        if worker.state is _State.STARTING:  # the next one would fail in the same way
            raise WorkerDiedError(f"A process ended ({how}) before it could read any image.")
        if worker.state is _State.BUSY:
            error = WorkerDiedError(f"The process that read this image ended ({how}).")
            yield worker.file_id, [refusal(error)]


def _start() -> _Worker:
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()  # else its end would go unnoticed
    return _Worker(process, ours)


def _serve(pipe: Connection) -> None:
    """Classify every received file, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the parent
    os.environ.update(_ONE_THREAD)
    from heartsense.classifier import released

    released()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        pipe.send([])
        while True:
            pipe.send(classify_document(pipe.recv_bytes()))
