"""From the traced rows of a page to the leads of an ECG."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.page_layout.column_borders import border_evidence
from heartsense.digitizer.page_layout.layouts import (
    BEAT_SECONDS,
    Layout,
    candidates,
    column_spans,
    columns_apart,
)
from heartsense.digitizer.page_layout.lead_separators import without_marks
from heartsense.digitizer.quality import einthoven_residual, goldberger_residual, likeness
from heartsense.digitizer.rectified_page import PX_PER_MM, RectifiedPage
from heartsense.digitizer.scale.calibration_pulse import GAINS, Pulse
from heartsense.digitizer.scale.legend import Legend, read_legend
from heartsense.digitizer.trace_extraction.row_traces import Rows
from heartsense.ecg import ECG, LEADS, Trace

RATE: Final = 500.0
"""Samples a second of every digitized ECG, whatever the page's resolution."""

STANDARD_SPEED, STANDARD_GAIN = 25.0, 10.0

USUAL_STRIPS: Final = ("II", "V1", "V5")
USUAL: Final = 0.05
"""How much nearer another lead must be to be taken for the one a rhythm strip repeats."""

PULSE_SLACK, SURE_PULSE_SLACK = 0.15, 0.05
"""How far off a standard gain a pulse may be; the latter where the legend contradicts it."""

MAX_SHIFT: Final = 50
"""Samples (0.1 s) by which a strip may lie beside its lead when they are compared."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scale:
    """Sheet pixels a second and a millivolt, and where each was read."""

    speed: float
    speed_source: str
    gain: float
    gain_source: str

    @property
    def px_per_second(self) -> float:
        return self.speed * PX_PER_MM

    @property
    def px_per_mv(self) -> float:
        return self.gain * PX_PER_MM


@dataclass(frozen=True, slots=True)
class Reading:
    """One interpretation of a page: its leads, and how well they obey the laws of the ECG."""

    layout: Layout
    ecg: ECG
    traces: tuple[Trace, ...]
    expected: dict[str, float]
    rhythm_agreement: float | None
    scale: Scale

    @property
    def contradiction(self) -> float:
        """Mean residual of the laws that can be checked; 0 for one lead, which no law binds."""
        if len(self.ecg.leads) == 1:
            return 0.0
        laws = [einthoven_residual(self.ecg), goldberger_residual(self.ecg)]
        found = [r for r in laws if r is not None]
        if self.rhythm_agreement is not None:
            found.append(1.0 - max(self.rhythm_agreement, 0.0))
        return float(np.mean(found)) if found else 1.0


def readings(sheet: RectifiedPage, rows: Rows, *, exact: bool) -> list[Reading]:
    """Read a page in every layout that has its number of rows, the most lawful first.

    Parameters
    ----------
    exact : bool
        Whether the sheet's millimetres come from a grid.
    """
    legend = read_legend(sheet, rows) if exact else Legend(None, None)
    found = [
        _read(sheet, rows, layout, legend, exact=exact) for layout in candidates(len(rows.paths))
    ]
    return sorted(found, key=lambda reading: reading.contradiction)


def _read(
    sheet: RectifiedPage, rows: Rows, layout: Layout, legend: Legend, *, exact: bool
) -> Reading:
    spans = _column_spans(rows, layout, exact=exact)
    scale = _scale(rows, layout, spans, legend, exact=exact)
    pieces = _pieces(_without_marks(rows, layout, spans), layout, spans, scale)
    if len(rows.paths) == 1:
        return _strip(sheet, pieces[0], layout, scale)
    duration = max(piece.seconds[-1] for piece in pieces if len(piece.x))
    signal = np.full((int(duration * RATE) + 1, len(LEADS)), np.nan, dtype=np.float32)
    for piece in pieces:
        if piece.lead is not None:
            _place(signal[:, LEADS.index(piece.lead)], piece)
    agreed: list[float] = []
    named: list[_Piece] = []
    for piece in pieces:
        if piece.lead is None:
            lead, match = _add_rhythm_strip(signal, piece)
            piece = replace(piece, lead=lead)
            agreed.append(match)
        named.append(piece)
    return Reading(
        layout,
        ECG(signal, RATE),
        tuple(_trace(sheet, piece) for piece in named if np.isfinite(piece.y).any()),
        {str(p.lead): float(np.ptp(p.seconds) / duration) for p in named if len(p.x)},
        float(np.mean(agreed)) if agreed else None,
        scale,
    )


def _without_marks(rows: Rows, layout: Layout, spans: Floats) -> Rows:
    """The rows, the marks between columns of leads taken out of their curves."""
    split = _split_rows(layout)
    crossed = np.abs(spans[1:, :1] - rows.drawn).min(axis=1, initial=np.inf) < PX_PER_MM
    borders = spans[1:, 0][~crossed]  # a line across rows is already out of the traces
    paths, curves = [rows.paths[r] for r in split], [rows.curves[r] for r in split]
    clean = dict(zip(split, without_marks(rows.runs, paths, curves, borders), strict=True))
    return replace(rows, curves=[clean.get(r, curve) for r, curve in enumerate(rows.curves)])


def _split_rows(layout: Layout) -> list[int]:
    """Rows that are divided into columns; rhythm strips are not."""
    return [r for r, names in enumerate(layout.names) if len(names) == layout.columns]


def _column_spans(rows: Rows, layout: Layout, *, exact: bool) -> Floats:
    """Where each column of leads begins and ends, sheet pixels, shape (columns, 2)."""
    split = _split_rows(layout)
    paths = [rows.paths[r] for r in split]
    inked = np.zeros(rows.runs.columns, dtype=bool)
    inked[np.concatenate([rows.runs.column[p.chosen] for p in paths])] = True
    apart = columns_apart(inked, rows.start, rows.end, layout.columns)
    if apart is not None:
        return apart
    evidence = border_evidence(rows.runs, paths, [rows.curves[r] for r in split], rows.drawn)
    return column_spans(evidence, rows.start, rows.end, layout.columns, exact=exact)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One drawn stretch of one lead: sheet columns and heights (NaN where broken), and seconds."""

    lead: str | None
    x: Floats
    y: Floats
    seconds: Floats
    px_per_mv: float


