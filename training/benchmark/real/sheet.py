"""An HTML sheet of overlays, to look at what was read of each picture."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from heartsense.files import write_file
from training.benchmark.real.scoring import PictureScore
from training.benchmark.real.summary import RealSummary, picture_metrics, worst_first
from training.benchmark.real.terminal import headline, notes, shown

SHEET_FILE: Final = "index.html"

_HEAD: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 15px/1.4 system-ui, sans-serif; margin: 1rem; max-width: 80rem }}
figure {{ margin: 2rem 0 }}
img {{ max-width: 100%; border: 1px solid #999 }}
figcaption {{ margin-bottom: .4rem }}
</style>
<h1>{title}</h1>
"""


def write_sheet(
    folder: Path, title: str, summary: RealSummary, scores: Sequence[PictureScore]
) -> Path:
    """Write one HTML file with all overlays in it, the worst first; return its path.

    Raises
    ------
    FileUnwritableError
        If it cannot be written.
    """
    parts = [_HEAD.format(title=escape(title))]
    parts += [f"<p>{escape(line)}</p>\n" for line in (*headline(summary), *notes(summary))]
    parts.append("<p>The worst first. What was read is magenta, the true signal green.</p>\n")
    parts += [_figure(score) for score in worst_first(scores)]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SHEET_FILE
    write_file(path, "".join(parts).encode())
    return path


def _figure(score: PictureScore) -> str:
    metrics = picture_metrics(score)
    figures = {
        "dB": metrics["snr_db"],
        "Pearson": metrics["pearson"],
        "layout": metrics["layout"],
        "quality": metrics["quality"],
        "Einthoven": metrics["einthoven_residual"],
        "Goldberger": metrics["goldberger_residual"],
        "strip": metrics["rhythm_agreement"],
        "refused": metrics["code"],
    }
    told = ", ".join(
        f"{name} {shown(value)}" for name, value in figures.items() if value is not None
    )
    caption = f"<b>{escape(score.picture)}</b>: {escape(told)}"
    images = _image("jpeg", score.overlay, f"{score.picture}, what was read")
    images += _image("png", score.signals, f"{score.picture}, true and digitized signal")
    return f"<figure><figcaption>{caption}</figcaption>{images}</figure>\n"


def _image(kind: str, data: bytes | None, text: str) -> str:
    if data is None:
        return ""
    source = f"data:image/{kind};base64," + base64.b64encode(data).decode()
    return f'<img loading="lazy" alt="{escape(text)}" src="{source}">'
