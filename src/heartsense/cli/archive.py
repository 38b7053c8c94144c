"""``heartsense archive``: classify the files of a folder, and continue after interruptions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from heartsense.cli.commands import REFUSED
from heartsense.errors import HeartSenseError

INTERRUPTED: Final = 130
"""Exit status after Ctrl-C, as in shells."""


def archive(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="The folder with the files.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="JSONL", help="Results file; an earlier run is continued.")
    ],
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Number of worker processes.", show_default="CPU cores"
        ),
    ] = None,
) -> None:
    """Classify every file below a folder, with a line of JSON for each page.

    After an interruption, run it again to continue. The exit status is 0 when every file was read
    and 2 when any was refused.
    """
    from heartsense.cli.progress import archive_bar, print_counts
    from heartsense.cli.terminal import print_refusal
    from heartsense.service.batch import classify_folder

    try:
        with archive_bar() as report:
            progress = classify_folder(folder, out, jobs or len(os.sched_getaffinity(0)), report)
    except HeartSenseError as error:
        print_refusal(str(folder), error)
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        typer.echo(f"Stopped. Run it again to continue {out}.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    print_counts(progress)
    raise typer.Exit(REFUSED if progress.refused else 0)
