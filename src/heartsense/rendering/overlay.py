"""The digitized traces, drawn over the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from heartsense.ecg import Digitized, Trace
from heartsense.rendering.drawing import Colour, Pixels, draw_label, draw_line, fade, pen_width

_COLOURS: Final[tuple[Colour, ...]] = (
    (200, 30, 60),
    (20, 100, 200),
    (0, 130, 80),
    (150, 60, 180),
)
_BEAT_COLOURS: Final[dict[str, Colour]] = {
    "V": (170, 0, 110),
    "S": (190, 90, 0),
    "?": (90, 90, 90),
}
_FRAME: Final[Colour] = (230, 140, 0)


@dataclass(frozen=True, slots=True)
class BeatMark:
    """A beat to mark: its time on the ECG's time axis in seconds, and a letter or none."""

    seconds: float
    letter: str


def draw_overlay(
    pixels: Pixels, digitized: Digitized, beats: Sequence[BeatMark] = ()
) -> Image.Image:
    """Draw the digitized traces, their lead names, beats, and a frame round all of them.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        The page that was digitized.
    digitized : Digitized
    beats : sequence of BeatMark
        Beats of a single lead.
    """
    image = fade(pixels)
    draw = ImageDraw.Draw(image)
    width = pen_width(pixels)
    for number, trace in enumerate(digitized.traces):
        colour = _COLOURS[number % len(_COLOURS)]
        draw_line(draw, trace.points, colour, width)
        known = trace.points[np.isfinite(trace.points).all(axis=1)]
        if len(known):
            corner = (float(known[0, 0]), float(known[: len(known) // 4 + 1, 1].min()) - width)
            draw_label(draw, trace.lead, corner, colour, 9 * width)
    for beat in beats:
        _mark(draw, digitized.traces, beat, width)
    _frame(draw, digitized, width)
    return image


def _mark(draw: ImageDraw.ImageDraw, traces: Sequence[Trace], beat: BeatMark, width: int) -> None:
    """A dot on the trace where the beat is, and its letter above."""
    for trace in traces:
        if not trace.start <= beat.seconds <= trace.end or len(trace.points) < 2:
            continue
        share = (beat.seconds - trace.start) / max(trace.end - trace.start, 1e-9)
        columns = trace.points[:, 0]
        x = columns[0] + share * (columns[-1] - columns[0])
        at_x, y = trace.points[int(np.nanargmin(np.abs(columns - x)))]
        if not np.isfinite(y):
            continue
        colour = _BEAT_COLOURS.get(beat.letter, _COLOURS[1])
        radius = 2 * width
        draw.ellipse((at_x - radius, y - radius, at_x + radius, y + radius), colour)
        if beat.letter:
            corner = (float(at_x) - 3 * width, float(y) - 4 * width)
            draw_label(draw, beat.letter, corner, colour, 9 * width)


def _frame(draw: ImageDraw.ImageDraw, digitized: Digitized, width: int) -> None:
    points = [trace.points for trace in digitized.traces]
    if not points:
        return
    every = np.concatenate(points)
    margin = 4 * width
    left, top = np.nanmin(every, axis=0) - margin
    right, bottom = np.nanmax(every, axis=0) + margin
    draw.rectangle((float(left), float(top), float(right), float(bottom)), None, _FRAME, width)
