"""The ``export`` step: write ``backbone.tflite``."""

from pathlib import Path
from typing import Annotated

import typer

from heartsense.classifier.model_artifact import BACKBONE, sha256
from training.paths import DATA, MODEL, WORKSHOP


def export(
    data: Annotated[Path, typer.Option(help="Folder with weights/; else taken by name.")] = DATA,
    out: Annotated[Path, typer.Option(help="Model folder.")] = MODEL,
) -> None:
    """Export the ImageNet MobileNetV2 as fp16 LiteRT with two outputs."""
    from training.export.model import grey_backbone, write_backbone

    figures = write_backbone(grey_backbone(data), out / BACKBONE, WORKSHOP)
    typer.echo(
        f"{out / BACKBONE}: {figures['bytes']:.0f} bytes, "
        f"feature error {100 * figures['feature_error']:.2f} %, "
        f"sha256 {sha256((out / BACKBONE).read_bytes())}"
    )
