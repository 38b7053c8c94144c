"""Writes the printed text: lead labels, header and scale."""

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from PIL import ImageDraw, ImageFont

from training.render.layout import LEGEND_MM, Segment, Sheet
from training.render.spec import PageSpec

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw_text(
    spec: PageSpec, sheet: Sheet, pen: ImageDraw.ImageDraw, rng: np.random.Generator
) -> None:
    """Write all text of a page with full ink."""
    if spec.labels:
        for segment in sheet.segments:
            _label(spec, sheet, pen, segment)
    if spec.header:
        {"machine": _header, "study": _study_header}[spec.header_style](spec, pen, rng)
    if spec.legend == "apart":
        _scale_apart(spec, sheet, pen)
    elif spec.legend != "none":
        _legend(spec, sheet, pen, rng)


def _label(spec: PageSpec, sheet: Sheet, pen: ImageDraw.ImageDraw, segment: Segment) -> None:
    up = {"above": 0.22 * spec.row_mm, "on": 0.3, "below": -0.12 * spec.row_mm - spec.label_mm}
    text = segment.lead.upper() if spec.label_upper else segment.lead
    at = (segment.x + 0.6, segment.y - up[spec.label_place])
    _text(spec, pen, sheet.turned(at, spec.skew), text, spec.label_mm)


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


def _scale_apart(spec: PageSpec, sheet: Sheet, pen: ImageDraw.ImageDraw) -> None:
    """Speed and gain side by side far below the traces, over the grid."""
    y = min(sheet.plot[3] + 8.0, sheet.height - spec.frame_mm - 3.0)
    x = sheet.plot[0] + 0.12 * (sheet.plot[2] - sheet.plot[0])
    _text(spec, pen, (x, y), f"{spec.speed:g}mm/s", spec.label_mm)
    _text(spec, pen, (x + 50.0, y), f"{spec.gain:g}mm/mV", spec.label_mm)


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


def _study_header(spec: PageSpec, pen: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Fields of a research database, printed over the grid in the sheet's upper corner."""
    sex = ("Male", "Female")[int(rng.integers(2))]
    age, height, weight = (int(rng.integers(a, b)) for a, b in ((18, 95), (145, 200), (45, 120)))
    year, month, day = (int(rng.integers(a, b)) for a, b in ((1984, 2024), (1, 13), (1, 29)))
    hour, minute, second = (int(rng.integers(b)) for b in (24, 60, 60))
    fields = [
        (f"ID: {int(rng.integers(10**5)):05d}", f"Age: {age} yrs", f"Sex: {sex}"),
        ("Name:", f"Height: {height}" if rng.random() < 0.6 else "Height:"),
        (
            f"Date: {year}-{month:02d}-{day:02d}, {hour:02d}:{minute:02d}:{second:02d}",
            f"Weight: {weight} Kgs",
        ),
    ]
    top = spec.frame_mm + float(rng.uniform(-1, 6))
    for i, column in enumerate(fields):
        for j, text in enumerate(column):
            at = (spec.frame_mm + 2 + 68 * i, top + 5.2 * (j + 1))
            _text(spec, pen, at, text, spec.label_mm * 0.9)


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
        font=load_font(spec.font, size),
        anchor="ls",
    )


@lru_cache(maxsize=64)
def load_font(name: str, size: int) -> Font:
    """A font of matplotlib, or Pillow's for ``default``."""
    if name == "default":
        return ImageFont.load_default(size)
    spec = importlib.util.find_spec("matplotlib")  # importing it takes a second
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pages take their fonts from matplotlib, which is not installed")
    return ImageFont.truetype(Path(spec.origin).parent / "mpl-data/fonts/ttf" / name, size)
