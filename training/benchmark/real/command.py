"""The ``benchmark-digitizer`` step with ``--real``."""

import json
from pathlib import Path

import typer
from joblib import Parallel, delayed
from rich.console import Console
from rich.progress import track

from training.benchmark.real.pictures import read_pictures
from training.benchmark.real.scoring import score_picture
from training.benchmark.real.sheet import write_sheet
from training.benchmark.real.summary import summarize_real
from training.benchmark.real.terminal import print_summary


def benchmark_real(
    folder: Path,
    seed: int,
    jobs: int,
    out: Path | None,
    as_json: bool,
    *,
    without_laws: bool = False,
) -> None:
    """Read the pictures of a folder with ``truth.csv``, and compare them with their records.

    Parameters
    ----------
    folder : Path
    seed : int
        Of the bootstrap.
    jobs : int
        Processes; -1 for one a core.
    out : Path or None
        Folder for a sheet of overlays.
    as_json : bool
        One JSON object on standard output instead of a table.
    without_laws : bool
        Choose no layout by the laws that the report then checks.
    """
    pictures = read_pictures(folder)
    work = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(score_picture)(picture, overlay=out is not None, without_laws=without_laws)
        for picture in pictures
    )
    console = Console(stderr=True)
    scores = list(track(work, "Reading pictures", total=len(pictures), console=console))
    summary = summarize_real(scores, seed)
    if out is not None:
        sheet = write_sheet(out, f"Real pictures: {folder.name}", summary, scores)
        console.print(f"Overlays: {sheet}", highlight=False)
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        print_summary(summary)
