"""Light traces on a dark screen: such a picture is read as its negative.

Everything behind it looks for dark ink on light paper.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SAMPLED_PIXELS: Final = 400_000
"""Looked at, at most."""

PERCENTILES: Final = (0.5, 50.0, 99.95)
"""What counts as dark, as most of the picture and as light: a thin trace covers little of it."""

MAX_DARK_LEVEL: Final = 80.0
"""Median of a dark screen, of 255."""

MIN_SKEW: Final = 3.0
"""How much farther the light pixels are from the median than the dark ones: 2.6 at most in real and
drawn pictures of dark ink; the darker the table is on which paper lies, the more."""

OFFSET: Final = 5.0
"""Grey levels added to the distance of the dark pixels, which is 0 on many a screen."""

NEAR: Final = 0.01
"""Share of the longer side to which a line is thin."""

MAX_LIGHT_SHARE: Final = 0.15
MAX_SOLID_SHARE: Final = 0.15
"""Share of the light pixels of a screen, and of those among them whose neighbours on all sides are
light: paper on a dark table takes more of the picture, and has such pixels between its lines."""


def without_negative(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with dark ink on light paper: a dark screen's negative, or the picture itself.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        RGB.
    """
    return 255 - pixels if is_negative(pixels) else pixels


def is_negative(pixels: NDArray[np.uint8]) -> bool:
    """Whether a picture shows light lines on a dark screen.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        RGB.
    """
    step = int(np.ceil(np.sqrt(pixels.shape[0] * pixels.shape[1] / SAMPLED_PIXELS)))
    sampled = np.ascontiguousarray(pixels[::step, ::step])
    levels = np.asarray(Image.fromarray(sampled).convert("L"), dtype=np.float32)
    dark, middle, light = np.percentile(levels, PERCENTILES)
    if middle > MAX_DARK_LEVEL or light - middle < MIN_SKEW * (middle - dark + OFFSET):
        return False
    is_light = levels > (middle + light) / 2
    return bool(is_light.mean() < MAX_LIGHT_SHARE) and _solid_share(is_light) < MAX_SOLID_SHARE


def _solid_share(is_light: NDArray[np.bool_]) -> float:
    """Share of the light pixels whose neighbours on all four sides are light too."""
    near = max(1, round(NEAR * max(is_light.shape)))
    padded = np.pad(is_light, near)
    solid = is_light.copy()
    for axis in (0, 1):
        for shift in (near, -near):
            solid &= np.roll(padded, shift, axis)[near:-near, near:-near]
    return float(solid.sum() / max(1, is_light.sum()))
