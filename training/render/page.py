"""One record on one page, with the truth for every pixel of its traces."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.ecg import ECG, STRIP, Trace
from heartsense.numeric import true_runs
from training.render.distort import degrade, homography, move, warp
from training.render.ink import Points, draw_ink
from training.render.layout import Segment, Sheet, lay_out
from training.render.paper import draw_paper
from training.render.spec import PageSpec

_LONGEST: Final = 10.0
"""Seconds that a page shows at most."""


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A picture and what is true about it.

    ``pixels`` is uint8, shape (height, width, 3). ``ecg`` holds mV as drawn, NaN where the page
    shows nothing; of a ``strip`` or ``beat`` it holds the one lead, from the first second shown.
    ``traces`` are the drawn stretches in picture pixels (pixel centres are whole numbers).
    ``pitch`` is pixels a millimetre of the flat page, ``rotation`` degrees, counter-clockwise
    positive.
    """

    pixels: NDArray[np.uint8]
    ecg: ECG
    traces: tuple[Trace, ...]
    pitch: float
    rotation: float
    spec: PageSpec


def render_page(ecg: ECG, spec: PageSpec) -> RenderedPage:
    """Print the first ten seconds of a record.

    Parameters
    ----------
    ecg : ECG
        Any sampling rate; leads that it lacks stay empty on the page.
    spec : PageSpec
        The looks; the same record and spec give the same pixels.

    Raises
    ------
    ValueError
        If the record holds none of the leads that the layout shows.
    """
    rng = np.random.default_rng(spec.seed)
    ecg = _as_printed(ecg, spec)
    start, end = _window(ecg, spec)
    sheet = lay_out(spec, start, end)
    drawn = [_Drawn.of(ecg, spec, s, _offset(spec, rng)) for s in sheet.segments if _has(ecg, s)]
    if not drawn:
        raise ValueError(f"the record shows no lead of layout {spec.layout}: {ecg.leads}")
    origin = (spec.margin[0] % 5.0, spec.margin[1] % 5.0)
    page = draw_paper(spec, sheet, origin)
    page.paste(spec.ink, mask=draw_ink(spec, sheet, _pen_lines(spec, drawn), rng))
    matrix, size = homography(page.size, spec.distortion, rng)
    # what is blurred next needs no sharp resampling, which takes 2.5 times as long
    quick = Image.Resampling.BILINEAR if spec.distortion.blur else Image.Resampling.BICUBIC
    page = warp(page, matrix, size, _surroundings(spec), quick)
    page = degrade(page, spec.distortion, rng)
    moved = [(d, move(d.points, matrix)) for d in drawn]
    shown = [(d, points, _inside(points, size)) for d, points in moved]
    return RenderedPage(
        pixels=np.asarray(page),
        ecg=_truth(ecg, spec, sheet, shown),
        traces=tuple(
            trace
            for d, points, ok in shown
            for trace in _traces(d, points, ok, ecg.rate, round(start * ecg.rate))
        ),
        pitch=spec.px_per_mm,
        rotation=spec.distortion.rotation,
        spec=spec,
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One segment's samples ``first`` to ``last`` (exclusive) as points of the flat page."""

    segment: Segment
    first: int
    last: int
    points: Points

    @classmethod
    def of(cls, ecg: ECG, spec: PageSpec, segment: Segment, offset: float) -> "_Drawn":
        first, last = round(segment.start * ecg.rate), round(segment.end * ecg.rate)
        mv = ecg.lead(segment.lead)[first:last]
        seconds = np.arange(first, first + len(mv)) / ecg.rate - segment.start
        x = segment.x + seconds * spec.speed
        y = segment.y + offset - mv * spec.gain
        points = (np.column_stack([x, y]) * spec.px_per_mm).astype(np.float32)
        return cls(segment, first, first + len(mv), points)


def _as_printed(ecg: ECG, spec: PageSpec) -> ECG:
    """The first ten seconds through the machine's high-pass, zero-phase; NaN stays NaN."""
    signal = ecg.signal[: round(_LONGEST * ecg.rate)].astype(np.float64)
    known = np.isfinite(signal)
    t = np.arange(len(signal))
    for lead, ok in zip(signal.T, known.T, strict=True):
        lead[~ok] = np.interp(t[~ok], t[ok], lead[ok]) if ok.any() else 0.0
    filtered = _highpass(signal, ecg.rate, spec.highpass)
    return ECG(np.where(known, filtered, np.nan).astype(np.float32), ecg.rate, ecg.leads)


def _highpass(signal: NDArray[np.float64], rate: float, cut: float) -> NDArray[np.float64]:
    """A first-order high-pass run forwards and backwards, in the frequency domain.

    Each lead goes on beyond both ends as its own point reflection, so that they do not ring.
    """
    length = len(signal)
    padded = 2 ** int(np.log2(3 * length - 2))
    left = (padded - length) // 2
    right = padded - length - left
    before = 2 * signal[0] - signal[left:0:-1]
    after = 2 * signal[-1] - signal[-2 : -2 - right : -1]
    whole = np.concatenate([before, signal, after])
    f = np.fft.rfftfreq(padded, 1 / rate)[:, None]
    spectrum = np.fft.rfft(whole, axis=0) * (f**2 / (f**2 + cut**2))
    filtered: NDArray[np.float64] = np.fft.irfft(spectrum, padded, axis=0)
    return filtered[left : left + length]


def _has(ecg: ECG, segment: Segment) -> bool:
    return segment.lead in ecg.leads and bool(np.isfinite(ecg.lead(segment.lead)).any())


def _offset(spec: PageSpec, rng: np.random.Generator) -> float:
    """How far the pen rests from the middle of its row, in mm."""
    return float(np.clip(rng.normal(0, 1), -2, 2)) * spec.offset_mm


def _window(ecg: ECG, spec: PageSpec) -> tuple[float, float]:
    """The seconds that the page shows."""
    if spec.layout == "strip":
        return 0.0, min(spec.strip_seconds, ecg.duration)
    if spec.layout == "beat" and spec.rhythm[0] in ecg.leads:
        peak = _steepest(ecg.lead(spec.rhythm[0]), ecg.rate)
        return max(peak - 0.35, 0.0), min(peak + 0.55, ecg.duration)
    return 0.0, ecg.duration


def _steepest(mv: NDArray[np.float32], rate: float) -> float:
    """Seconds of the steepest place in the middle half of a lead: within a QRS complex."""
    slope = np.nan_to_num(np.abs(np.diff(mv)))
    quarter = len(slope) // 4
    return float(quarter + np.argmax(slope[quarter : 3 * quarter])) / rate


def _pen_lines(spec: PageSpec, drawn: list[_Drawn]) -> list[Points]:
    """What the pen draws without being lifted: a segment, or a row when its leads are joined."""
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
    )  # NaN is outside
    return inside


