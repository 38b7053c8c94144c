"""Pictures without drawing: noise, clouds, surfaces, patterns, bar codes."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter


def _size(rng: np.random.Generator) -> tuple[int, int]:
    return int(rng.integers(500, 1700)), int(rng.integers(400, 1400))


def _clouds(rng: np.random.Generator, width: int, height: int) -> NDArray[np.float64]:
    """Smooth noise of several scales, 0 to 1."""
    total = np.zeros((height, width))
    for octave in range(2, 7):
        cells = rng.random((2**octave, 2**octave)).astype(np.float32)
        layer = Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(layer) / octave
    return np.asarray((total - total.min()) / np.ptp(total))


def noise(rng: np.random.Generator) -> Image.Image:
    """Noise of one grain, grey or coloured."""
    width, height = _size(rng)
    grain = int(rng.choice([1, 2, 4, 8]))
    shape = (height // grain, width // grain, 3 if rng.random() < 0.5 else 1)
    pixels = rng.integers(0, 256, shape, dtype=np.uint8)
    image = Image.fromarray(np.broadcast_to(pixels, (*shape[:2], 3)).copy())
    return image.resize((width, height), Image.Resampling.NEAREST)


def scenery(rng: np.random.Generator) -> Image.Image:
    """Sky, hills with sharp outlines, and a field."""
    width, height = _size(rng)
    sky = (_clouds(rng, width, height) * 90 + 150).astype(np.uint8)
    image = Image.fromarray(sky).convert("RGB")
    draw = ImageDraw.Draw(image)
    for layer in range(int(rng.integers(1, 5))):
        ridge = np.cumsum(rng.standard_normal(width)) * rng.uniform(0.5, 3)
        ridge += height * (0.4 + 0.12 * layer)
        tone = 130 - 28 * layer
        outline = list(zip(range(width), ridge.tolist(), strict=True))
        draw.polygon([*outline, (width, height), (0, height)], fill=(tone - 30, tone, tone - 40))
    return image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 2))))


def surface(rng: np.random.Generator) -> Image.Image:
    """Wood, cloth or tiles."""
    width, height = _size(rng)
    y, x = np.mgrid[:height, :width]
    cloud = _clouds(rng, width, height)
    kind = int(rng.integers(3))
    if kind == 0:
        value = np.sin((x * 0.01 + y * 0.15 + cloud * 30) * rng.uniform(0.3, 1.0))
    elif kind == 1:
        value = np.sin(x * rng.uniform(0.3, 1.2)) + np.sin(y * rng.uniform(0.3, 1.2))
    else:
        side = int(rng.integers(40, 200))
        value = np.where((x % side < 6) | (y % side < 6), -1.5, 1.0)
    grey = (150 + 35 * value + 60 * (cloud - 0.5)).clip(0, 255)
    tint = rng.uniform(0.75, 1.0, 3)
    return Image.fromarray((grey[:, :, None] * tint).astype(np.uint8))


def objects(rng: np.random.Generator) -> Image.Image:
    """Blurred shapes before a background, as in a photograph of things."""
    width, height = _size(rng)
    cloud = _clouds(rng, width, height)[:, :, None]
    base = rng.uniform(60, 220, 3)
    image = Image.fromarray((base * (0.6 + 0.4 * cloud)).clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(4, 30))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        w, h = rng.uniform(20, 400, 2)
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        shape([x, y, x + w, y + h], fill=colour)
    return image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 4))))


def code(rng: np.random.Generator) -> Image.Image:
    """A bar code, a matrix code or a checker board."""
    width, height = _size(rng)
    kind = int(rng.integers(3))
    if kind == 0:
        cells = np.repeat(rng.integers(0, 2, (1, 90)), 40, axis=0)
    elif kind == 1:
        cells = rng.integers(0, 2, (33, 33))
    else:
        cells = np.indices((12, 16)).sum(axis=0) % 2
    cells = np.pad(cells, 3, constant_values=1)
    image = Image.fromarray((cells * 255).astype(np.uint8)).convert("RGB")
    return image.resize((width, height), Image.Resampling.NEAREST)
