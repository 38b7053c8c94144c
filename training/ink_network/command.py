"""The ``fit-ink-network`` step: train the ink network on photographed and on drawn pages."""

import json
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import track

from heartsense.digitizer.ink.network import DESCRIPTION, NETWORK
from heartsense.files import read_model_file
from training import BUILD_DIR, DATA_DIR, MODEL_DIR
from training.ink_network.export import write_network
from training.ink_network.fit import fit_network
from training.ink_network.labelled_photos import labelled_photos
from training.ink_network.rendered_pages import rendered_pages
from training.records import records_of_no_figure

BATCH: Final = (4, 2, 2)
"""Patches of photographs, drawn photographs and drawn scans: other looks, but not as real."""


def fit_ink_network(
    real: Annotated[Path, typer.Option(help="Folder of photographs with truth.csv.")],
    out: Annotated[Path, typer.Option(help="Model folder.")] = MODEL_DIR,
    data: Annotated[Path, typer.Option(help="The data folder: records to draw.")] = DATA_DIR,
    drawn: Annotated[int, typer.Option(help="Photographs that are drawn.")] = 160,
    scans: Annotated[int, typer.Option(help="Scans that are drawn.")] = 300,
    steps: Annotated[int, typer.Option(help=f"Batches of {sum(BATCH)} patches.")] = 4000,
    seed: Annotated[int, typer.Option()] = 0,
    folds: Annotated[int, typer.Option(help="Leave out every n-th page; 0 for none.")] = 0,
    fold: Annotated[int, typer.Option(help="The first page that is left out.")] = 0,
    from_released: Annotated[bool, typer.Option(help="Go on from the released network.")] = False,
) -> None:
    """Train the ink network on rectified pages whose traces are known; needs TensorFlow."""
    if folds and from_released:
        raise typer.BadParameter("the released network knows the pages that --folds leaves out")
    pages = list(track(labelled_photos(real), "Labelling pages"))
    kept = [page for i, page in enumerate(pages) if not folds or i % folds != fold]
    if not kept:
        raise typer.BadParameter(f"no page in {real} can be read")
    records = records_of_no_figure(data)
    photos = list(track(rendered_pages(records, "photo", drawn, seed), "Drawing photos", drawn))
    dark = list(track(rendered_pages(records, "scan", scans, seed), "Drawing scans", scans))
    BUILD_DIR.mkdir(parents=True, exist_ok=True)
    weights = BUILD_DIR / "ink_network.weights.h5"
    released = read_model_file(MODEL_DIR / NETWORK) if from_released else None
    mixture = list(zip((kept, photos, dark), BATCH, strict=True))
    fit_network(mixture, steps, seed, weights, typer.echo, released)
    examples = [page for pages, _ in mixture for page in pages[: len(kept)]]
    learned = {"drawn": len(photos) + len(dark), "steps": steps}
    if from_released:
        before = json.loads(read_model_file(MODEL_DIR / DESCRIPTION))
        learned = {name: count + before[name] for name, count in learned.items()}
    description = {"photos": len(kept), **learned}
    size = write_network(weights, out, description, examples)
    typer.echo(f"{size} bytes in {out}")
