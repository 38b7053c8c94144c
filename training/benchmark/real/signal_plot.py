"""The true and the digitized signal, drawn over each other."""

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from heartsense.ecg import ECG
from training.benchmark.overlay import DIGITIZED_COLOUR, TRUE_COLOUR

_WIDTH: Final = 1200
_ROW: Final = 100
_PX_PER_MV: Final = 30


@dataclass(frozen=True, slots=True)
class _Cell:
    """One lead's place: its left edge in pixels, its row, its first and last second."""

    lead: str
    left: float
    row: int
    start: float
    end: float


def draw_signals(truth: ECG, read: ECG) -> bytes:
    """PNG of each printed lead, from its first to its last sample, at the page's own times.

    The true signal is green, the digitized one magenta, both about their means; a second is as
    wide in each lead. Leads are not shifted in time, as they are for the comparison.
    """
    cells = _cells(truth)
    rows = 1 + max((cell.row for cell in cells), default=0)
    image = Image.new("RGB", (_WIDTH, _ROW * rows), "white")
    draw = ImageDraw.Draw(image)
    for cell in cells:
        _draw_lead(draw, truth, cell, TRUE_COLOUR, _WIDTH / truth.duration)
        if cell.lead in read.leads:
            _draw_lead(draw, read, cell, DIGITIZED_COLOUR, _WIDTH / truth.duration)
        draw.text((cell.left + 2, cell.row * _ROW + 2), cell.lead, fill="black")
    encoded = io.BytesIO()
    image.quantize(16).save(encoded, "PNG")
    return encoded.getvalue()


def _cells(truth: ECG) -> list[_Cell]:
    """Leads from left to right, row by row, those of half the page or more last."""
    spans = []
    for lead in truth.leads:
        shown = np.flatnonzero(np.isfinite(truth.lead(lead)))
        if len(shown):
            spans.append((lead, float(shown[0]) / truth.rate, float(shown[-1] + 1) / truth.rate))
    spans.sort(key=lambda span: span[2] - span[1] > truth.duration / 2)
    cells: list[_Cell] = []
    left, row = 0.0, 0
    for lead, start, end in spans:
        width = (end - start) * _WIDTH / truth.duration
        if left + width > _WIDTH + 1:
            left, row = 0.0, row + 1
        cells.append(_Cell(lead, left, row, start, end))
        left += width
    return cells


def _draw_lead(
    draw: ImageDraw.ImageDraw,
    ecg: ECG,
    cell: _Cell,
    colour: tuple[int, int, int],
    px_per_second: float,
) -> None:
    first = round(cell.start * ecg.rate)
    mv = ecg.lead(cell.lead)[first : round(cell.end * ecg.rate)].astype(np.float64)
    shown = np.flatnonzero(np.isfinite(mv))
    if not len(shown):
        return
    up = np.clip((mv - mv[shown].mean()) * _PX_PER_MV, -_ROW / 2, _ROW / 2)
    x = cell.left + np.arange(len(mv)) / ecg.rate * px_per_second
    y = (cell.row + 0.5) * _ROW - up
    for run in np.split(shown, np.flatnonzero(np.diff(shown) > 1) + 1):
        draw.line(np.column_stack([x[run], y[run]]).ravel().tolist(), fill=colour, width=1)
