"""The ``fit-centreline-network`` step: train the centreline network on drawn pages."""

from pathlib import Path
from typing import Annotated, Final, NamedTuple

import numpy as np
import typer
from joblib import Parallel, delayed
from rich.progress import track

from training import DATA_DIR, MODEL_DIR
from training.centreline.export import write_network
from training.centreline.fit import decibels, fit_network
from training.centreline.true_curves import TrueCurve, drawn_curves
from training.records import records_of_no_figure
from training.render.spec import PageKind
from training.sources import Record

KINDS: Final[tuple[PageKind, ...]] = ("clean", "scan", "photo")

HELD_OUT: Final = 8
"""Every eighth patient is held out: their pages tell what the network gains."""


class _Page(NamedTuple):
    record: Record
    kind: PageKind
    number: int


def fit_centreline_network(
    out: Annotated[Path, typer.Option(help="Model folder.")] = MODEL_DIR,
    data: Annotated[Path, typer.Option(help="The data folder: records to draw.")] = DATA_DIR,
    pages: Annotated[int, typer.Option(help="Pages of each kind that are drawn.")] = 400,
    epochs: Annotated[int, typer.Option(help="Passes over the curves.")] = 12,
    seed: Annotated[int, typer.Option()] = 0,
    jobs: Annotated[int, typer.Option(help="Processes; -1 for one a core.")] = 1,
) -> None:
    """Train the centreline network on drawn pages of which the curves are known."""
    records = records_of_no_figure(data)
    if not records:
        raise typer.BadParameter(f"{data} has no records of ptbxl-more")
    held_out = set(sorted({record.patient for record in records})[::HELD_OUT])
    drawn = [
        _Page(records[i % len(records)], kind, seed + i) for i in range(pages) for kind in KINDS
    ]
    read = list(zip(drawn, _curves_of(drawn, jobs), strict=True))
    learned = [(page, curves) for page, curves in read if page.record.patient not in held_out]
    network = fit_network([curve for _, curves in learned for curve in curves], epochs, seed)
    for kind in KINDS:
        others = [
            curve
            for page, curves in read
            if page.record.patient in held_out and page.kind == kind
            for curve in curves
        ]
        before, after = (np.median(decibels(others, used)) for used in (None, network))
        typer.echo(f"{kind}: {len(others)} curves, median {before:.2f} dB, then {after:.2f}")
    counts = {
        "records": len({page.record.id for page, _ in learned}),
        "curves": sum(len(curves) for _, curves in learned),
    }
    size = write_network(network, out, counts)
    typer.echo(f"{size} bytes in {out}")


def _curves_of(drawn: list[_Page], jobs: int) -> list[list[TrueCurve]]:
    work = (delayed(drawn_curves)(*page) for page in drawn)
    done = Parallel(n_jobs=jobs, return_as="generator")(work)
    return list(track(done, "Drawing and reading pages", len(drawn)))
