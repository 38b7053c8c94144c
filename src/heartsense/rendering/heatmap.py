"""What spoke for a finding, drawn over the page in warm colours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from heartsense.conditions import condition as about
from heartsense.rendering.drawing import Colour, Pixels, label, line, pale, pen_width

_STEPS = 12


@dataclass(frozen=True, slots=True)
class HeatTrace:
    """A trace on the page and how much each of its points spoke for a condition.

    ``points`` float32, shape (n, 2), x and y in pixels; ``weights`` float32, shape (n,), 0 to 1.
    """

    lead: str
    points: NDArray[np.float32]
    weights: NDArray[np.float32]


class Explained(Protocol):
    """A result that says what spoke for each condition present."""

    @property
    def heatmaps(self) -> Mapping[str, tuple[HeatTrace, ...]]:
        """Heat by condition id."""


def draw_heatmap(pixels: Pixels, result: Explained, condition: str | None = None) -> Image.Image:
    """Draw the heat of one condition, by default the first that is present.

    The page comes back pale and without heat when nothing is present. KeyError when the
    condition asked for is not among those present.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        The page that was classified.
    """
    picture = pale(pixels)
    shown = condition or next(iter(result.heatmaps), None)
    width = pen_width(pixels)
    title = "Nothing to point at"
    if shown is not None:
        picture = _glow(picture, result.heatmaps[shown], 6 * width)
        title = about(shown).title
    draw = ImageDraw.Draw(picture)
    for trace in result.heatmaps[shown] if shown is not None else ():
        line(draw, trace.points, (40, 40, 40), max(1, width // 2))
    label(draw, title, (4.0 * width, 14.0 * width), (160, 20, 20), 10 * width)
    return picture


def _glow(picture: Image.Image, traces: Sequence[HeatTrace], width: int) -> Image.Image:
    """Broad strokes along the traces, the warmer the heavier, blended into the page."""
    strokes = Image.new("RGB", picture.size)
    mask = Image.new("L", picture.size)
    paint, opacity = ImageDraw.Draw(strokes), ImageDraw.Draw(mask)
    for step in range(1, _STEPS + 1):
        low = (step - 0.5) / _STEPS
        for trace in traces:
            hot = trace.weights >= low
            points = np.where(hot[:, None], trace.points, np.nan)
            line(paint, points, _warm(step / _STEPS), width)
            shade = round(200 * (0.25 + 0.75 * step / _STEPS))
            line(opacity, points, shade, width)
    return Image.composite(strokes, picture, mask)


def _warm(heat: float) -> Colour:
    """Yellow for little, red for much."""
    return 255, round(225 * (1 - heat)), round(60 * (1 - heat))
