"""The ``fit-ink-network`` step: train the ink network on photographs with known signals."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from training import BUILD_DIR, MODEL_DIR
from training.ink_network.export import write_network
from training.ink_network.fit import fit_network
from training.ink_network.labelled_photos import labelled_photos


def fit_ink_network(
    real: Annotated[Path, typer.Option(help="Folder of photographs with truth.csv.")],
    out: Annotated[Path, typer.Option(help="Model folder.")] = MODEL_DIR,
    steps: Annotated[int, typer.Option(help="Batches of eight patches.")] = 1500,
    seed: Annotated[int, typer.Option()] = 0,
    folds: Annotated[int, typer.Option(help="Leave out every n-th page; 0 for none.")] = 0,
    fold: Annotated[int, typer.Option(help="The first page that is left out.")] = 0,
) -> None:
    """Train the ink network on rectified pages whose traces are known; needs TensorFlow."""
    pages = list(track(labelled_photos(real), "Labelling pages"))
    kept = [page for i, page in enumerate(pages) if not folds or i % folds != fold]
    if not kept:
        raise typer.BadParameter(f"no page in {real} can be read")
    BUILD_DIR.mkdir(parents=True, exist_ok=True)
    weights = BUILD_DIR / "ink_network.weights.h5"
    fit_network(kept, steps, seed, weights, typer.echo)
    size = write_network(weights, out, {"pages": len(kept), "steps": steps})
    typer.echo(f"{size} bytes in {out}")
