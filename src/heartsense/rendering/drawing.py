"""Small helpers to paint over a page with Pillow."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Pixels = NDArray[np.uint8]

_PALE: Final = 0.55


def pale(pixels: Pixels) -> Image.Image:
    """The page in pale grey, so that what is painted over it stands out."""
    grey = np.asarray(Image.fromarray(pixels).convert("L"), dtype=np.float32)
    light = (255 - (255 - grey) * (1 - _PALE)).astype(np.uint8)
    return Image.fromarray(light).convert("RGB")


def pen_width(pixels: Pixels) -> int:
    """A pen that is well seen on a page of that size, in pixels."""
    height, breadth = pixels.shape[:2]
    return max(2, int(max(height, breadth) / 800 + 0.5))


def line(
    draw: ImageDraw.ImageDraw, points: NDArray[np.floating], colour: Colour | int, width: int
) -> None:
    """A polyline through points, shape (n, 2); NaN lifts the pen."""
    shown = np.isfinite(points).all(axis=1)
    edges = np.flatnonzero(np.diff(shown.astype(np.int8), prepend=0, append=0))
    for start, end in edges.reshape(-1, 2):
        if end - start > 1:
            draw.line([tuple(p) for p in points[start:end].tolist()], colour, width, "curve")


def label(
    draw: ImageDraw.ImageDraw, text: str, at: tuple[float, float], colour: Colour, size: int
) -> None:
    """A word whose lower left corner lies at `at`, on white so that it can be read."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = draw.textbbox((at[0], at[1] - size), text, font=font)
    draw.rectangle((left - 2, top - 1, right + 2, bottom + 1), (255, 255, 255))
    draw.text((at[0], at[1] - size), text, colour, font=font)
