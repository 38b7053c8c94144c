"""Draws the ink: traces, calibration pulses, separators and text."""

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.render.layout import LEGEND_MM, PULSE_FOOT_MM, Segment, Sheet, pulse_width
from training.render.spec import PageSpec

_OVERSAMPLING: Final = 3
"""Lines are drawn this many times larger and then reduced, for anti-aliasing."""

Points = NDArray[np.float32]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw_ink(
    spec: PageSpec,
    sheet: Sheet,
    lines: list[Points],
    rng: np.random.Generator,
) -> Image.Image:
    """Ink coverage of each pixel, mode L; ``lines`` are the traces in page pixels."""
    size = (round(sheet.width * spec.px_per_mm), round(sheet.height * spec.px_per_mm))
    large = Image.new("L", (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING))
    pen = ImageDraw.Draw(large)
    for line in lines:
        _stroke(pen, line, spec.ink_px)
    for line in _pulses(spec, sheet):
        _stroke(pen, line * spec.px_per_mm, spec.ink_px)
    for line in _separators(spec, sheet):
        _stroke(pen, line * spec.px_per_mm, spec.ink_px * 1.2)
    ink = large.reduce(_OVERSAMPLING)
    _draw_text(spec, sheet, ImageDraw.Draw(ink), rng)
    return ink


def _stroke(pen: ImageDraw.ImageDraw, line: Points, width: float) -> None:
    # Pillow truncates decimals; only odd widths are symmetric about their line
    fine = np.round(line * _OVERSAMPLING + (_OVERSAMPLING - 1) / 2)
    odd = 2 * round((width * _OVERSAMPLING - 1) / 2) + 1
    pen.line(fine.ravel().tolist(), fill=255, width=odd)


def _pulses(spec: PageSpec, sheet: Sheet) -> list[Points]:
    """Calibration pulses of 1 mV, one beside each row, in mm."""
    if spec.pulse == "none":
        return []
    left = sheet.plot[0] if spec.pulse == "left" else sheet.plot[2] - pulse_width(spec)
    if spec.pulse == "right":
        left += spec.pulse_gap
    foot, plateau = PULSE_FOOT_MM, spec.pulse_s * spec.speed
    x = left + np.array([0, foot, foot, foot + plateau, foot + plateau, 2 * foot + plateau])
    up = np.array([0, 0, spec.gain, spec.gain, 0, 0])
    rows = sorted({s.y for s in sheet.segments})
    return [np.column_stack([x, y - up]).astype(np.float32) for y in rows]


def _separators(spec: PageSpec, sheet: Sheet) -> list[Points]:
    """Marks between the columns, in mm."""
    later = [s for s in sheet.segments if s.column > 0]
    if spec.separators == "none" or not later:
        return []
    half = spec.row_mm * 0.14
    if spec.separators == "ticks":
        spans = [(s.x, s.y - half, s.y + half) for s in later]
    else:
        y = [s.y for s in later]
        spans = [(x, min(y) - half, max(y) + half) for x in sorted({s.x for s in later})]
    gap = spec.column_gap / 2
    return [np.array([[x - gap, a], [x - gap, b]], np.float32) for x, a, b in spans]


def _draw_text(
    spec: PageSpec, sheet: Sheet, pen: ImageDraw.ImageDraw, rng: np.random.Generator
) -> None:
    if spec.labels:
        for segment in sheet.segments:
            _label(spec, pen, segment)
    if spec.header:
        _header(spec, pen, rng)
    if spec.legend != "none":
        _legend(spec, sheet, pen, rng)


def _label(spec: PageSpec, pen: ImageDraw.ImageDraw, segment: Segment) -> None:
    up = {"above": 0.22 * spec.row_mm, "on": 0.3, "below": -0.12 * spec.row_mm - spec.label_mm}
    text = segment.lead.upper() if spec.label_upper else segment.lead
    _text(spec, pen, (segment.x + 0.6, segment.y - up[spec.label_place]), text, spec.label_mm)


def _legend(
    spec: PageSpec, sheet: Sheet, pen: ImageDraw.ImageDraw, rng: np.random.Generator
) -> None:
    speed, gain = f"{spec.speed:g}", f"{spec.gain:g}"
    text = (
        f"{speed} mm/s   {gain} mm/mV   {spec.highpass:g}-150 Hz",
        f"{speed}mm/s  {gain}mm/mV  40Hz",
        f"{speed} mm/sec  {gain} mm/mV",
        f"Speed: {speed} mm/s   Gain: {gain} mm/mV",
    )[int(rng.integers(4))]
    if spec.legend == "bottom":
        at = (sheet.plot[0] + 1.0, sheet.height - spec.margin[3] * 0.5 - 1.0)
    else:
        at = (sheet.plot[0] + 1.0, sheet.plot[1] - LEGEND_MM * 0.25)
    _text(spec, pen, at, text, 2.8)


def _header(spec: PageSpec, pen: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Header fields as machines print them, with random values."""
    rate, pr, qrs, qt, qtc, axis = (int(rng.integers(a, b)) for a, b in _FIELDS)
    fields = [
        (f"ID: {int(rng.integers(10**6, 10**7))}", f"{int(rng.integers(20, 90))} years"),
        (f"Vent. rate  {rate} BPM", f"PR interval  {pr} ms", f"QRS duration  {qrs} ms"),
        (f"QT/QTc  {qt}/{qtc} ms", f"P-R-T axes  {axis} {axis + 12} {axis - 9}", "Unconfirmed"),
    ]
    lines = max(len(column) for column in fields)
    step = min(spec.header_mm / (lines + 1), 6.0)
    for i, column in enumerate(fields):
        for j, text in enumerate(column):
            at = (spec.margin[0] + 2 + 70 * i, spec.margin[1] + step * (j + 1))
            _text(spec, pen, at, text, step * 0.55)


_FIELDS: Final = ((45, 130), (110, 220), (70, 150), (330, 460), (380, 490), (-30, 90))


def _text(
    spec: PageSpec,
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    height: float,
) -> None:
    """Write ``text`` with its baseline at ``at`` mm and capitals of about ``height`` mm."""
    size = max(round(height * spec.px_per_mm / 0.73), 6)
    pen.text(
        (at[0] * spec.px_per_mm, at[1] * spec.px_per_mm),
        text,
        fill=255,
        font=_font(spec.font, size),
        anchor="ls",
    )


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> Font:
    """A font of matplotlib, or Pillow's for ``default``."""
    if name == "default":
        return ImageFont.load_default(size)
    spec = importlib.util.find_spec("matplotlib")  # importing it takes a second
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pages take their fonts from matplotlib, which is not installed")
    return ImageFont.truetype(Path(spec.origin).parent / "mpl-data/fonts/ttf" / name, size)
