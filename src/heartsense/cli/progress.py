"""Progress bars and the closing count of an archive, on standard error."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from heartsense.service.batch import Progress as BatchProgress
from heartsense.service.batch.run import ProgressListener

Item = TypeVar("Item")

_PATIENCE: Final = 2.0  # seconds; a shorter run needs no bar


def with_bar(items: Sequence[Item]) -> Iterator[Item]:
    """The items, with a bar once the first ones have taken a while; on a terminal only."""
    bar = _bar(transient=True)
    task = bar.add_task("", total=len(items), note="")
    started = time.monotonic()
    try:
        for done, item in enumerate(items):
            bar.update(task, completed=done)
            if bar.console.is_terminal and time.monotonic() - started > _PATIENCE:
                bar.start()
            yield item
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def archive_bar() -> Iterator[ProgressListener]:
    """A bar while the block runs; the function it gives updates it."""
    bar = _bar(transient=False)
    task = bar.add_task("", total=None, note="")

    def report(progress: BatchProgress) -> None:
        note = f"{progress.refused} refused"
        bar.update(task, total=progress.total, completed=progress.done, note=note)

    # Into a file a bar would leave nothing but its last state, which the counts tell better.
    bar.disable = not bar.console.is_terminal
    with bar:
        yield report


def print_counts(progress: BatchProgress) -> None:
    """Print what became of the files; each is counted once."""
    Console(stderr=True, soft_wrap=True).print(
        f"{progress.total} files: {progress.classified} classified, {progress.copied} with the "
        f"content of another file, {progress.known} already in the results, "
        f"{progress.refused} refused.",
        highlight=False,
    )


def _bar(*, transient: bool) -> Progress:
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=transient,
        redirect_stdout=False,
    )
