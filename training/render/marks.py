"""What people leave on a page: handwriting, stamps, stains, and fingers that hold it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from training.render.layout import Sheet
from training.render.spec import PageSpec
from training.render.text import load_font

_OVERSAMPLING: Final = 2
_SKINS: Final = ((224, 172, 140), (198, 134, 100), (141, 85, 60), (240, 200, 175), (90, 56, 40))
_STAINS: Final = ((190, 150, 90), (170, 175, 150), (205, 170, 120), (160, 150, 170))

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Marked:
    """A page with marks, RGB, and the coverage by pen and stamp, mode L."""

    page: Image.Image
    pen: Image.Image


def draw_marks(page: Image.Image, spec: PageSpec, sheet: Sheet, rng: np.random.Generator) -> Marked:
    """Stain the page, stamp it and write on it."""
    pen = Image.new("L", page.size)
    for _ in range(spec.marks.stains):
        page = _stain(page, spec.px_per_mm, rng)
    for _ in range(spec.marks.stamps):
        _stamp(pen, spec, sheet, rng)
    if spec.marks.handwriting:
        _write(pen, spec, sheet, rng)
    page = page.copy()
    page.paste(spec.marks.pen, mask=pen)
    return Marked(page, pen)


def _write(pen: Image.Image, spec: PageSpec, sheet: Sheet, rng: np.random.Generator) -> None:
    """A line of words, mostly where the page is empty, or a mark at a row."""
    scale = spec.px_per_mm * _OVERSAMPLING
    height = rng.uniform(2.5, 5.0)
    strokes = []
    empty = sheet.plot[1] - 12 if sheet.plot[1] > 35 and rng.random() < 0.75 else sheet.height - 20
    x, y = rng.uniform(0.15, 0.5) * sheet.width, rng.uniform(0.4, 1.0) * empty + 6
    slope = rng.normal(0, 0.06)
    for _ in range(spec.marks.handwriting):
        word = _word(int(rng.integers(2, 9)), height, rng)
        strokes.append(word + np.array([x, y]))
        x += np.ptp(word[:, 0]) + 2 * height
        y += slope * np.ptp(word[:, 0])
    if rng.random() < 0.3:  # underlined, or a wave that is circled
        t = np.linspace(0, 2 * np.pi, 40)
        middle = rng.uniform(0.2, 0.8, 2) * (sheet.width, sheet.height)
        strokes.append(np.column_stack([np.cos(t), 0.8 * np.sin(t)]) * rng.uniform(4, 10) + middle)
    width = max(1, round(rng.uniform(0.25, 0.6) * scale))
    for stroke in strokes:
        points = stroke * scale
        low = np.floor(points.min(axis=0) - width - 2).astype(int)
        high = np.ceil(points.max(axis=0) + width + 2).astype(int)
        low -= low % _OVERSAMPLING
        size = (high - low + _OVERSAMPLING - (high - low) % _OVERSAMPLING).tolist()
        large = Image.new("L", (size[0], size[1]))
        ink = int(rng.uniform(170, 255))
        ImageDraw.Draw(large).line((points - low).ravel().tolist(), fill=ink, width=width)
        small = large.reduce(_OVERSAMPLING)
        corner = (int(low[0]) // _OVERSAMPLING, int(low[1]) // _OVERSAMPLING)
        pen.paste(255, (*corner, corner[0] + small.width, corner[1] + small.height), small)


def _word(letters: int, height: float, rng: np.random.Generator) -> Points:
    """A cursive scribble, shape (n, 2) in mm: a smooth line through points on the letters."""
    knots = []
    for letter in range(letters):
        tall = rng.choice([0.45, 0.45, 0.5, 1.0])
        for _ in range(int(rng.integers(3, 6))):
            knots.append((letter * 0.6 + rng.normal(0.25, 0.18), rng.uniform(-0.1, tall)))
    points = np.array(knots) * height
    # Corners cut twice (Chaikin): a smooth line near all points.
    for _ in range(2):
        first, second = points[:-1], points[1:]
        points = np.stack([0.75 * first + 0.25 * second, 0.25 * first + 0.75 * second], 1)
        points = points.reshape(-1, 2)
    return np.asarray(points * np.array([1.0, -1.0]))


def _stamp(pen: Image.Image, spec: PageSpec, sheet: Sheet, rng: np.random.Generator) -> None:
    """A round or square stamp with a word, unevenly inked."""
    side = round(rng.uniform(18, 35) * spec.px_per_mm)
    stamp = Image.new("L", (side, side))
    draw = ImageDraw.Draw(stamp)
    line = max(1, round(0.5 * spec.px_per_mm))
    shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
    shape((2, side // 5, side - 3, side - side // 5), outline=255, width=line)
    word = ("COPY", "SEEN", "CHECKED", "WARD 3", "FILED")[int(rng.integers(5))]
    font = load_font("DejaVuSans-Bold.ttf", max(side // 7, 6))
    draw.text((side / 2, side / 2), word, fill=255, font=font, anchor="mm")
    inked = rng.integers(90, 255, (9, 9)).astype(np.uint8)
    worn = Image.fromarray(inked).resize(stamp.size, Image.Resampling.BICUBIC)
    stamp = Image.composite(stamp, Image.new("L", stamp.size), worn)
    stamp = stamp.rotate(float(rng.uniform(-40, 40)), Image.Resampling.BILINEAR)
    at = rng.uniform(0.05, 0.75, 2) * (sheet.width, sheet.height) * spec.px_per_mm
    pen.paste(255, (int(at[0]), int(at[1]), int(at[0]) + side, int(at[1]) + side), stamp)


def _stain(page: Image.Image, px_per_mm: float, rng: np.random.Generator) -> Image.Image:
    """A blotch or the ring of a cup, which darkens what is below it."""
    small = (max(page.width // 8, 8), max(page.height // 8, 8))
    y, x = np.mgrid[0 : small[1], 0 : small[0]].astype(np.float32) * (8 / px_per_mm)
    cx, cy = rng.uniform(0, 1, 2) * (page.width, page.height) / px_per_mm
    radius = rng.uniform(6, 35)
    distance = np.hypot(x - cx, (y - cy) * rng.uniform(0.8, 1.3)) / radius
    wobble = np.arctan2(y - cy, x - cx)
    distance += 0.12 * np.sin(3 * wobble + rng.uniform(0, 6)) + 0.05 * np.sin(7 * wobble)
    if rng.random() < 0.4:
        strength = np.exp(-(((distance - 1) / 0.09) ** 2)) + 0.15 * (distance < 1)
    else:
        strength = np.clip(1.2 - distance, 0, 0.2) * 3 + 0.4 * np.exp(
            -(((distance - 1) / 0.05) ** 2)
        )
    share = np.clip(rng.uniform(0.3, 0.9) * strength, 0, 1) * 255
    mask = Image.fromarray(share.astype(np.uint8)).resize(page.size, Image.Resampling.BILINEAR)
    colour = np.array(_STAINS[int(rng.integers(len(_STAINS)))])
    tint = page.point([v * c // 255 for c in colour.tolist() for v in range(256)])
    return Image.composite(tint, page, mask)


def draw_fingers(
    picture: Image.Image, sheet: Image.Image, px_per_mm: float, count: int, rng: np.random.Generator
) -> tuple[Image.Image, Image.Image]:
    """Lay fingers over the edge of the sheet.

    Parameters
    ----------
    picture : Image
    sheet : Image
        Mask of the sheet on the picture, mode L.
    px_per_mm : float
    count : int
    rng : Generator

    Returns
    -------
    Image, Image
        The picture, and the mask of what the fingers cover.
    """
    cover = Image.new("L", picture.size)
    box = sheet.getbbox()
    if box is None:
        return picture, cover
    skin = np.array(_SKINS[int(rng.integers(len(_SKINS)))])
    side = int(rng.integers(4))
    for _ in range(count):
        finger = Image.new("L", picture.size)
        # A thumb: a rounded bar of 16 to 22 mm that comes from outside over the edge.
        along, depth, half = rng.uniform(0.1, 0.9), rng.uniform(5, 22), rng.uniform(8, 11)
        ends = _finger_ends(box, side, along, depth * px_per_mm, rng)
        radius = half * px_per_mm
        pen = ImageDraw.Draw(finger)
        pen.line([*ends[0], *ends[1]], fill=255, width=round(2 * radius))
        x, y = ends[0]
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
        soft = finger.filter(ImageFilter.BoxBlur(max(1.0, 0.4 * px_per_mm)))
        round_ = finger.resize((finger.width // 8 + 1, finger.height // 8 + 1)).filter(
            ImageFilter.GaussianBlur(radius / 20)
        )
        light = np.asarray(round_, np.float32)[:, :, None] / 255
        flesh = Image.fromarray(
            np.clip(skin * (0.35 + 0.7 * light), 0, 255).astype(np.uint8)
        ).resize(picture.size, Image.Resampling.BILINEAR)
        picture = Image.composite(flesh, picture, soft)
        cover.paste(255, mask=finger)
    return picture, cover


def _finger_ends(
    box: tuple[int, int, int, int], side: int, along: float, depth: float, rng: np.random.Generator
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Tip and root of a finger over the left, top, right or bottom edge of a box."""
    left, top, right, bottom = box
    lean = float(rng.normal(0, 0.3)) * 1500
    x, y = left + along * (right - left), top + along * (bottom - top)
    return (
        ((left + depth, y), (left - 1500, y + lean)),
        ((x, top + depth), (x + lean, top - 1500)),
        ((right - depth, y), (right + 1500, y + lean)),
        ((x, bottom - depth), (x + lean, bottom + 1500)),
    )[side]