def _surroundings(spec: PageSpec) -> tuple[int, int, int]:
    """What lies around the page: the scanner's white lid, or whatever table a phone sees."""
    if spec.distortion.perspective:
        rng = np.random.default_rng(spec.seed + 1)
        r, g, b = np.clip(rng.uniform(30, 210) + rng.normal(0, 20, 3), 0, 255).round().astype(int)
        return int(r), int(g), int(b)
    return (255, 255, 255)


Shown = list[tuple[_Drawn, Points, NDArray[np.bool_]]]


def _truth(ecg: ECG, spec: PageSpec, sheet: Sheet, shown: Shown) -> ECG:
    truth = np.full_like(ecg.signal, np.nan)
    for d, _, ok in shown:
        column = ecg.leads.index(d.segment.lead)
        part = truth[d.first : d.last, column]
        part[ok] = ecg.signal[d.first : d.last, column][ok]
    if spec.layout not in ("strip", "beat"):
        return ECG(truth, ecg.rate, ecg.leads)
    only, *_ = shown
    column = ecg.leads.index(only[0].segment.lead)
    name = only[0].segment.lead if spec.labels else STRIP
    return ECG(truth[only[0].first : only[0].last, [column]], ecg.rate, (name,))


def _traces(
    d: _Drawn, points: Points, ok: NDArray[np.bool_], rate: float, zero: int
) -> list[Trace]:
    """The visible stretches of a segment, in seconds from sample ``zero``."""
    first = d.first - zero
    return [
        Trace(d.segment.lead, points[a:b], (first + a) / rate, (first + b - 1) / rate)
        for a, b in _visible_runs(ok)
    ]
