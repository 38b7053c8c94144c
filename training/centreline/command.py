"""The ``fit-centreline-network`` step: train the centreline network on drawn pages."""

from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from joblib import Parallel, delayed
from rich.progress import track

from training import DATA_DIR, MODEL_DIR
from training.centreline.export import write_network
from training.centreline.fit import decibels, fit_network
from training.centreline.true_curves import drawn_curves
from training.records import without_photographed
from training.render.spec import PageKind
from training.sources import read_ptbxl_more

KINDS: Final[tuple[PageKind, ...]] = ("clean", "scan", "photo")

HELD_OUT: Final = 8
"""The pages of every so manyth patient are not learned from: they tell what the network gains."""


def fit_centreline_network(
    out: Annotated[Path, typer.Option(help="Model folder.")] = MODEL_DIR,
    data: Annotated[Path, typer.Option(help="The data folder: records to draw.")] = DATA_DIR,
    pages: Annotated[int, typer.Option(help="Pages of each kind that are drawn.")] = 200,
    epochs: Annotated[int, typer.Option(help="At most so many.")] = 16,
    seed: Annotated[int, typer.Option()] = 0,
    jobs: Annotated[int, typer.Option(help="Processes; -1 for one a core.")] = 1,
) -> None:
    """Train the centreline network on drawn pages of which the curves are known."""
    # Nothing is measured on pages of these: neither photographs nor test folds.
    records = without_photographed(read_ptbxl_more(data), data)
    held_out = set(sorted({record.patient for record in records})[::HELD_OUT])
    work = [(records[i % len(records)], kind, seed + i) for i in range(pages) for kind in KINDS]
    drawn = Parallel(n_jobs=jobs, return_as="generator")(delayed(drawn_curves)(*w) for w in work)
    read = [
        (kind, record.patient in held_out, curve)
        for (record, kind, _), curves in zip(work, track(drawn, "Drawing", len(work)), strict=True)
        for curve in curves
    ]
    learned = [curve for _, is_held_out, curve in read if not is_held_out]
    network = fit_network(learned, epochs, seed)
    for kind in KINDS:
        others = [curve for of, is_held_out, curve in read if is_held_out and of == kind]
        before, after = (np.median(decibels(others, used)) for used in (None, network))
        typer.echo(f"{kind}: {len(others)} curves, median {before:.2f} dB, then {after:.2f}")
    size = write_network(network, out, {"pages": len(work), "curves": len(learned)})
    typer.echo(f"{size} bytes in {out}")
