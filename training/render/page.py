"""Renders one record on one page, with the ground truth of its traces."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.ecg import ECG, STRIP, Trace
from heartsense.numeric import true_runs
from training.render.distort import degrade, homography, transform_points, warp
from training.render.ink import Points, draw_ink
from training.render.layout import Segment, Sheet, place_leads
from training.render.paper import draw_paper
from training.render.spec import PageSpec

_MAX_SECONDS: Final = 10.0
"""Longest time that a page shows, in seconds."""


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A rendered page and its ground truth.

    Attributes
    ----------
    pixels : uint8 array, shape (height, width, 3)
    ecg : ECG
        In mV as drawn, NaN where the page shows nothing. For a ``strip`` or ``beat`` the one lead,
        from the first second shown.
    traces : tuple of Trace
        The visible traces in pixels (pixel centres are integers).
    pitch : float
        Pixels per mm of the page before distortion.
    rotation : float
        Degrees, counter-clockwise positive.
    spec : PageSpec
    """

    pixels: NDArray[np.uint8]
    ecg: ECG
    traces: tuple[Trace, ...]
    pitch: float
    rotation: float
    spec: PageSpec


def render_page(ecg: ECG, spec: PageSpec) -> RenderedPage:
    """Render the first ten seconds of a record.

    Parameters
    ----------
    ecg : ECG
        At any sampling rate; missing leads stay empty on the page.
    spec : PageSpec
        The look; the same record and spec give the same pixels.

    Raises
    ------
    ValueError
        If the record has none of the leads that the layout shows.
    """
    rng = np.random.default_rng(spec.seed)
    ecg = _printed_signal(ecg, spec)
    start, end = _time_window(ecg, spec)
    sheet = place_leads(spec, start, end)
    drawn = [
        _DrawnSegment.of(ecg, spec, s, _offset(spec, rng))
        for s in sheet.segments
        if _is_shown(ecg, s)
    ]
    if not drawn:
        raise ValueError(f"the record shows no lead of layout {spec.layout}: {ecg.leads}")
    origin = (spec.margin[0] % 5.0, spec.margin[1] % 5.0)
    page = draw_paper(spec, sheet, origin)
    page.paste(spec.ink, mask=draw_ink(spec, sheet, _polylines(spec, drawn), rng))
    matrix, size = homography(page.size, spec.distortion, rng)
    page = warp(page, matrix, size, _background_colour(spec), _resampling(spec))
    page = degrade(page, spec.distortion, rng)
    moved = [(d, transform_points(d.points, matrix)) for d in drawn]
    shown = [(d, points, _inside(points, size)) for d, points in moved]
    return RenderedPage(
        pixels=np.asarray(page),
        ecg=_ground_truth(ecg, spec, sheet, shown),
        traces=tuple(
            trace
            for d, points, ok in shown
            for trace in _traces(d, points, ok, ecg.rate, round(start * ecg.rate))
        ),
        pitch=spec.px_per_mm,
        rotation=spec.distortion.rotation,
        spec=spec,
    )


def _resampling(spec: PageSpec) -> Image.Resampling:
    # Bilinear is enough before a blur, and takes 40 % of the time.
    return Image.Resampling.BILINEAR if spec.distortion.blur else Image.Resampling.BICUBIC


@dataclass(frozen=True, slots=True)
class _DrawnSegment:
    """Samples ``first`` to ``last`` (exclusive) of a segment, as points in undistorted pixels."""

    segment: Segment
    first: int
    last: int
    points: Points

    @classmethod
    def of(cls, ecg: ECG, spec: PageSpec, segment: Segment, offset: float) -> "_DrawnSegment":
        first, last = round(segment.start * ecg.rate), round(segment.end * ecg.rate)
        mv = ecg.lead(segment.lead)[first:last]
        seconds = np.arange(first, first + len(mv)) / ecg.rate - segment.start
        x = segment.x + seconds * spec.speed
        y = segment.y + offset - mv * spec.gain
        points = (np.column_stack([x, y]) * spec.px_per_mm).astype(np.float32)
        return cls(segment, first, first + len(mv), points)


def _printed_signal(ecg: ECG, spec: PageSpec) -> ECG:
    """The first ten seconds after the machine's high-pass filter; NaN stays NaN."""
    signal = ecg.signal[: round(_MAX_SECONDS * ecg.rate)].astype(np.float64)
    known = np.isfinite(signal)
    t = np.arange(len(signal))
    for lead, ok in zip(signal.T, known.T, strict=True):
        lead[~ok] = np.interp(t[~ok], t[ok], lead[ok]) if ok.any() else 0.0
    filtered = _highpass(signal, ecg.rate, spec.highpass)
    return ECG(np.where(known, filtered, np.nan).astype(np.float32), ecg.rate, ecg.leads)


