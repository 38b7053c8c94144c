"""Renders one record on one page, with the ground truth of its traces and pixels."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.ecg import ECG, STRIP, Trace
from heartsense.numeric import true_runs
from training.render.camera import Picture, take_picture
from training.render.geometry import PageMap
from training.render.ink import Points, draw_ink
from training.render.layout import Segment, Sheet, place_leads
from training.render.marks import draw_marks
from training.render.paper import draw_paper, wear
from training.render.printed import printed_signal, time_window
from training.render.spec import PageSpec

MASKS: Final = ("trace", "grid", "label", "pulse", "separator", "handwriting", "paper", "covered")
"""Kinds of pixels of which a page has masks."""

Mask = NDArray[np.uint8]


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
    sheet : Sheet
        Where each lead lies on the paper in mm, before its print was turned by ``spec.skew``: rows,
        zero lines, column borders.
    map : PageMap
        The exact map between ``pixels`` and the sheet in mm.
    masks : dict of uint8 arrays, shape (height, width)
        Share of each pixel, 0 to 255, that is one of ``MASKS``; empty unless asked for. ``label``
        is all printed text, ``handwriting`` also stamps, ``paper`` what shows the sheet,
        ``covered`` what fingers hide of it. Blur and noise of the picture are not in them.
    """

    pixels: NDArray[np.uint8]
    ecg: ECG
    traces: tuple[Trace, ...]
    pitch: float
    rotation: float
    spec: PageSpec
    sheet: Sheet
    map: PageMap
    masks: dict[str, Mask] = field(default_factory=dict)


def render_page(ecg: ECG, spec: PageSpec, masks: bool = False) -> RenderedPage:
    """Render the first ten seconds of a record.

    Parameters
    ----------
    ecg : ECG
        At any sampling rate; missing leads stay empty on the page.
    spec : PageSpec
        The look; the same record and spec give the same pixels.
    masks : bool
        Also which pixels are trace, grid, text...; the pixels are the same, and take longer.

    Raises
    ------
    ValueError
        If the record has none of the leads that the layout shows.
    """
    rng = np.random.default_rng(spec.seed)
    ecg = printed_signal(ecg, spec)
    start, end = time_window(ecg, spec)
    sheet = place_leads(spec, start, end)
    drawn = [
        _DrawnSegment.of(ecg, spec, sheet, s, _offset(spec, rng))
        for s in sheet.segments
        if _is_shown(ecg, s)
    ]
    if not drawn:
        raise ValueError(f"the record shows no lead of layout {spec.layout}: {ecg.leads}")
    page, layers = _print_page(spec, sheet, _polylines(spec, drawn), rng, masks)
    picture = take_picture(page, layers, spec, sheet, rng)
    shown = [
        (d, points, _is_visible(points, picture))
        for d, points in ((d, picture.points(d.points)) for d in drawn)
    ]
    return RenderedPage(
        pixels=np.asarray(picture.image),
        ecg=_ground_truth(ecg, spec, shown),
        traces=tuple(
            trace
            for d, points, ok in shown
            for trace in _traces(d, points, ok, ecg.rate, round(start * ecg.rate))
        ),
        pitch=spec.px_per_mm,
        rotation=spec.distortion.rotation,
        spec=spec,
        sheet=sheet,
        map=picture.map,
        masks={kind: np.asarray(layer) for kind, layer in picture.masks.items()},
    )


def _print_page(
    spec: PageSpec,
    sheet: Sheet,
    lines: list[Points],
    rng: np.random.Generator,
    masks: bool,
) -> tuple[Image.Image, dict[str, Image.Image]]:
    """The page before it is photographed, and its masks if they were asked for."""
    frame = spec.frame_mm if spec.grid_on == "frame" else None
    origin = (frame, frame) if frame else (spec.margin[0] % 5.0, spec.margin[1] % 5.0)
    paper = draw_paper(spec, sheet, origin)
    ink = draw_ink(spec, sheet, lines, rng, masks)
    page, layers = paper.page, {"grid": paper.grid, **ink.kinds}
    if spec.ink_loss:
        shape = (page.height, page.width)
        left = wear(shape, spec.px_per_mm, spec.ink_loss, np.random.default_rng([spec.seed, 3]))
        worn = Image.fromarray(np.round(255 * (0.25 + 0.75 * left)).astype(np.uint8))
        page.paste(spec.ink, mask=Image.composite(ink.all, Image.new("L", page.size), worn))
    else:
        page.paste(spec.ink, mask=ink.all)
    if not spec.marks.any:
        pen = Image.new("L", page.size)
    else:
        marked = draw_marks(page, spec, sheet, np.random.default_rng([spec.seed, 4]))
        page, pen = marked.page, marked.pen
    return page, {**layers, "handwriting": pen} if masks else {}


@dataclass(frozen=True, slots=True)
class _DrawnSegment:
    """Samples ``first`` to ``last`` (exclusive) of a segment, as points in undistorted pixels."""

    segment: Segment
    first: int
    last: int
    points: Points

    @classmethod
    def of(
        cls, ecg: ECG, spec: PageSpec, sheet: Sheet, segment: Segment, offset: float
    ) -> "_DrawnSegment":
        first, last = round(segment.start * ecg.rate), round(segment.end * ecg.rate)
        mv = ecg.lead(segment.lead)[first:last]
        seconds = np.arange(first, first + len(mv)) / ecg.rate - segment.start
        x = segment.x + seconds * spec.speed
        y = segment.y + offset - mv * spec.gain
        points = sheet.turn(np.column_stack([x, y]), spec.skew) * spec.px_per_mm
        return cls(segment, first, first + len(mv), points.astype(np.float32))


def _is_shown(ecg: ECG, segment: Segment) -> bool:
    return segment.lead in ecg.leads and bool(np.isfinite(ecg.lead(segment.lead)).any())


def _offset(spec: PageSpec, rng: np.random.Generator) -> float:
    """Random offset of a trace from the middle of its row, in mm."""
    return float(np.clip(rng.normal(0, 1), -2, 2)) * spec.offset_mm


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


def _is_visible(points: Points, picture: Picture) -> NDArray[np.bool_]:
    """Which points are on the picture, and not below a finger."""
    x, y = points.T
    width, height = picture.image.size
    inside: NDArray[np.bool_] = (
        (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    )  # False for NaN
    if picture.covered is not None:
        at = np.round(points[inside]).astype(int)
        inside[inside] = np.asarray(picture.covered)[at[:, 1], at[:, 0]] < 128
    return inside


VisibleSegments = list[tuple[_DrawnSegment, Points, NDArray[np.bool_]]]


def _ground_truth(ecg: ECG, spec: PageSpec, visible: VisibleSegments) -> ECG:
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
