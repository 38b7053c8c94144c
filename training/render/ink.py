"""Draws the printed ink: traces, calibration pulses, separators and text."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from training.render.layout import PULSE_FOOT_MM, Sheet, pulse_width
from training.render.spec import PageSpec
from training.render.text import draw_text

_OVERSAMPLING: Final = 3
"""Lines are drawn this many times larger and then reduced, for anti-aliasing."""
_BAR_MM: Final = (0.7, 5.2)
"""Width and height of a short thick separator."""

Points = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ink:
    """Coverage of each page pixel, mode L: all ink, and that of each kind if it was asked for."""

    all: Image.Image
    kinds: dict[str, Image.Image]


def draw_ink(
    spec: PageSpec,
    sheet: Sheet,
    lines: list[Points],
    rng: np.random.Generator,
    kinds: bool = False,
) -> Ink:
    """Draw all ink of a page.

    Parameters
    ----------
    spec : PageSpec
    sheet : Sheet
    lines : list of float32 arrays, shape (n, 2)
        The traces in page pixels.
    rng : Generator
        Chooses texts and their values.
    kinds : bool
        Also the coverage by ``trace``, ``pulse``, ``separator`` and ``label`` alone; where several
        cross, each line counts as the kind that comes first.
    """
    size = (round(sheet.width * spec.px_per_mm), round(sheet.height * spec.px_per_mm))
    strokes = {
        "trace": [(line, spec.ink_px) for line in lines],
        "pulse": [(_on_page(line, spec, sheet), spec.ink_px) for line in _pulses(spec, sheet)],
        "separator": [
            (_on_page(line, spec, sheet), _separator_px(spec)) for line in _separators(spec, sheet)
        ],
    }
    if kinds:
        layers = {kind: _layer(size, some) for kind, some in strokes.items()}
        large = layers["trace"]
        for layer in layers.values():
            large = ImageChops.lighter(large, layer)
    else:
        layers = {}
        large = _layer(size, [stroke for some in strokes.values() for stroke in some])
    ink = large.reduce(_OVERSAMPLING)
    found = {kind: layer.reduce(_OVERSAMPLING) for kind, layer in layers.items()}
    if kinds:
        found["label"] = Image.new("L", size)
        again = np.random.default_rng()
        again.bit_generator.state = rng.bit_generator.state
        draw_text(spec, sheet, ImageDraw.Draw(found["label"]), again)
    draw_text(spec, sheet, ImageDraw.Draw(ink), rng)
    return Ink(ink, found)


def _layer(size: tuple[int, int], strokes: list[tuple[Points, float]]) -> Image.Image:
    large = Image.new("L", (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING))
    pen = ImageDraw.Draw(large)
    for line, width in strokes:
        _stroke(pen, line, width)
    return large


def _stroke(pen: ImageDraw.ImageDraw, line: Points, width: float) -> None:
    # Pillow truncates decimals; only odd widths are symmetric about their line
    fine = np.round(line * _OVERSAMPLING + (_OVERSAMPLING - 1) / 2)
    odd = 2 * round((width * _OVERSAMPLING - 1) / 2) + 1
    pen.line(fine.ravel().tolist(), fill=255, width=odd)


def _on_page(line: Points, spec: PageSpec, sheet: Sheet) -> Points:
    """Printed points in mm, in page pixels."""
    return np.asarray(sheet.turn(line, spec.skew) * spec.px_per_mm, dtype=np.float32)


def _pulses(spec: PageSpec, sheet: Sheet) -> list[Points]:
    """Calibration pulses of 1 mV, one beside each row, in mm."""
    if spec.pulse == "none":
        return []
    left = sheet.plot[2] - pulse_width(spec) if spec.pulse == "right" else sheet.plot[0]
    if spec.pulse == "right":
        left += spec.pulse_gap
    foot, plateau = PULSE_FOOT_MM, spec.pulse_s * spec.speed
    if spec.pulse == "open":  # it begins at the row's height and ends where the trace begins
        x = left + np.array([0, 0, plateau, plateau])
        up = np.array([0, spec.gain, spec.gain, 0])
    else:
        x = left + np.array([0, foot, foot, foot + plateau, foot + plateau, 2 * foot + plateau])
        up = np.array([0, 0, spec.gain, spec.gain, 0, 0])
    rows = sorted({s.y for s in sheet.segments})
    return [np.column_stack([x, y - up]).astype(np.float32) for y in rows]


def _separator_px(spec: PageSpec) -> float:
    if spec.separators == "bars":
        return max(_BAR_MM[0] * spec.px_per_mm, spec.ink_px * 1.5)
    return spec.ink_px * 1.2


def _separators(spec: PageSpec, sheet: Sheet) -> list[Points]:
    """Marks between the columns, in mm."""
    later = [s for s in sheet.segments if s.column > 0]
    if spec.separators == "none" or not later:
        return []
    half = spec.row_mm * 0.14
    if spec.separators == "bars":
        drop = _BAR_MM[1] * (0.0 if spec.seed % 3 else 0.4)  # some stand below the line
        spans = [(s.x, s.y - _BAR_MM[1] / 2 + drop, s.y + _BAR_MM[1] / 2 + drop) for s in later]
    elif spec.separators == "ticks":
        spans = [(s.x, s.y - half, s.y + half) for s in later]
    else:
        y = [s.y for s in later]
        spans = [(x, min(y) - half, max(y) + half) for x in sorted({s.x for s in later})]
    gap = spec.column_gap / 2
    return [np.array([[x - gap, a], [x - gap, b]], np.float32) for x, a, b in spans]