def _pieces(rows: Rows, layout: Layout, spans: Floats, scale: Scale) -> list[_Piece]:
    """Cut the rows into leads. A column begins when the one before it ends, gap or no gap."""
    widths = np.diff(spans, axis=1)[:, 0]
    begins = np.concatenate([[0.0], np.cumsum(widths)[:-1]])
    whole = np.array([[spans[0, 0], spans[-1, 1]]])
    pieces = []
    for names, curve in zip(layout.names, rows.curves, strict=True):
        cut, begin = (spans, begins) if len(names) > 1 else (whole, np.zeros(1))
        for name, (left, right), origin in zip(names, cut, begin, strict=True):
            x = np.arange(max(0, int(np.ceil(left))), min(len(curve), int(np.ceil(right))))
            seconds = (x - left + origin) / scale.px_per_second
            pieces.append(_Piece(name, x.astype(float), curve[x], seconds, scale.px_per_mv))
    return pieces


def _place(column: NDArray[np.float32], piece: _Piece) -> None:
    """Write a piece into a lead's column of the ECG, in mV about its own median."""
    if np.isfinite(piece.y).sum() < 2:
        return
    first = int(np.ceil(piece.seconds[0] * RATE))
    last = min(len(column), int(np.floor(piece.seconds[-1] * RATE)) + 1)
    wanted = np.arange(first, last) / RATE
    volts = (float(np.nanmedian(piece.y)) - piece.y) / piece.px_per_mv
    column[first:last] = np.interp(wanted, piece.seconds, volts)


def _trace(sheet: RectifiedPage, piece: _Piece) -> Trace:
    shown = np.isfinite(piece.y)
    x, y, seconds = piece.x[shown], piece.y[shown], piece.seconds[shown]
    points = sheet.on_page(x + 0.5, y + 0.5)
    return Trace(str(piece.lead), points, float(seconds[0]), float(seconds[-1]))


def _add_rhythm_strip(signal: NDArray[np.float32], piece: _Piece) -> tuple[str, float]:
    """Lay a rhythm strip over the lead it repeats; that lead, and how well they agree."""
    strip = np.full(len(signal), np.nan, dtype=np.float32)
    _place(strip, piece)
    lead, match = _repeated_lead(strip, signal)
    column = signal[:, LEADS.index(lead)]
    column[:] = np.where(np.isfinite(strip), strip, column)
    return lead, match


def _repeated_lead(strip: NDArray[np.float32], signal: NDArray[np.float32]) -> tuple[str, float]:
    """The lead that a rhythm strip repeats, and their correlation (II, 0 where none can be told).

    Neighbouring chest leads look alike but for their size, so the difference decides and not the
    correlation; between equals the leads that machines usually repeat come first.
    """
    told = {}
    for i, lead in enumerate(LEADS):
        match = likeness(strip.astype(float), signal[:, i].astype(float), MAX_SHIFT)
        if match is not None:
            told[lead] = match
    if not told:
        return "II", 0.0
    lead = max(told, key=lambda name: told[name].nearness + USUAL * (name in USUAL_STRIPS))
    return lead, told[lead].correlation


def _strip(sheet: RectifiedPage, piece: _Piece, layout: Layout, scale: Scale) -> Reading:
    """A single row: one lead, or one beat where there is no room for two."""
    signal = np.full((int(piece.seconds[-1] * RATE) + 1, 1), np.nan, dtype=np.float32)
    _place(signal[:, 0], piece)
    lead = str(piece.lead)
    ecg = ECG(signal, RATE, (lead,))
    if ecg.duration < BEAT_SECONDS:
        layout = Layout("beat", layout.names)
    return Reading(layout, ecg, (_trace(sheet, piece),), {lead: 1.0}, None, scale)


def _scale(rows: Rows, layout: Layout, spans: Floats, legend: Legend, *, exact: bool) -> Scale:
    """Speed from the legend, or the page's width where columns tell it; else standard."""
    speed, speed_source = STANDARD_SPEED, "standard"
    if legend.speed is not None:
        speed, speed_source = legend.speed, "legend"
    elif len(rows.paths) > 1:
        seconds = 10.0 / layout.columns
        drawn = float(np.diff(spans, axis=1).max()) / PX_PER_MM / seconds
        if abs(drawn / 50.0 - 1) < 0.06:
            speed, speed_source = 50.0, "layout"
    gain, gain_source = _gain(rows.pulse, legend.gain, exact=exact)
    return Scale(speed, speed_source, gain, gain_source)


def _gain(pulse: Pulse | None, printed: float | None, *, exact: bool) -> tuple[float, str]:
    """Gain in mm/mV and where it was read: the pulse, the legend, or standard for want of both.

    The pulse went through the same amplifier as the trace, so it is believed even against the
    legend. But standard gains are a factor of two apart: where the two differ, one of them is no
    pulse or was misread, and what only roughly has a pulse's height is then taken to be none.
    """
    if pulse is not None:
        nearest = min(GAINS, key=lambda g: abs(np.log(g / pulse.height)))
        slack = PULSE_SLACK if printed in (None, nearest) else SURE_PULSE_SLACK
        if abs(pulse.height / nearest - 1) < slack:
            return nearest if exact else pulse.height, "pulse"
    return (STANDARD_GAIN, "standard") if printed is None else (printed, "legend")
