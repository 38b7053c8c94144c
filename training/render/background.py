"""What a sheet lies on when it is photographed."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from training.render.spec import Background, Colour

_WOODS: Final = ((150, 110, 75), (125, 85, 55), (175, 135, 95), (95, 65, 45), (160, 125, 95))
_CLOTHS: Final = ((60, 40, 110), (40, 70, 120), (120, 40, 50), (210, 210, 215), (60, 90, 70))

Texture = NDArray[np.float32]


def draw_background(
    kind: Background, size: tuple[int, int], plain: Colour, rng: np.random.Generator
) -> Image.Image:
    """A table top of ``size`` pixels, RGB; ``plain`` is the colour of a plain one."""
    if kind == "plain":
        return Image.new("RGB", size, plain)
    if kind == "papers":
        return _papers(size, rng)
    # Half size: a table is seldom in focus.
    small = (size[0] // 2 + 1, size[1] // 2 + 1)
    if kind == "wood":
        colour, light = _WOODS[int(rng.integers(len(_WOODS)))], _wood(small, rng, 0.22)
    elif kind == "dark":
        colour, light = (45, 42, 42), _wood(small, rng, 0.5)
    elif kind == "cloth":
        colour, light = _CLOTHS[int(rng.integers(len(_CLOTHS)))], _cloth(small, rng)
    else:
        colour, light = (150, 150, 145), _tiles(small, rng)
    jittered = np.array(colour) * rng.uniform(0.75, 1.2) + rng.normal(0, 6, 3)
    pixels = np.clip(light[:, :, None] * jittered.astype(np.float32), 0, 255).astype(np.uint8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)


def _noise(size: tuple[int, int], cells: tuple[int, int], rng: np.random.Generator) -> Texture:
    """Smooth noise of unit deviation, ``cells`` values across and down."""
    values = rng.standard_normal((max(cells[1], 2), max(cells[0], 2))).astype(np.float32)
    return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BICUBIC))


def _wood(size: tuple[int, int], rng: np.random.Generator, contrast: float) -> Texture:
    """Grain along a random direction."""
    side = round(np.hypot(*size)) + 2
    grain = np.zeros((side, side), np.float32)
    for across, along, weight in (
        (5, 1, 0.4),
        (30, 3, 0.4),
        (side // 8, 9, 0.4),
        (side // 2, 40, 0.35),
    ):
        grain += weight * _noise((side, side), (along, across), rng)
    angle = float(rng.choice([0, 90]) + rng.normal(0, 15))
    turned = Image.fromarray(grain).rotate(angle, Image.Resampling.BILINEAR)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    cut = turned.crop((left, top, left + size[0], top + size[1]))
    return np.maximum(1 + contrast * 0.5 * np.asarray(cut), 0.1)


def _cloth(size: tuple[int, int], rng: np.random.Generator) -> Texture:
    """Soft folds and a weave."""
    folds = _noise(size, (5, 3), rng)
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    weave = np.cos(2.2 * x) * np.cos(2.0 * y)
    return np.asarray(np.maximum(1 + 0.15 * folds + 0.06 * weave, 0.2))


def _tiles(size: tuple[int, int], rng: np.random.Generator) -> Texture:
    """Squares with joints, or stripes: a pattern that is as regular as a grid."""
    pitch = rng.uniform(15, 90)
    light = 1 + 0.08 * _noise(size, (30, 30), rng)
    for axis in (0, 1) if rng.random() < 0.6 else (0,):
        at = np.arange(size[1 - axis]) + rng.uniform(0, pitch)
        joint = (np.abs(at % pitch - pitch / 2) < rng.uniform(0.5, 2.5)).astype(np.float32)
        shape = (-1, 1) if axis == 0 else (1, -1)
        light = light - rng.uniform(0.2, 0.5) * joint.reshape(shape)
    return np.asarray(np.maximum(light, 0.1))


def _papers(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Other sheets with lines of text, one over the other."""
    page = Image.new("RGB", size, (120, 115, 110))
    pen = ImageDraw.Draw(page)
    for _ in range(5):
        x, y = (int(v) for v in rng.uniform(-0.3, 0.8, 2) * size)
        w, h = (int(v) for v in rng.uniform(0.3, 0.8, 2) * size)
        level = int(rng.integers(200, 250))
        pen.rectangle((x, y, x + w, y + h), fill=(level, level, level), outline=(140, 140, 140))
        for line in range(y + 15, y + h - 10, int(rng.integers(12, 30))):
            end = x + int(w * rng.uniform(0.3, 0.95))
            pen.line((x + 12, line, end, line), fill=(level // 3,) * 3, width=3)
    return page
