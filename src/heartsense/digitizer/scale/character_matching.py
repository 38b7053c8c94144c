"""Match printed characters with templates of a font by normalised cross-correlation."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.numeric import Floats, Indices

TEMPLATE_PX: Final = 16
"""Every character is scaled to a square of this side."""

ALPHABET: Final = "0123456789msV/nrcewuHN"
"""The characters of a legend, and some that look like them."""

FONT_PX: Final = 48
STROKE_WIDTHS: Final = (0, 2, 4)
"""Pixels added to the strokes of the font at ``FONT_PX``: light, bold, heavy."""
SERIF_WIDTHS: Final = (4, 8)
"""Pixels by which serifs extend beyond their stems at ``FONT_PX``."""
SERIF_HEIGHT: Final = 4
SERIF_CHARACTERS: Final = "mnrHNV"
STEM_WIDTHS: Final = (4, 8)
"""Pixels by which upright strokes, not horizontal ones, are wider at ``FONT_PX``: bold serif fonts.
"""

ASPECT_COST: Final = 0.3
ASPECT_TOLERANCE: Final = 0.2
"""Score lost per unit of log(width / height) beyond the tolerance, relative to the template."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Templates:
    """Several templates for each character of ``ALPHABET``, in that order.

    Attributes
    ----------
    vectors : float64 array, shape (n, TEMPLATE_PX ** 2)
        Unit vectors of mean 0.
    log_aspect : float64 array, shape (n,)
        log(width / height).
    first : int64 array, shape (characters,)
        Index of each character's first template.
    """

    vectors: Floats
    log_aspect: Floats
    first: Indices


def match_character(image: FloatImage) -> dict[str, float]:
    """Score how well an image matches each character.

    Normalised cross-correlation with the best template of a character, less a cost for a
    different aspect ratio.

    Parameters
    ----------
    image : float32 array, shape (height, width)
        Darkness of one glyph, tightly cropped.

    Returns
    -------
    dict
        Score of each character of ``ALPHABET``; 1 is a perfect match.
    """
    templates = font_templates()
    difference = np.abs(np.log(image.shape[1] / image.shape[0]) - templates.log_aspect)
    score = templates.vectors @ _normalised(image)
    score = score - ASPECT_COST * np.maximum(difference - ASPECT_TOLERANCE, 0.0)
    best = np.maximum.reduceat(score, templates.first)
    return dict(zip(ALPHABET, best.tolist(), strict=True))


def _normalised(image: FloatImage) -> Floats:
    """Image at ``TEMPLATE_PX`` as a unit vector of mean 0."""
    size = (TEMPLATE_PX, TEMPLATE_PX)
    small = Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)
    vector = np.asarray(small, dtype=float).ravel()
    vector = vector - vector.mean()
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))


@cache
def font_templates() -> Templates:
    """Templates in Pillow's built-in font at several weights, and variants that it lacks.

    The font has no serifs, and many machines print a 1 with a foot and a zero with a dot or a
    slash inside.
    """
    font = ImageFont.load_default(FONT_PX)
    images = {c: [_render(c, font, width) for width in STROKE_WIDTHS] for c in ALPHABET}
    for character in SERIF_CHARACTERS:
        images[character] += [_render_serifed(character, font, width) for width in SERIF_WIDTHS]
    for character in ALPHABET:
        serif = SERIF_WIDTHS[0] if character in SERIF_CHARACTERS else 0
        images[character] += [_render_stemmed(character, font, serif, w) for w in STEM_WIDTHS]
    images["1"] += [_render_footed_one(width, stem) for width in (20, 28) for stem in (5, 9)]
    images["0"] += [_render_marked_zero(mark, font) for mark in "./"]
    ordered = [image for c in ALPHABET for image in images[c]]
    return Templates(
        vectors=np.stack([_normalised(image) for image in ordered]),
        log_aspect=np.array([np.log(image.shape[1] / image.shape[0]) for image in ordered]),
        first=np.cumsum([0, *(len(images[c]) for c in ALPHABET)])[:-1],
    )


def _render(character: str, font: Font, stroke_width: int, margin: int = 0) -> FloatImage:
    canvas = Image.new("L", (3 * FONT_PX, 3 * FONT_PX))
    draw = ImageDraw.Draw(canvas)
    origin = (FONT_PX, FONT_PX)
    draw.text(origin, character, fill=255, font=font, stroke_width=stroke_width // 2)
    cropped = np.asarray(canvas.crop(canvas.getbbox()), dtype=np.float32)
    return np.pad(cropped, ((0, 0), (margin, margin)))


def _render_serifed(character: str, font: Font, serif: int) -> FloatImage:
    """The character with broadened ends of its stems: the upper ones of a V, else the lower."""
    image = _render(character, font, 0, margin=serif)
    ends = image[:SERIF_HEIGHT] if character == "V" else image[-SERIF_HEIGHT:]
    ends[:] = np.max([np.roll(ends, k, axis=1) for k in range(-serif, serif + 1)], axis=0)
    return image


def _render_stemmed(character: str, font: Font, serif: int, width: int) -> FloatImage:
    """The character, with serifs if it has any, with its strokes drawn wider but no taller."""
    thin = _render_serifed(character, font, serif)
    wide = np.pad(thin, ((0, 0), (0, width)))
    return np.asarray(np.max([np.roll(wide, k, axis=1) for k in range(width + 1)], axis=0))


def _render_footed_one(width: int, stem: int) -> FloatImage:
    """A 1 with a flag and a foot as wide as the image."""
    image = Image.new("L", (width, FONT_PX))
    draw = ImageDraw.Draw(image)
    middle = width // 2
    draw.rectangle((middle - stem // 2, 0, middle - stem // 2 + stem - 1, FONT_PX), fill=255)
    draw.rectangle((0, FONT_PX - stem, width, FONT_PX), fill=255)
    draw.line((middle, 2, 0, FONT_PX // 6), fill=255, width=stem)
    return np.asarray(image, dtype=np.float32)


def _render_marked_zero(mark: str, font: Font) -> FloatImage:
    """A zero with a dot or a slash inside."""
    zero, inside = _render("0", font, 2), _render(mark, font, 2)
    height, width = zero.shape
    size = (width // 3, height // (3 if mark == "." else 2))
    small = np.asarray(Image.fromarray(inside).resize(size))
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    marked = zero.copy()
    part = marked[top : top + size[1], left : left + size[0]]
    np.maximum(part, small, out=part)
    return marked
