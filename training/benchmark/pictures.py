"""Pages with what is true and what was read drawn over them, to see why a page went wrong."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from heartsense.ecg import Digitized, Trace
from training.render import RenderedPage

_TRUE: Final = (0, 150, 60)
_READ: Final = (230, 0, 120)


def save_overlay(page: RenderedPage, read: Digitized | None, out: Path) -> None:
    """Save the page, then the page with true traces in green and read ones in magenta."""
    plain = Image.fromarray(page.pixels)
    drawn = plain.convert("L").convert("RGB")
    pen = ImageDraw.Draw(drawn)
    _draw(pen, page.traces, _TRUE)
    if read is not None:
        _draw(pen, read.traces, _READ)
    both = Image.new("RGB", (plain.width, 2 * plain.height))
    both.paste(plain, (0, 0))
    both.paste(drawn, (0, plain.height))
    out.parent.mkdir(parents=True, exist_ok=True)
    both.save(out)


def _draw(pen: ImageDraw.ImageDraw, traces: Iterable[Trace], colour: tuple[int, int, int]) -> None:
    for trace in traces:
        pen.line(trace.points.ravel().tolist(), fill=colour, width=2)
        x, y = (float(v) for v in trace.points[0])
        pen.text((x, y + 12), trace.lead, fill=colour)