def _highpass(signal: NDArray[np.float64], rate: float, cutoff: float) -> NDArray[np.float64]:
    """Zero-phase first-order high-pass, applied in the frequency domain.

    Each lead is extended by point reflection at both ends against ringing.
    """
    length = len(signal)
    padded = 2 ** int(np.log2(3 * length - 2))
    left = (padded - length) // 2
    right = padded - length - left
    before = 2 * signal[0] - signal[left:0:-1]
    after = 2 * signal[-1] - signal[-2 : -2 - right : -1]
    whole = np.concatenate([before, signal, after])
    f = np.fft.rfftfreq(padded, 1 / rate)[:, None]
    spectrum = np.fft.rfft(whole, axis=0) * (f**2 / (f**2 + cutoff**2))
    filtered: NDArray[np.float64] = np.fft.irfft(spectrum, padded, axis=0)
    return filtered[left : left + length]


def _is_shown(ecg: ECG, segment: Segment) -> bool:
    return segment.lead in ecg.leads and bool(np.isfinite(ecg.lead(segment.lead)).any())


def _offset(spec: PageSpec, rng: np.random.Generator) -> float:
    """Random offset of a trace from the middle of its row, in mm."""
    return float(np.clip(rng.normal(0, 1), -2, 2)) * spec.offset_mm


def _time_window(ecg: ECG, spec: PageSpec) -> tuple[float, float]:
    """Start and end in seconds of what the page shows."""
    if spec.layout == "strip":
        return 0.0, min(spec.strip_seconds, ecg.duration)
    if spec.layout == "beat" and spec.rhythm[0] in ecg.leads:
        peak = _qrs_time(ecg.lead(spec.rhythm[0]), ecg.rate)
        return max(peak - 0.35, 0.0), min(peak + 0.55, ecg.duration)
    return 0.0, ecg.duration


def _qrs_time(mv: NDArray[np.float32], rate: float) -> float:
    """Time in seconds of the steepest slope in the middle half of a lead: within a QRS complex."""
    slope = np.nan_to_num(np.abs(np.diff(mv)))
    quarter = len(slope) // 4
    return float(quarter + np.argmax(slope[quarter : 3 * quarter])) / rate


def _polylines(spec: PageSpec, drawn: list[_DrawnSegment]) -> list[Points]:
    """Polylines to draw: one per segment, or per row if its leads are joined; cut at NaN."""
    rows: dict[int, list[Points]] = {}
    for d in drawn:
        rows.setdefault(d.segment.row, []).append(d.points)
    if spec.joined:
        strokes = [np.concatenate(points) for points in rows.values()]
    else:
        strokes = [d.points for d in drawn]
    return [stroke[a:b] for stroke in strokes for a, b in _visible_runs(np.isfinite(stroke[:, 1]))]


def _visible_runs(visible: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last (exclusive) index of every run of at least two true values."""
    return [(int(a), int(b)) for a, b in true_runs(visible) if b - a >= 2]


def _inside(points: Points, size: tuple[int, int]) -> NDArray[np.bool_]:
    x, y = points.T
    inside: NDArray[np.bool_] = (
        (x >= 0) & (y >= 0) & (x <= size[0] - 1) & (y <= size[1] - 1)
    )  # False for NaN
    return inside


def _background_colour(spec: PageSpec) -> tuple[int, int, int]:
    """Colour around the page: the white lid of a scanner, or a random table under a phone."""
    if spec.distortion.perspective:
        rng = np.random.default_rng(spec.seed + 1)
        r, g, b = np.clip(rng.uniform(30, 210) + rng.normal(0, 20, 3), 0, 255).round().astype(int)
        return int(r), int(g), int(b)
    return (255, 255, 255)


VisibleSegments = list[tuple[_DrawnSegment, Points, NDArray[np.bool_]]]


def _ground_truth(ecg: ECG, spec: PageSpec, sheet: Sheet, visible: VisibleSegments) -> ECG:
    truth = np.full_like(ecg.signal, np.nan)
    for d, _, ok in visible:
        column = ecg.leads.index(d.segment.lead)
        part = truth[d.first : d.last, column]
        part[ok] = ecg.signal[d.first : d.last, column][ok]
    if spec.layout not in ("strip", "beat"):
        return ECG(truth, ecg.rate, ecg.leads)
    only, *_ = visible
    column = ecg.leads.index(only[0].segment.lead)
    name = only[0].segment.lead if spec.labels else STRIP
    return ECG(truth[only[0].first : only[0].last, [column]], ecg.rate, (name,))


def _traces(
    d: _DrawnSegment, points: Points, ok: NDArray[np.bool_], rate: float, origin: int
) -> list[Trace]:
    """The visible parts of a segment, in seconds from sample ``origin``."""
    first = d.first - origin
    return [
        Trace(d.segment.lead, points[a:b], (first + a) / rate, (first + b - 1) / rate)
        for a, b in _visible_runs(ok)
    ]
