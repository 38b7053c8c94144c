"""Paper without an ECG: graph paper, text, tables, music, maps."""

from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.refusal.figures import random_walk, words
from training.render.spec import Colour

GRIDS: Final[tuple[tuple[Colour, Colour], ...]] = (
    ((250, 214, 214), (240, 160, 160)),
    ((205, 220, 240), (130, 165, 215)),
    ((218, 218, 218), (150, 150, 150)),
    ((200, 230, 198), (130, 190, 130)),
)


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font."""
    return ImageFont.load_default(size)


def blank(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Paper of nearly white."""
    r, g, b = (int(v) for v in rng.integers(235, 256, 3))
    return Image.new("RGB", (width, height), (r, g, b))


def graph_paper(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Paper ruled every millimetre, every fifth or tenth line bold, or in squares of 5 mm."""
    page = blank(rng, width, height)
    draw = ImageDraw.Draw(page)
    fine, bold = GRIDS[int(rng.integers(len(GRIDS)))]
    pitch = float(rng.uniform(4, 10)) * (5 if rng.random() < 0.25 else 1)
    every = int(rng.choice([5, 5, 10]))
    for i in range(int(max(width, height) / pitch) + 1):
        colour, pen = (bold, 2) if i % every == 0 else (fine, 1)
        at = i * pitch
        draw.line([(at, 0), (at, height)], fill=colour, width=pen)
        draw.line([(0, at), (width, at)], fill=colour, width=pen)
    return page


def empty_graph_paper(rng: np.random.Generator) -> Image.Image:
    """Graph paper on which nothing is drawn, or only a heading."""
    page = graph_paper(rng, int(rng.integers(900, 2200)), int(rng.integers(600, 1600)))
    if rng.random() < 0.5:
        ImageDraw.Draw(page).text((60, 40), words(rng, 4), fill=(20, 20, 30), font=font(36))
    return page


def curve_on_graph_paper(rng: np.random.Generator) -> Image.Image:
    """One to three curves with axes on millimetre paper: parabolas, waves, measured points."""
    width, height = int(rng.integers(1000, 2200)), int(rng.integers(700, 1600))
    page = graph_paper(rng, width, height)
    draw = ImageDraw.Draw(page)
    x = np.linspace(0.08 * width, 0.95 * width, 600)
    u = np.linspace(-1, 1, 600)
    for _ in range(int(rng.integers(1, 4))):
        curves = (
            u**2 * rng.uniform(-1, 1),
            u**3 - u * rng.uniform(0, 1),
            np.sin(u * rng.uniform(2, 40)),
            np.exp(-u * rng.uniform(1, 4)) / 8,
            np.exp(-((u * rng.uniform(3, 9)) ** 2)),
            random_walk(rng, 600) / 60,
            np.abs((u * rng.uniform(2, 9)) % 2 - 1),
        )
        y = height / 2 - curves[int(rng.integers(len(curves)))] * height * rng.uniform(0.1, 0.4)
        draw.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=(20, 20, 40), width=3)
    if rng.random() < 0.7:
        draw.line([(x[0], height * 0.95), (x[0], height * 0.05)], fill=(0, 0, 0), width=3)
        draw.line([(x[0], height * 0.5), (x[-1], height * 0.5)], fill=(0, 0, 0), width=3)
        draw.text((x[0] + 10, height * 0.04), words(rng, 1), fill=(0, 0, 0), font=font(30))
    return page


def text_page(rng: np.random.Generator) -> Image.Image:
    """Lines of text with headings."""
    width, height = int(rng.integers(800, 1800)), int(rng.integers(700, 2200))
    page = blank(rng, width, height)
    draw = ImageDraw.Draw(page)
    size = int(rng.integers(14, 40))
    y = height * 0.05
    while y < height * 0.92:
        heading = rng.random() < 0.08
        line = words(rng, int(rng.integers(2, 5)) if heading else 30)
        shown = line[: int(width * 0.9 / size / 0.52)]
        draw.text((width * 0.05, y), shown, fill=(10, 10, 10), font=font(size + 10 * heading))
        y += size * (2.2 if heading or rng.random() < 0.1 else 1.35)
    return page


def table(rng: np.random.Generator) -> Image.Image:
    """A table or form with rules."""
    width, height = int(rng.integers(800, 1800)), int(rng.integers(500, 1600))
    page = blank(rng, width, height)
    draw = ImageDraw.Draw(page)
    rows, columns = int(rng.integers(4, 30)), int(rng.integers(2, 9))
    left, top = width * 0.05, height * 0.08
    dx, dy = width * 0.9 / columns, height * 0.85 / rows
    for r in range(rows + 1):
        draw.line([(left, top + r * dy), (width - left, top + r * dy)], fill=(60, 60, 60), width=2)
    if rng.random() < 0.6:
        for c in range(columns + 1):
            at = left + c * dx
            draw.line([(at, top), (at, top + rows * dy)], fill=(60, 60, 60), width=2)
    face = font(int(np.clip(dy * 0.5, 10, 28)))
    for r in range(rows):
        for c in range(columns):
            value = words(rng, 1) if c == 0 or r == 0 else f"{rng.uniform(0, 999):.1f}"
            place = (left + c * dx + 6, top + r * dy + dy * 0.2)
            draw.text(place, value, fill=(0, 0, 0), font=face)
    return page


def music(rng: np.random.Generator) -> Image.Image:
    """Staves with notes."""
    width, height = int(rng.integers(1000, 1800)), int(rng.integers(700, 2000))
    page = blank(rng, width, height)
    draw = ImageDraw.Draw(page)
    space = float(rng.uniform(8, 15))
    y = space * 6
    while y + 6 * space < height:
        for line in range(5):
            at = y + line * space
            draw.line([(40, at), (width - 40, at)], fill=(0, 0, 0), width=1)
        x = 90.0
        while x < width - 80:
            at = y + space * float(rng.integers(-1, 10)) / 2
            draw.ellipse([x, at - space / 2, x + space * 1.3, at + space / 2], fill=(0, 0, 0))
            draw.line([(x + space * 1.3, at), (x + space * 1.3, at - 3 * space)], fill=(0, 0, 0))
            x += space * float(rng.uniform(2.5, 6))
        y += space * float(rng.uniform(9, 12))
    return page


def city_map(rng: np.random.Generator) -> Image.Image:
    """Streets, a river and contour lines."""
    width, height = int(rng.integers(800, 1800)), int(rng.integers(700, 1600))
    page = Image.new("RGB", (width, height), (242, 239, 233))
    draw = ImageDraw.Draw(page)
    u = np.linspace(0, 1, 200)
    for _ in range(int(rng.integers(12, 45))):
        (x0, x1), (y0, y1) = rng.uniform(0, width, 2), rng.uniform(0, height, 2)
        bend = np.sin(np.pi * u * rng.integers(1, 5)) * rng.uniform(0, 80)
        points = list(zip(x0 + (x1 - x0) * u, y0 + (y1 - y0) * u + bend, strict=True))
        colour = ((150, 150, 150), (240, 190, 90), (110, 160, 220), (60, 60, 60))[rng.integers(4)]
        draw.line(points, fill=colour, width=int(rng.integers(1, 9)))
    for _ in range(int(rng.integers(5, 25))):
        at = (float(rng.uniform(0, width)), float(rng.uniform(0, height)))
        draw.text(at, words(rng, 1), fill=(40, 40, 40), font=font(int(rng.integers(12, 26))))
    return page
