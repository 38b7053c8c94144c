"""Pillow's images as arrays."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_BAND: Final = 256
"""Rows that are converted at once."""


def image_array(image: Image.Image) -> NDArray[Any]:
    """Copy an image into an array.

    ``np.array(image)`` holds four copies of the pixels at its peak; this one little more than two.

    Returns
    -------
    array, shape (height, width) or (height, width, bands)
        uint8, or float32 for mode F.
    """
    width, height = image.size
    first = np.asarray(image.crop((0, 0, width, min(_BAND, height))))
    pixels = np.empty((height, *first.shape[1:]), first.dtype)
    pixels[: len(first)] = first
    for top in range(_BAND, height, _BAND):
        bottom = min(top + _BAND, height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return pixels
