"""The heat map of a finding, drawn over the page in warm colours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from heartsense.conditions import condition as lookup_condition
from heartsense.rendering.drawing import Colour, Pixels, draw_label, draw_line, fade, pen_width

_HEAT_LEVELS = 12


@dataclass(frozen=True, slots=True)
class HeatTrace:
    """A trace on the page and how much each of its points supports a condition.

    Attributes
    ----------
    lead : str
    points : float32 array, shape (n, 2)
        x and y in pixels of the page.
    weights : float32 array, shape (n,)
        0 (no support) to 1 (the strongest support on the page).
    """

    lead: str
    points: NDArray[np.float32]
    weights: NDArray[np.float32]


class HasHeatmaps(Protocol):
    """A result with a heat map for each likely condition."""

    @property
    def heatmaps(self) -> Mapping[str, tuple[HeatTrace, ...]]:
        """Heat map by condition id."""


def draw_heatmap(pixels: Pixels, result: HasHeatmaps, condition: str | None = None) -> Image.Image:
    """Draw the heat map of one condition, by default the first that is likely.

    Without a likely condition the page is returned faded, without heat.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        The page that was classified.
    result : HasHeatmaps
    condition : str, optional
        The condition's id.

    Raises
    ------
    KeyError
        If that condition is not among the likely ones.
    """
    image = fade(pixels)
    shown = condition or next(iter(result.heatmaps), None)
    width = pen_width(pixels)
    title = "Nothing to point at"
    if shown is not None:
        image = _blend_heat(image, result.heatmaps[shown], 6 * width)
        title = lookup_condition(shown).title
    draw = ImageDraw.Draw(image)
    for trace in result.heatmaps[shown] if shown is not None else ():
        draw_line(draw, trace.points, (40, 40, 40), max(1, width // 2))
    draw_label(draw, title, (4.0 * width, 14.0 * width), (160, 20, 20), 10 * width)
    return image


def _blend_heat(image: Image.Image, traces: Sequence[HeatTrace], width: int) -> Image.Image:
    """Blend broad strokes along the traces into the page, redder where the weight is higher."""
    strokes = Image.new("RGB", image.size)
    mask = Image.new("L", image.size)
    paint, opacity = ImageDraw.Draw(strokes), ImageDraw.Draw(mask)
    for step in range(1, _HEAT_LEVELS + 1):
        low = (step - 0.5) / _HEAT_LEVELS
        for trace in traces:
            hot = trace.weights >= low
            points = np.where(hot[:, None], trace.points, np.nan)
            draw_line(paint, points, _heat_colour(step / _HEAT_LEVELS), width)
            shade = round(200 * (0.25 + 0.75 * step / _HEAT_LEVELS))
            draw_line(opacity, points, shade, width)
    return Image.composite(strokes, image, mask)


def _heat_colour(heat: float) -> Colour:
    """From yellow for 0 to red for 1."""
    return 255, round(225 * (1 - heat)), round(60 * (1 - heat))
