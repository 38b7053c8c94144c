"""The digitized traces, drawn over the page."""

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from heartsense.ecg import Digitized
from heartsense.rendering.drawing import Colour, Pixels, draw_label, draw_line, fade, pen_width

_COLOURS: Final[tuple[Colour, ...]] = (
    (200, 30, 60),
    (20, 100, 200),
    (0, 130, 80),
    (150, 60, 180),
)
_FRAME: Final[Colour] = (230, 140, 0)


def draw_overlay(pixels: Pixels, digitized: Digitized) -> Image.Image:
    """Draw the digitized traces, their lead names and a frame round all of them.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        The page that was digitized.
    digitized : Digitized
    """
    image = fade(pixels)
    draw = ImageDraw.Draw(image)
    width = pen_width(pixels)
    for number, trace in enumerate(digitized.traces):
        colour = _COLOURS[number % len(_COLOURS)]
        draw_line(draw, trace.points, colour, width)
        known = trace.points[np.isfinite(trace.points).all(axis=1)]
        if len(known):
            corner = (float(known[0, 0]), float(known[: len(known) // 4 + 1, 1].min()) - width)
            draw_label(draw, trace.lead, corner, colour, 9 * width)
    _frame(draw, digitized, width)
    return image


def _frame(draw: ImageDraw.ImageDraw, digitized: Digitized, width: int) -> None:
    points = [trace.points for trace in digitized.traces]
    if not points:
        return
    every = np.concatenate(points)
    margin = 4 * width
    left, top = np.nanmin(every, axis=0) - margin
    right, bottom = np.nanmax(every, axis=0) + margin
    draw.rectangle((float(left), float(top), float(right), float(bottom)), None, _FRAME, width)
