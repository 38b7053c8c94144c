"""The ``fit-ink-network`` step: train the ink network on labelled pages."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from training import BUILD_DIR, MODEL_DIR
from training.ink_network.export import write_network
from training.ink_network.fit import fit_network
from training.ink_network.patches import TrainingPage


def fit_ink_network(
    pages: Annotated[
        Path,
        typer.Option(help="Folder of .npz files: darkness, ink, label, weight, box of a page."),
    ],
    out: Annotated[Path, typer.Option(help="Model folder.")] = MODEL_DIR,
    steps: Annotated[int, typer.Option(help="Batches of eight patches.")] = 700,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train the ink network on rectified pages whose traces are known; needs TensorFlow."""
    read = [read_training_page(path) for path in sorted(pages.glob("*.npz"))]
    if not read:
        raise typer.BadParameter(f"no .npz files in {pages}")
    BUILD_DIR.mkdir(parents=True, exist_ok=True)
    weights = BUILD_DIR / "ink_network.weights.h5"
    fit_network(read, steps, seed, weights, typer.echo)
    size = write_network(weights, out, {"pages": len(read), "steps": steps})
    typer.echo(f"{size} bytes in {out}")


def read_training_page(path: Path) -> TrainingPage:
    """Read a labelled page; the arrays are those of `TrainingPage`."""
    with np.load(path) as stored:
        left, right, top, bottom = (int(edge) for edge in stored["box"])
        darkness, ink, label, weight = (
            stored[name] for name in ("darkness", "ink", "label", "weight")
        )
    return TrainingPage(path.stem, darkness, ink, label, weight, (left, right, top, bottom))
