"""Overlays of true and digitized traces, to see why a page was misread."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from heartsense.ecg import Digitized, Trace
from training.render import RenderedPage

TRUE_COLOUR: Final = (0, 150, 60)
DIGITIZED_COLOUR: Final = (230, 0, 120)
_THUMBNAIL: Final = 1200
"""Long side of a thumbnail in pixels."""


def save_overlay(page: RenderedPage, digitized: Digitized | None, out: Path) -> None:
    """Save the page, and below it the page with true traces in green, digitized in magenta."""
    original = Image.fromarray(page.pixels)
    annotated = original.convert("L").convert("RGB")
    draw = ImageDraw.Draw(annotated)
    _draw(draw, page.traces, TRUE_COLOUR)
    if digitized is not None:
        _draw(draw, digitized.traces, DIGITIZED_COLOUR)
    both = Image.new("RGB", (original.width, 2 * original.height))
    both.paste(original, (0, 0))
    both.paste(annotated, (0, original.height))
    out.parent.mkdir(parents=True, exist_ok=True)
    both.save(out)


def draw_thumbnail(pixels: NDArray[np.uint8], digitized: Digitized | None) -> bytes:
    """JPEG of a page in grey, a long side of 1200 pixels at most, digitized traces in magenta."""
    image = Image.fromarray(pixels).convert("L")
    scale = min(1.0, _THUMBNAIL / max(image.size))
    image.thumbnail((_THUMBNAIL, _THUMBNAIL))
    annotated = image.convert("RGB")
    if digitized is not None:
        _draw(ImageDraw.Draw(annotated), digitized.traces, DIGITIZED_COLOUR, scale)
    encoded = io.BytesIO()
    annotated.save(encoded, "JPEG", quality=70)
    return encoded.getvalue()


def _draw(
    draw: ImageDraw.ImageDraw,
    traces: Iterable[Trace],
    colour: tuple[int, int, int],
    scale: float = 1.0,
) -> None:
    for trace in traces:
        points = trace.points * scale
        draw.line(points.ravel().tolist(), fill=colour, width=2)
        x, y = (float(v) for v in points[0])
        draw.text((x, y + 12), trace.lead, fill=colour)
