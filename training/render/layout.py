"""Places the leads on the paper, in millimetres and seconds."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.render.spec import PageSpec

_COLUMNS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "3x4": (("I", "II", "III"), ("aVR", "aVL", "aVF"), ("V1", "V2", "V3"), ("V4", "V5", "V6")),
    "6x2": (("I", "II", "III", "aVR", "aVL", "aVF"), ("V1", "V2", "V3", "V4", "V5", "V6")),
    "6x1": (("I", "II", "III", "aVR", "aVL", "aVF"),),
    "12x1": (("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"),),
}
LAYOUTS: Final = ("3x4", "3x4+1", "3x4+3", "6x2", "6x2+1", "12x1", "strip", "beat")
"""What is drawn at random: all but 6x1, of which twelve leads cannot be judged."""
PULSE_FOOT_MM: Final = 2.0
"""Length of the baseline before and after a calibration pulse."""
LEGEND_MM: Final = 6.0
"""Height of the band for the printed scale."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One lead drawn from ``start`` to ``end`` seconds, its first sample at (``x``, ``y``) mm."""

    lead: str
    row: int
    column: int
    start: float
    end: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """Size of the paper and the segments on it, all in mm.

    ``plot`` is left, top, right, bottom of the part with the traces.
    """

    width: float
    height: float
    plot: tuple[float, float, float, float]
    segments: tuple[Segment, ...]

    def turn(self, points: NDArray[np.float32], degrees: float) -> NDArray[np.float32]:
        """Turn printed points, (n, 2) in mm, counter-clockwise about the middle of the sheet."""
        if not degrees:
            return points
        angle = np.deg2rad(degrees)
        middle = np.array([self.width, self.height], np.float32) / 2
        rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        turned = (points - middle) @ rotation.T + middle
        return np.asarray(turned, dtype=np.float32)

    def turned(self, at: tuple[float, float], degrees: float) -> tuple[float, float]:
        """Turn one point like ``turn``."""
        if not degrees:
            return at
        x, y = self.turn(np.array([at], np.float32), degrees)[0].tolist()
        return x, y


def columns_of(layout: str, lead: str) -> tuple[tuple[str, ...], ...]:
    """Leads of a layout, column by column; ``lead`` is that of a strip or beat."""
    return _COLUMNS.get(layout.split("+")[0], ((lead,),))


def pulse_width(spec: PageSpec) -> float:
    """Width in mm of a calibration pulse with its feet."""
    if spec.pulse == "open":
        return spec.pulse_s * spec.speed
    return 2 * PULSE_FOOT_MM + spec.pulse_s * spec.speed + spec.pulse_gap


def place_leads(spec: PageSpec, start: float, end: float) -> Sheet:
    """Place the leads of ``spec`` that show the seconds ``start`` to ``end`` of a record."""
    columns = columns_of(spec.layout, spec.rhythm[0])
    extra = spec.rhythm if "+" in spec.layout else ()
    rows = len(columns[0])
    left = spec.margin[0] + (pulse_width(spec) if spec.pulse in ("left", "open") else 0.0)
    top = spec.margin[1] + spec.header_mm + (LEGEND_MM if spec.legend == "top" else 0.0)
    share = (end - start) / len(columns)

    def baseline(row: int) -> float:
        return top + (row + 0.5) * spec.row_mm

    segments = [
        Segment(
            lead=name,
            row=row,
            column=column,
            start=start + column * share,
            end=start + (column + 1) * share,
            x=left + column * (share * spec.speed + spec.column_gap),
            y=baseline(row),
        )
        for column, names in enumerate(columns)
        for row, name in enumerate(names)
    ]
    segments += [
        Segment(name, rows + i, 0, start, end, left, baseline(rows + i))
        for i, name in enumerate(extra)
    ]
    right = left + (end - start) * spec.speed + (len(columns) - 1) * spec.column_gap
    right += pulse_width(spec) if spec.pulse == "right" else 0.0
    bottom = top + (rows + len(extra)) * spec.row_mm
    width = right + spec.margin[2]
    height = bottom + spec.margin[3] + (LEGEND_MM if spec.legend == "bottom" else 0.0)
    if spec.sheet_mm is not None:
        width, height = max(width, spec.sheet_mm[0]), max(height, spec.sheet_mm[1])
    return Sheet(
        width=width,
        height=height,
        plot=(spec.margin[0], top, right, bottom),
        segments=tuple(segments),
    )
