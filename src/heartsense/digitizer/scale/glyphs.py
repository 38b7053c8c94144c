"""Printed characters: strokes as small pictures, compared with a font's by correlation."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from heartsense.digitizer.ink import Map

SIDE: Final = 16
"""Every glyph is compared as a picture of this many pixels either way."""

ALPHABET: Final = "0123456789msV/nrcewuHN"
"""The characters of a legend, and some that look like them."""

_SIZE: Final = 48
_BOLD: Final = (0, 2, 4)
"""Extra pixels about the strokes of the font at ``_SIZE``: light, bold, heavy."""
_SERIFS: Final = (4, 8)
"""How far serifs reach beyond their stems, pixels at ``_SIZE``."""
_SERIF_HEIGHT: Final = 4

SHAPE_COST, SHAPE_FREE = 0.3, 0.2
"""What a narrower or wider shape than the template's costs, by log(width / height)."""

Floats = NDArray[np.float64]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Templates:
    """Characters of the font as unit vectors: ``looks`` has shape (n, SIDE * SIDE)."""

    looks: Floats
    slender: Floats
    """log(width / height) of each."""
    first: NDArray[np.int64]
    """Where each character of ``ALPHABET`` begins among them."""


def look(picture: Map) -> Floats:
    """A glyph's picture (darkness) as a unit vector without mean, whatever its size and shape."""
    small = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    flat = np.asarray(small, dtype=float).ravel()
    flat = flat - flat.mean()
    return np.asarray(flat / max(float(np.linalg.norm(flat)), 1e-9))


@cache
def templates() -> Templates:
    """Every character of ``ALPHABET`` in the font that Pillow brings along, light to heavy.

    The font has no serifs, and many machines print a 1 with a foot and a zero with a dot or a
    stroke inside; such shapes are drawn upon the font's.
    """
    font = ImageFont.load_default(_SIZE)
    looks = {c: [_printed(c, font, bold) for bold in _BOLD] for c in ALPHABET}
    for character in "mnrHNV":
        looks[character] += [_serifed(character, font, reach) for reach in _SERIFS]
    looks["1"] += [_footed_one(width, stem) for width in (20, 28) for stem in (5, 9)]
    looks["0"] += [_marked_zero(mark, font) for mark in "./"]
    pictures = [p for c in ALPHABET for p in looks[c]]
    return Templates(
        looks=np.stack([look(p) for p in pictures]),
        slender=np.array([np.log(p.shape[1] / p.shape[0]) for p in pictures]),
        first=np.cumsum([0, *(len(looks[c]) for c in ALPHABET)])[:-1],
    )


def _printed(character: str, font: Font, bold: int, margin: int = 0) -> Map:
    picture = Image.new("L", (3 * _SIZE, 3 * _SIZE))
    pen = ImageDraw.Draw(picture)
    pen.text((_SIZE, _SIZE), character, fill=255, font=font, stroke_width=bold // 2)
    tight = np.asarray(picture.crop(picture.getbbox()), dtype=np.float32)
    return np.pad(tight, ((0, 0), (margin, margin)))


def _serifed(character: str, font: Font, reach: int) -> Map:
    """The character with the ends of its stems broadened: of a V the upper ones, else the lower."""
    picture = _printed(character, font, 0, margin=reach)
    ends = picture[:_SERIF_HEIGHT] if character == "V" else picture[-_SERIF_HEIGHT:]
    ends[:] = np.max([np.roll(ends, k, axis=1) for k in range(-reach, reach + 1)], axis=0)
    return picture


def _footed_one(width: int, stem: int) -> Map:
    """A 1 that stands on a foot as wide as its flag reaches on both sides."""
    picture = Image.new("L", (width, _SIZE))
    pen = ImageDraw.Draw(picture)
    middle = width // 2
    pen.rectangle((middle - stem // 2, 0, middle - stem // 2 + stem - 1, _SIZE), fill=255)
    pen.rectangle((0, _SIZE - stem, width, _SIZE), fill=255)
    pen.line((middle, 2, 0, _SIZE // 6), fill=255, width=stem)
    return np.asarray(picture, dtype=np.float32)


def _marked_zero(mark: str, font: Font) -> Map:
    zero, inside = _printed("0", font, 2), _printed(mark, font, 2)
    height, width = zero.shape
    size = (width // 3, height // (3 if mark == "." else 2))
    small = np.asarray(Image.fromarray(inside).resize(size))
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    marked = zero.copy()
    part = marked[top : top + size[1], left : left + size[0]]
    np.maximum(part, small, out=part)
    return marked


def likeness(picture: Map) -> dict[str, float]:
    """How much a picture looks like each character: its best correlation, less what shape costs."""
    known = templates()
    off = np.abs(np.log(picture.shape[1] / picture.shape[0]) - known.slender)
    match = known.looks @ look(picture) - SHAPE_COST * np.maximum(off - SHAPE_FREE, 0.0)
    best = np.maximum.reduceat(match, known.first)
    return dict(zip(ALPHABET, best.tolist(), strict=True))
