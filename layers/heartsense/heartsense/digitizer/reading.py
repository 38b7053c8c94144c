"""From the traced rows of a page to the leads of an ECG."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.borders import border_evidence
from heartsense.digitizer.layout import BEAT_SECONDS, Layout, candidates, column_edges
from heartsense.digitizer.quality import agreement, einthoven_residual, goldberger_residual
from heartsense.digitizer.sheet import PX_PER_MM, Sheet
from heartsense.digitizer.signal_rows import Rows
from heartsense.ecg import ECG, LEADS, Trace

RATE: Final = 500.0
"""Samples a second of every digitized ECG, whatever the page's resolution."""

STANDARD_SPEED, STANDARD_GAIN = 25.0, 10.0
GAINS: Final = (5.0, 10.0, 20.0)

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
        """Mean residual of the laws that can be checked, 1 where none can."""
        laws = [einthoven_residual(self.ecg), goldberger_residual(self.ecg)]
        found = [r for r in laws if r is not None]
        if self.rhythm_agreement is not None:
            found.append(1.0 - max(self.rhythm_agreement, 0.0))
        return float(np.mean(found)) if found else 1.0


def readings(sheet: Sheet, rows: Rows, *, exact: bool) -> list[Reading]:
    """Read a page in every layout that has its number of rows, the most lawful first.

    Parameters
    ----------
    exact : bool
        Whether the sheet's millimetres come from a grid.
    """
    found = [_read(sheet, rows, layout, exact=exact) for layout in candidates(len(rows.paths))]
    return sorted(found, key=lambda reading: reading.contradiction)


def _read(sheet: Sheet, rows: Rows, layout: Layout, *, exact: bool) -> Reading:
    split = [r for r, names in enumerate(layout.names) if len(names) == layout.columns]
    evidence = border_evidence(
        rows.runs, [rows.paths[r] for r in split], [rows.curves[r] for r in split], rows.drawn
    )
    edges = column_edges(evidence, rows.start, rows.end, layout.columns, exact=exact)
    scale = _scale(rows, layout, edges)
    duration = (min(edges[-1], rows.end) - edges[0]) / scale.px_per_second
    signal = np.full((round(duration * RATE), len(LEADS)), np.nan, dtype=np.float32)
    pieces = _pieces(rows, layout, edges)
    if layout.columns == 1 and len(rows.paths) == 1:
        return _strip(sheet, rows, layout, scale, edges)
    named = [p for p in pieces if p.lead is not None]
    for piece in named:
        _place(signal[:, LEADS.index(str(piece.lead))], piece, edges[0], scale)
    traces = [_trace(sheet, p, edges[0], scale) for p in named]
    expected = _expected(named, edges)
    agreed: list[float] = []
    for piece in (p for p in pieces if p.lead is None):
        strip = np.full(len(signal), np.nan, dtype=np.float32)
        _place(strip, piece, edges[0], scale)
        lead, match = _repeated_lead(strip, signal)
        agreed.append(match)
        column = signal[:, LEADS.index(lead)]
        column[:] = np.where(np.isfinite(strip), strip, column)
        traces.append(_trace(sheet, _Piece(lead, piece.x, piece.y), edges[0], scale))
        expected[lead] = 1.0
    return Reading(
        layout,
        ECG(signal, RATE),
        tuple(traces),
        expected,
        float(np.mean(agreed)) if agreed else None,
        scale,
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """One drawn stretch of one lead: sheet columns and heights, NaN where broken."""

    lead: str | None
    x: Floats
    y: Floats


def _pieces(rows: Rows, layout: Layout, edges: Floats) -> list[_Piece]:
    pieces = []
    for names, curve in zip(layout.names, rows.curves, strict=True):
        borders = edges if len(names) > 1 else edges[[0, -1]]
        for name, left, right in zip(names, borders[:-1], borders[1:], strict=True):
            x = np.arange(max(0, int(np.ceil(left))), min(len(curve), int(np.floor(right))))
            pieces.append(_Piece(name, x.astype(float), curve[x]))
    return pieces


def _place(column: NDArray[np.float32], piece: _Piece, origin: float, scale: Scale) -> None:
    """Write a piece into a lead's column of the ECG, in mV about its own median."""
    if np.isfinite(piece.y).sum() < 2:
        return
    seconds = (piece.x - origin) / scale.px_per_second
    first = max(0, int(np.ceil(seconds[0] * RATE)))
    last = min(len(column), int(np.floor(seconds[-1] * RATE)) + 1)
    wanted = np.arange(first, last) / RATE
    level = float(np.nanmedian(piece.y))
    volts = (level - piece.y) / scale.px_per_mv
    column[first:last] = np.interp(wanted, seconds, volts)


def _trace(sheet: Sheet, piece: _Piece, origin: float, scale: Scale) -> Trace:
    shown = np.isfinite(piece.y)
    x, y = piece.x[shown], piece.y[shown]
    seconds = (x - origin) / scale.px_per_second
    start, end = (float(seconds[0]), float(seconds[-1])) if len(seconds) else (0.0, 0.0)
    return Trace(str(piece.lead), sheet.on_page(x + 0.5, y + 0.5), start, end)


def _expected(pieces: list[_Piece], edges: Floats) -> dict[str, float]:
    """Share of the page's time that each lead should be shown for."""
    whole = edges[-1] - edges[0]
    return {str(p.lead): float(len(p.x) / whole) for p in pieces}


def _repeated_lead(
    strip: NDArray[np.float32], signal: NDArray[np.float32]
) -> tuple[str, float]:
    """The lead that a rhythm strip repeats, and their correlation (II, 0 where none can be told)."""
    matches = {
        lead: agreement(strip.astype(float), signal[:, i].astype(float))
        for i, lead in enumerate(LEADS)
    }
    told = {lead: match for lead, match in matches.items() if match is not None}
    if not told:
        return "II", 0.0
    lead = max(told, key=lambda name: told[name])
    return lead, told[lead]


def _strip(sheet: Sheet, rows: Rows, layout: Layout, scale: Scale, edges: Floats) -> Reading:
    """A single row: one lead, or one beat where there is no room for two."""
    (piece,) = _pieces(rows, layout, edges)
    duration = (edges[-1] - edges[0]) / scale.px_per_second
    signal = np.full((max(2, round(duration * RATE)), 1), np.nan, dtype=np.float32)
    _place(signal[:, 0], piece, edges[0], scale)
    if duration < BEAT_SECONDS:
        layout = Layout("beat", layout.names)
    lead = str(piece.lead)
    trace = _trace(sheet, piece, edges[0], scale)
    return Reading(layout, ECG(signal, RATE, (lead,)), (trace,), {lead: 1.0}, None, scale)


def _scale(rows: Rows, layout: Layout, edges: Floats) -> Scale:
    """Speed from the page's width where columns tell it, gain from the pulse; else standard."""
    speed, speed_source = STANDARD_SPEED, "standard"
    if layout.columns > 1:
        seconds = 10.0 / layout.columns
        drawn = float(np.diff(edges).mean()) / PX_PER_MM / seconds
        if abs(drawn / 50.0 - 1) < 0.06:
            speed, speed_source = 50.0, "layout"
    gain, gain_source = STANDARD_GAIN, "standard"
    if rows.pulse is not None:
        nearest = min(GAINS, key=lambda g: abs(np.log(g / rows.pulse.height)))
        if abs(rows.pulse.height / nearest - 1) < 0.15:
            gain, gain_source = nearest, "pulse"
    return Scale(speed, speed_source, gain, gain_source)
