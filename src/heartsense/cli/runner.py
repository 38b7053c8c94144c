"""Run a command over its inputs: refusals do not stop it, and its output is always closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from heartsense.cli.outputs import Job
from heartsense.errors import HeartSenseError

Shown = TypeVar("Shown", contravariant=True)
Answer = TypeVar("Answer")


class Output(Protocol[Shown]):
    """How a command shows what it read."""

    def show(self, file: str, result: Shown, /) -> None:
        """One file was read."""

    def refuse(self, file: str, error: HeartSenseError, /) -> None:
        """One file was refused."""

    def close(self) -> None:
        """No more comes, or the run was interrupted."""


def run(
    jobs: Sequence[Job],
    read: Callable[[Job], Answer],
    output: Output[Answer],
    *,
    show_progress: bool = True,
) -> list[Job]:
    """Read each job's input and show what came of it.

    Parameters
    ----------
    jobs : sequence of Job
    read : callable
        Reads one job's input and writes its outputs.
    output : Output
    show_progress : bool
        False where results and the progress bar would be written into each other.

    Returns
    -------
    list of Job
        Those that were not refused.
    """
    from heartsense.cli.progress import with_bar

    done: list[Job] = []
    try:
        for job in with_bar(jobs) if show_progress else jobs:
            try:
                result = read(job)
            except HeartSenseError as error:
                output.refuse(job.input.name, error)
            else:
                done.append(job)
                output.show(job.input.name, result)
    finally:
        output.close()
    return done
