"""Screen shots: terminals, windows, web pages, and HeartSense's own result page without an ECG."""

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from heartsense.conditions import CONDITIONS
from heartsense.reference_ranges import REFERENCE_RANGES
from training.refusal.figures import random_walk, words
from training.refusal.paper import font
from training.render.spec import Colour

_DARK: Final[Colour] = (24, 26, 32)
_LIGHT: Final[Colour] = (250, 250, 250)


def _screen(
    rng: np.random.Generator, background: Colour
) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    size = (int(rng.choice([1080, 1280, 1440, 1920])), int(rng.choice([720, 900, 1080, 2000])))
    image = Image.new("RGB", size, background)
    return image, ImageDraw.Draw(image)


def terminal(rng: np.random.Generator) -> Image.Image:
    """A terminal with commands and output, dark or light."""
    dark = rng.random() < 0.6
    image, draw = _screen(rng, _DARK if dark else _LIGHT)
    size = int(rng.integers(13, 24))
    for row in range(int(image.height / size / 1.4)):
        if rng.random() < 0.12:
            continue
        line = "$ " * bool(rng.random() < 0.2) + words(rng, int(rng.integers(1, 16)))
        fill = (210, 215, 210) if dark else (20, 20, 20)
        draw.text((12, 8 + row * size * 1.4), line, fill=fill, font=font(size))
    return image


def windows(rng: np.random.Generator) -> Image.Image:
    """Overlapping windows with text, buttons and lists."""
    image, draw = _screen(rng, (60, 110, 150))
    for _ in range(int(rng.integers(2, 6))):
        x, y = (int(rng.uniform(0, 0.6) * side) for side in image.size)
        right, bottom = x + int(rng.integers(300, 900)), y + int(rng.integers(200, 700))
        draw.rectangle([x, y, right, bottom], fill=_LIGHT, outline=(90, 90, 90), width=2)
        draw.rectangle([x, y, right, y + 32], fill=(215, 215, 220))
        draw.text((x + 10, y + 6), words(rng, 2), fill=(0, 0, 0), font=font(18))
        for at in range(y + 50, bottom - 25, 30):
            draw.text((x + 14, at), words(rng, 3), fill=(30, 30, 30), font=font(18))
            if rng.random() < 0.4:
                draw.line([(x, at + 26), (right, at + 26)], fill=(200, 200, 200))
    return image


def web_page(rng: np.random.Generator) -> Image.Image:
    """A page with a bar, cards, a spark line and rules."""
    image, draw = _screen(rng, _LIGHT)
    width = image.width
    draw.rectangle([0, 0, width, 64], fill=(35, 60, 110))
    draw.text((24, 18), words(rng, 4), fill=(255, 255, 255), font=font(26))
    y = 90
    while y < image.height - 160:
        draw.rectangle([40, y, width - 40, y + 140], outline=(190, 190, 190), width=2)
        draw.text((60, y + 12), words(rng, 3), fill=(20, 20, 20), font=font(24))
        draw.text((60, y + 48), words(rng, 9), fill=(90, 90, 90), font=font(17))
        if rng.random() < 0.5:
            walk = random_walk(rng, 120)
            walk = (walk - walk.min()) / max(float(np.ptp(walk)), 1e-9)
            x = np.linspace(width * 0.55, width - 70, 120)
            points = list(zip(x.tolist(), (y + 125 - 95 * walk).tolist(), strict=True))
            draw.line(points, fill=(20, 90, 200), width=2)
        y += 165
    return image


def result_page(rng: np.random.Generator) -> Image.Image:
    """HeartSense's own result page: findings with bars, measurements, rules, a line of text."""
    image, draw = _screen(rng, _LIGHT)
    width, size = image.width, int(rng.integers(15, 24))
    draw.rectangle([0, 0, width, size * 3], fill=(20, 60, 90))
    draw.text((30, size), "HeartSense", fill=(255, 255, 255), font=font(size + 6))
    y = size * 4.0
    draw.text((30, y), "Result", fill=(10, 10, 10), font=font(size * 2))
    y += size * 3.5
    for condition in rng.permutation(np.arange(len(CONDITIONS)))[: int(rng.integers(3, 7))]:
        probability = float(rng.random())
        draw.text((40, y), CONDITIONS[condition].title, fill=(10, 10, 10), font=font(size))
        bar = width * 0.45
        draw.rectangle([bar, y, bar + width * 0.4, y + size], outline=(120, 120, 120))
        draw.rectangle([bar, y, bar + width * 0.4 * probability, y + size], fill=(30, 110, 170))
        draw.text((width * 0.88, y), f"{probability:.0%}", fill=(10, 10, 10), font=font(size))
        y += size * 2.2
        draw.line([(30, y - size * 0.5), (width - 30, y - size * 0.5)], fill=(200, 200, 200))
    y += size
    for reference in REFERENCE_RANGES.values():
        draw.text((40, y), reference.title, fill=(10, 10, 10), font=font(size))
        value = f"{rng.uniform(1, 200):.0f} {reference.unit}"
        draw.text((width * 0.45, y), value, fill=(10, 10, 10), font=font(size))
        y += size * 1.9
        draw.line([(30, y - size * 0.4), (width - 30, y - size * 0.4)], fill=(60, 60, 60), width=2)
    return image
