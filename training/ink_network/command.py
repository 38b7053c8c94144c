"""The ``fit-ink-network`` step: train the ink network on photographed and on drawn pages."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from training import BUILD_DIR, DATA_DIR, MODEL_DIR
from training.ink_network.export import write_network
from training.ink_network.fit import fit_network
from training.ink_network.labelled_photos import labelled_photos
from training.ink_network.rendered_pages import rendered_pages
from training.records import without_photographed
from training.sources import read_ptbxl_more


def fit_ink_network(
    real: Annotated[Path, typer.Option(help="Folder of photographs with truth.csv.")],
    out: Annotated[Path, typer.Option(help="Model folder.")] = MODEL_DIR,
    data: Annotated[Path, typer.Option(help="The data folder: records to draw.")] = DATA_DIR,
    drawn: Annotated[int, typer.Option(help="Pages that are drawn.")] = 160,
    steps: Annotated[int, typer.Option(help="Batches of eight patches.")] = 4000,
    seed: Annotated[int, typer.Option()] = 0,
    folds: Annotated[int, typer.Option(help="Leave out every n-th page; 0 for none.")] = 0,
    fold: Annotated[int, typer.Option(help="The first page that is left out.")] = 0,
) -> None:
    """Train the ink network on rectified pages whose traces are known; needs TensorFlow."""
    pages = list(track(labelled_photos(real), "Labelling pages"))
    kept = [page for i, page in enumerate(pages) if not folds or i % folds != fold]
    if not kept:
        raise typer.BadParameter(f"no page in {real} can be read")
    # Nothing is measured on pages of these: neither photographs nor test folds.
    records = without_photographed(read_ptbxl_more(data), data)
    rendered = list(track(rendered_pages(records, drawn, seed), "Drawing pages", drawn))
    BUILD_DIR.mkdir(parents=True, exist_ok=True)
    weights = BUILD_DIR / "ink_network.weights.h5"
    fit_network(kept, rendered, steps, seed, weights, typer.echo)
    examples = kept + rendered[: len(kept)]
    description = {"photos": len(kept), "drawn": len(rendered), "steps": steps}
    size = write_network(weights, out, description, examples)
    typer.echo(f"{size} bytes in {out}")
