"""Overlays of true and digitized traces, to see why a page was misread."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from heartsense.ecg import Digitized, Trace
from training.render import RenderedPage

_TRUE: Final = (0, 150, 60)
_READ: Final = (230, 0, 120)


def save_overlay(page: RenderedPage, digitized: Digitized | None, out: Path) -> None:
    """Save the page, and below it the page with true traces in green, digitized in magenta."""
    original = Image.fromarray(page.pixels)
    annotated = original.convert("L").convert("RGB")
    draw = ImageDraw.Draw(annotated)
    _draw(draw, page.traces, _TRUE)
    if digitized is not None:
        _draw(draw, digitized.traces, _READ)
    both = Image.new("RGB", (original.width, 2 * original.height))
    both.paste(original, (0, 0))
    both.paste(annotated, (0, original.height))
    out.parent.mkdir(parents=True, exist_ok=True)
    both.save(out)


def _draw(draw: ImageDraw.ImageDraw, traces: Iterable[Trace], colour: tuple[int, int, int]) -> None:
    for trace in traces:
        draw.line(trace.points.ravel().tolist(), fill=colour, width=2)
        x, y = (float(v) for v in trace.points[0])
        draw.text((x, y + 12), trace.lead, fill=colour)
