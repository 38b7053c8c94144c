"""Random prints of an office printer: a white sheet, a dark grid, three quarters of it empty."""

from dataclasses import replace
from typing import Final

import numpy as np

from training.render.layout import columns_of
from training.render.spec import Colour, Legend, Marks, PageSpec, Pulse, Separators

_SHEETS: Final = ((279.4, 215.9), (297.0, 210.0))
_GRIDS: Final[tuple[tuple[Colour, Colour], ...]] = (
    ((205, 150, 150), (150, 60, 60)),  # dark red
    ((215, 165, 160), (120, 60, 55)),  # brown
    ((120, 120, 120), (60, 60, 60)),  # black, all lines
    ((175, 175, 175), (90, 90, 90)),  # grey
    ((150, 150, 155), (110, 110, 115)),  # all lines alike
    ((245, 170, 175), (225, 90, 95)),  # red
    ((180, 195, 225), (90, 110, 160)),  # blue
)
_GRID_SHARES: Final = (0.27, 0.15, 0.18, 0.13, 0.09, 0.12, 0.06)
_PENS: Final = ((30, 40, 120), (25, 25, 30), (60, 60, 65), (170, 30, 40))
_PRINTED_FONTS: Final = ("DejaVuSans.ttf", "DejaVuSansMono.ttf", "STIXGeneral.ttf", "default")
_LEAST_ROW_MM: Final = 11.0


def randomize_print(rng: np.random.Generator, spec: PageSpec) -> PageSpec:
    """Print a page, whose layout and leads are given, on an office printer."""
    spec = _randomize_sheet(rng, spec)
    spec = _randomize_print_grid(rng, spec)
    legends: tuple[Legend, ...] = ("apart", "bottom", "none")
    pulses: tuple[Pulse, ...] = ("open", "left", "none")
    separators: tuple[Separators, ...] = ("bars", "ticks", "none")
    pulse = pulses[int(rng.choice(3, p=[0.65, 0.2, 0.15]))]
    legend = legends[int(rng.choice(3, p=[0.7, 0.15, 0.15]))]
    grey = int(rng.integers(5, 70))
    return replace(
        spec,
        speed=25.0,
        gain=10.0 if pulse == "none" and legend == "none" else spec.gain,
        ink=(grey, grey, min(grey + int(rng.integers(0, 12)), 90)),
        ink_px=float(np.clip(spec.px_per_mm * rng.uniform(0.16, 0.34), 0.9, 4.0)),
        ink_loss=float(rng.uniform(0.02, 0.25)) if rng.random() < 0.25 else 0.0,
        pulse=pulse,
        pulse_gap=0.0,
        pulse_s=0.2,
        separators=separators[int(rng.choice(3, p=[0.65, 0.15, 0.2]))],
        label_place="below" if rng.random() < 0.75 else spec.label_place,
        label_mm=float(rng.uniform(2.6, 3.8)),
        font=str(rng.choice(_PRINTED_FONTS, p=[0.7, 0.1, 0.1, 0.1])),
        legend=legend,
        header=bool(rng.random() < 0.8),
        header_style="study",
        header_mm=0.0,
        column_gap=0.0,
        joined=bool(rng.random() < 0.7),
    )


def _randomize_sheet(rng: np.random.Generator, spec: PageSpec) -> PageSpec:
    """A sheet whose upper part is empty, with a frame around its grid."""
    sheet = _SHEETS[int(rng.integers(len(_SHEETS)))]
    frame = float(rng.uniform(2.5, 8.0))
    extra = len(spec.rhythm) if "+" in spec.layout else 0
    rows = len(columns_of(spec.layout, spec.rhythm[0])[0]) + extra
    bottom = frame + float(rng.uniform(7, 22))
    room = sheet[1] - bottom - frame - 16.0
    row = max(min(spec.row_mm * float(rng.uniform(1.0, 1.25)), room / rows), _LEAST_ROW_MM)
    return replace(
        spec,
        sheet_mm=sheet,
        frame_mm=frame,
        grid_on="frame" if rng.random() < 0.85 else "page",
        row_mm=row,
        margin=(
            frame + float(rng.uniform(1.5, 11)),
            max(sheet[1] - bottom - rows * row, frame + 8.0),
            frame,
            bottom,
        ),
        skew=float(np.clip(rng.normal(0, 0.9), -2.5, 2.5)) if rng.random() < 0.3 else 0.0,
    )


def _randomize_print_grid(rng: np.random.Generator, spec: PageSpec) -> PageSpec:
    """A grid of thin lines, some as dark as the trace, the fine ones broken into dots."""
    fine, bold = _GRIDS[int(rng.choice(len(_GRIDS), p=_GRID_SHARES))]
    pitch = _random_pitch(rng)
    tint = rng.normal(0, 8, 3)
    white = int(rng.integers(236, 256))
    return replace(
        spec,
        px_per_mm=pitch,
        paper=(white, white, int(np.clip(white + rng.normal(0, 4), 225, 255))),
        fine=_shift(fine, tint),
        bold=_shift(bold, tint),
        grid="bold" if rng.random() < 0.06 else "lines",
        grid_px=(
            max(pitch * float(rng.uniform(0.08, 0.18)), 0.5),
            max(pitch * float(rng.uniform(0.12, 0.26)), 0.7),
        ),
        halftone=float(rng.uniform(0.3, 0.8)) if rng.random() < 0.6 else 0.0,
        grid_loss=float(rng.uniform(0.02, 0.4)) if rng.random() < 0.5 else 0.0,
    )


def _random_pitch(rng: np.random.Generator) -> float:
    """Pixels per mm, 2.3 to 12, mostly what a phone gives at the size pages are read at."""
    low, high = ((2.3, 3.4), (3.4, 7.5), (7.5, 12.0))[int(rng.choice(3, p=[0.06, 0.87, 0.07]))]
    return float(rng.uniform(low, high))


def _shift(colour: Colour, by: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Colour:
    r, g, b = (int(v) for v in np.clip(np.array(colour) + by, 0, 255))
    return r, g, b


def random_marks(rng: np.random.Generator) -> Marks:
    """Handwriting on a quarter of the pages, seldom stamps and stains."""
    written, stamped, stained = rng.random(3) < (0.25, 0.07, 0.08)
    return Marks(
        handwriting=int(rng.integers(1, 5)) if written else 0,
        stamps=1 if stamped else 0,
        stains=int(rng.integers(1, 3)) if stained else 0,
        pen=_PENS[int(rng.integers(len(_PENS)))],
    )
