"""How far an archive is, while it runs and at its end; on the standard error."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from heartsense.service.batch import Progress as BatchProgress
from heartsense.service.batch.run import ProgressListener


@contextmanager
def progress() -> Iterator[ProgressListener]:
    """A bar for as long as the block runs; call what it gives with every new tally."""
    bar = Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    task = bar.add_task("", total=None, told="")
    started = time.monotonic()

    def report(tally: BatchProgress) -> None:
        rate = tally.classified / (time.monotonic() - started)
        told = f"{rate:.1f} pictures/s, {tally.refused} refused"
        bar.update(task, total=tally.total, completed=tally.done, told=told)

    # Into a file a bar would leave nothing but its last state, which the tally tells better.
    bar.disable = not bar.console.is_terminal
    with bar:
        yield report


def show_tally(tally: BatchProgress) -> None:
    """Print what a run did."""
    console = Console(stderr=True, soft_wrap=True)
    console.print(
        f"{tally.total} files: {tally.classified} classified, {tally.copied} with another's "
        f"content, {tally.known} known from before; {tally.refused} refused.",
        highlight=False,
    )
