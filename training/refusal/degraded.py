"""Pages that were photographed or scanned badly in one way, and what to do about each."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

Pixels = NDArray[np.uint8]


def _shrunk(image: Image.Image) -> Image.Image:
    factor = 420 / max(image.size)
    return image.resize((round(image.width * factor), round(image.height * factor)))


def _blurred(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(max(image.size) / 300))


def _cropped(image: Image.Image) -> Image.Image:
    return image.crop((0, 0, round(image.width * 0.55), image.height))


def _shadowed(image: Image.Image) -> Image.Image:
    light = np.ones(image.width)
    light[image.width // 4 : image.width // 2] = 0.12
    light = np.convolve(np.pad(light, 20, mode="edge"), np.full(41, 1 / 41), mode="valid")
    return Image.fromarray((np.asarray(image) * light[None, :, None]).astype(np.uint8))


def _darkened(image: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(0.08)


def _curled(image: Image.Image) -> Image.Image:
    """A strong wave in the paper, as of a page that lies in a bed."""
    pixels = np.asarray(image)
    x = np.arange(image.width)
    shift = (0.035 * image.width * np.sin(2 * np.pi * x / (0.7 * image.width))).round().astype(int)
    rows = (np.arange(image.height)[:, None] + shift) % image.height
    return Image.fromarray(pixels[rows, x[None, :]])


DEGRADATIONS: Final[dict[str, tuple[Callable[[Image.Image], Image.Image], str]]] = {
    "shrunk": (_shrunk, "move_closer"),
    "blurred": (_blurred, "hold_still"),
    "cropped": (_cropped, "show_whole_page"),
    "shadow": (_shadowed, "avoid_shadow"),
    "dark": (_darkened, "add_light"),
    "curled": (_curled, "flatten_page"),
}
"""How a page is spoilt, and the code of the advice that helps."""


def degrade_page(pixels: Pixels, name: str) -> Pixels:
    """Spoil a page in one way, a name in `DEGRADATIONS`."""
    return np.asarray(DEGRADATIONS[name][0](Image.fromarray(pixels)).convert("RGB"))
