"""Helpers to draw over a page with Pillow."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from heartsense.numeric import true_runs

Colour = tuple[int, int, int]
Pixels = NDArray[np.uint8]

_FADING: Final = 0.55


def fade(pixels: Pixels) -> Image.Image:
    """The page in light grey, so that what is drawn over it stands out."""
    grey = np.asarray(Image.fromarray(pixels).convert("L"), dtype=np.float32)
    light = (255 - (255 - grey) * (1 - _FADING)).astype(np.uint8)
    return Image.fromarray(light).convert("RGB")


def pen_width(pixels: Pixels) -> int:
    """A line width in pixels that is well visible on a page of that size."""
    height, breadth = pixels.shape[:2]
    return max(2, int(max(height, breadth) / 800 + 0.5))


def draw_line(
    draw: ImageDraw.ImageDraw, points: NDArray[np.floating], colour: Colour | int, width: int
) -> None:
    """Draw a polyline through points, shape (n, 2), in pixels; NaN lifts the pen."""
    shown = np.isfinite(points).all(axis=1)
    for start, end in true_runs(shown):
        if end - start > 1:
            draw.line([tuple(p) for p in points[start:end].tolist()], colour, width, "curve")


def draw_label(
    draw: ImageDraw.ImageDraw, text: str, at: tuple[float, float], colour: Colour, size: int
) -> None:
    """Write text on a white box, its lower left corner at `at`."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = draw.textbbox((at[0], at[1] - size), text, font=font)
    draw.rectangle((left - 2, top - 1, right + 2, bottom + 1), (255, 255, 255))
    draw.text((at[0], at[1] - size), text, colour, font=font)
