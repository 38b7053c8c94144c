"""The ``render`` step: render one record on one page."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from training.render import LAYOUTS, random_spec, render_page
from training.render.spec import PageKind
from training.sources import read_record


def render(
    record: Annotated[Path, typer.Option(help="WFDB record, with or without ending.")],
    out: Annotated[Path, typer.Option(help="PNG, JPEG, TIFF, BMP, WebP or PDF, by its ending.")],
    page: Annotated[
        PageKind, typer.Option(help="Scans and screen shots, or phone photos.")
    ] = "clean",
    layout: Annotated[str | None, typer.Option(help=" ".join(LAYOUTS))] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same page.")] = 0,
    truth: Annotated[Path | None, typer.Option(help="CSV of the mV that the page shows.")] = None,
) -> None:
    """Draw a record on a page like those of ECG machines."""
    if layout is not None and layout not in LAYOUTS:
        raise typer.BadParameter(f"{layout!r} is none of {', '.join(LAYOUTS)}")
    spec = random_spec(np.random.default_rng(seed), page, layout)
    ecg = read_record(record)
    if spec.layout in ("strip", "beat") and spec.rhythm[0] not in ecg.leads:
        spec = replace(spec, rhythm=ecg.leads[:1])  # a recording of few leads
    rendered = render_page(ecg, spec)
    save_page(rendered.pixels, out, jpeg=spec.distortion.jpeg)
    if truth is not None:
        rendered.ecg.to_csv(truth)


def save_page(
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], out: Path, jpeg: int | None = None
) -> None:
    """Write a page in the format of the file's suffix."""
    out.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(pixels)
    if out.suffix.lower() == ".pdf":
        picture.save(out, resolution=200.0, quality=90)
    else:
        picture.save(out, quality=jpeg or 90)
