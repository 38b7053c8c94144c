"""Layout hypotheses: the ECG that a page shows if it has a certain layout."""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.page_layout.column_spans import column_spans
from heartsense.digitizer.page_layout.layouts import (
    LIMB_LEADS_ONLY,
    Layout,
    candidate_layouts,
)
from heartsense.digitizer.page_layout.lead_segments import (
    SAMPLING_RATE,
    LeadSegment,
    cut_lead_segments,
    sample_count,
)
from heartsense.digitizer.page_layout.limb_leads import (
    LIMB_LAYOUT,
    PART_OF_PAGE,
    limb_lags,
    limb_layouts,
)
from heartsense.digitizer.page_layout.print_slant import (
    beats_confirm,
    lawful_slant,
    print_slant,
    slanted_offsets,
)
from heartsense.digitizer.page_layout.rhythm_strips import merge_rhythm_strips
from heartsense.digitizer.quality import law_residuals
from heartsense.digitizer.rectified_page import RectifiedPage
from heartsense.digitizer.scale.legend import Legend, read_legend
from heartsense.digitizer.scale.scale_estimation import Scale, estimate_scale
from heartsense.digitizer.trace_extraction.row_traces import RowTraces
from heartsense.ecg import ECG, LEADS, PageInk, Trace

MIN_STRIP_SECONDS: Final = 1.4
"""A shorter strip is a single beat: it has no room for a second R peak."""

MAX_LIMB_INCONSISTENCY: Final = 0.5
LIMB_MARGIN: Final = 0.1
"""How much less consistent six limb leads may be than other layouts of six rows. Taken for limb
leads, the chest leads of 18 drawn pages left 0.58 and more, and 0.3 more than the true layout where
that could be read."""

SLANT_MARGIN: Final = 0.1
CONFIRMED_SLANT_MARGIN: Final = 0.05
"""How much less inconsistent leads must be for print that is aslant, and where beats confirm it.
Level drawn pages gain 0.04 at most by a slant that is chosen by the laws."""


@dataclass(frozen=True, slots=True)
class LayoutHypothesis:
    """The ECG of a page under one layout.

    Attributes
    ----------
    layout : Layout
    ecg : ECG
    traces : tuple of Trace
        Where each lead lies on the original page.
    expected_coverage : dict
        Share of the time axis, 0 to 1, that the layout shows of each lead.
    rhythm_agreement : float or None
        Mean correlation of the rhythm strips with their leads; None without one.
    scale : Scale
    overlap : float
        How much of the strokes where rows overlap is not explained.
    strip_leads : tuple of str
        The leads that its rhythm strips repeat, but for strips that are left out as like none.
    ink : PageInk
        As in ``RowTraces``.
    """

    layout: Layout
    ecg: ECG
    traces: tuple[Trace, ...]
    expected_coverage: dict[str, float]
    rhythm_agreement: float | None
    scale: Scale
    overlap: float = 0.0
    strip_leads: tuple[str, ...] = ()
    ink: PageInk = field(default_factory=PageInk)

    @property
    def has_unknown_strip(self) -> bool:
        """Whether a rhythm strip was left out, as it is like no lead."""
        strips = sum(names == (None,) for names in self.layout.names)
        return len(self.strip_leads) < strips

    @property
    def inconsistency(self) -> float:
        """Mean violation of the laws that can be checked, about 0 to 1.

        Einthoven's and Goldberger's residuals, and 1 less the rhythm agreement. 0 for a single
        lead, of which no law holds; 1 for several leads of which none can be checked. More than
        the laws say for the limb leads of a page whose other rows are left out.
        """
        if len(self.ecg.leads) == 1:
            return 0.0
        violations = law_residuals(self.ecg)
        if self.rhythm_agreement is not None:
            violations.append(1.0 - max(self.rhythm_agreement, 0.0))
        inconsistency = float(np.mean(violations)) if violations else 1.0
        return (
            max(inconsistency, PART_OF_PAGE) if self.layout.name == LIMB_LAYOUT else inconsistency
        )

    def at_printed_gain(self, gain: float) -> "LayoutHypothesis":
        """The same page, whose legend gives a gain in mm/mV."""
        signal = self.ecg.signal * np.float32(self.scale.gain / gain)
        scale = replace(self.scale, gain=gain, gain_source="legend")
        return replace(self, ecg=replace(self.ecg, signal=signal), scale=scale)


def fit_layouts(
    page: RectifiedPage, rows: RowTraces, *, has_grid: bool, may_be_aslant: bool = True
) -> list[LayoutHypothesis]:
    """Read a page in every layout with its number of rows, the most consistent first.

    Parameters
    ----------
    page : RectifiedPage
    rows : RowTraces
    has_grid : bool
        Whether the millimetres of the page come from a grid.
    may_be_aslant : bool
        Whether the laws may say that rows are shifted: not where all of the print is turned.
    """
    layouts, limb = candidate_layouts(len(rows.paths)), limb_layouts(len(rows.paths))
    # Letters are sought all over the page: not where no layout asks for them.
    legend = read_legend(page, rows) if layouts or limb else Legend(None, None)
    if not has_grid and len(rows.paths) > 1:
        legend = replace(legend, speed=None)  # the page was scaled by it: its width tells

    hypotheses = [
        _fit_layout(page, rows, layout, legend, has_grid=has_grid, may_be_aslant=may_be_aslant)
        for layout in layouts
    ]
    by_laws = (_fit_limb_leads(page, rows, layout, legend, has_grid=has_grid) for layout in limb)
    of_limb_leads = next((found for found in by_laws if found is not None), None)
    hypotheses += [] if of_limb_leads is None else [of_limb_leads]
    return [
        replace(hypothesis, overlap=rows.overlap, ink=rows.ink)
        for hypothesis in _by_consistency(hypotheses)
    ]


def _by_consistency(hypotheses: list[LayoutHypothesis]) -> list[LayoutHypothesis]:
    """The hypotheses, the most consistent first; six limb leads alone, or not at all.

    The first half of six limb leads also obeys the laws as one of two columns. But chest leads do
    not: where whole rows obey them, there are none.
    """
    ranked = sorted(hypotheses, key=lambda hypothesis: hypothesis.inconsistency)
    limb = [h for h in ranked if h.layout is LIMB_LEADS_ONLY]
    others = [h for h in ranked if h.layout is not LIMB_LEADS_ONLY]
    limit = min(MAX_LIMB_INCONSISTENCY, others[0].inconsistency + LIMB_MARGIN) if others else 0.0
    return limb if limb and limb[0].inconsistency < limit else others


def _fit_layout(
    page: RectifiedPage,
    rows: RowTraces,
    layout: Layout,
    legend: Legend,
    *,
    has_grid: bool,
    may_be_aslant: bool,
) -> LayoutHypothesis:
    spans = column_spans(rows, layout, has_grid=has_grid)
    is_strip = len(rows.paths) == 1
    column_px = None if is_strip else float(np.diff(spans, axis=1).max())
    scale = estimate_scale(legend, rows.pulse, column_px, layout.columns, has_grid=has_grid)
    segments = cut_lead_segments(rows, layout, spans, scale)
    if is_strip:
        return _single_lead(page, segments[0], layout, scale)
    level, signal = _twelve_leads(page, segments, layout, scale), _signal(segments)
    by_strip = print_slant(signal, segments, scale.px_per_second) if page.bent else 0.0
    slant = by_strip
    if may_be_aslant and not by_strip and level.inconsistency > CONFIRMED_SLANT_MARGIN:
        slant = lawful_slant(signal, segments, scale.px_per_second)
    if not slant:
        return level
    offsets = slanted_offsets(rows.centrelines, layout.divided_rows, slant)
    aslant = cut_lead_segments(rows, layout, spans, scale, offsets)
    slanted = _twelve_leads(page, aslant, layout, scale)
    is_confirmed = beats_confirm(rows.centrelines, layout.divided_rows, offsets)
    if by_strip and is_confirmed:
        return slanted
    return confirmed_by_laws(level, slanted, by_beats=is_confirmed)


def _fit_limb_leads(
    page: RectifiedPage, rows: RowTraces, layout: Layout, legend: Legend, *, has_grid: bool
) -> LayoutHypothesis | None:
    """The upper rows as limb leads, each at its time; None where they are others."""
    rows = rows.first(len(layout.names))
    level = _fit_layout(page, rows, layout, legend, has_grid=has_grid, may_be_aslant=False)
    lags = limb_lags(level.ecg)
    if lags is None:
        return None
    offsets = np.array([lags[str(name)] for (name,) in layout.names]) * level.scale.px_per_second
    spans = column_spans(rows, layout, has_grid=has_grid)
    segments = cut_lead_segments(rows, layout, spans, level.scale, offsets)
    return _twelve_leads(page, segments, layout, level.scale)


def confirmed_by_laws(
    level: LayoutHypothesis, slanted: LayoutHypothesis, *, by_beats: bool = False
) -> LayoutHypothesis:
    """The page with its rows shifted, if the laws then hold much better.

    Complexes of leads as different as I and III are steepest at different moments: that they are
    not at one time says little; if they are (``by_beats``), the laws need to gain less.
    """
    gain = level.inconsistency - slanted.inconsistency
    return slanted if gain > (CONFIRMED_SLANT_MARGIN if by_beats else SLANT_MARGIN) else level


def _twelve_leads(
    page: RectifiedPage, segments: list[LeadSegment], layout: Layout, scale: Scale
) -> LayoutHypothesis:
    signal = _signal(segments)
    duration = _duration(segments)
    strips = [segment for segment in segments if segment.lead is None]
    merged, agreements = merge_rhythm_strips(signal, strips)
    named = [segment for segment in segments if segment.lead is not None] + merged
    return LayoutHypothesis(
        layout,
        ECG(signal, SAMPLING_RATE),
        tuple(segment.to_trace(page) for segment in named if segment.is_shown),
        _expected_coverage(named, duration),
        float(np.mean(agreements)) if agreements else None,
        scale,
        strip_leads=tuple(str(segment.lead) for segment in merged),
    )


def _expected_coverage(segments: list[LeadSegment], duration: float) -> dict[str, float]:
    """Share of the time axis that each lead should be shown for: as long as others of its kind.

    A lead of which the page shows less, or nothing, is expected as well.
    """
    shares = {str(s.lead): float(np.ptp(s.seconds) / duration) for s in segments if s.is_shown}
    usual = float(np.median(list(shares.values()))) if shares else 0.0
    return {str(s.lead): shares.get(str(s.lead), usual) for s in segments}


def _duration(segments: list[LeadSegment]) -> float:
    return max(segment.end for segment in segments if len(segment.x))


def _signal(segments: list[LeadSegment]) -> NDArray[np.float32]:
    """The leads in millivolts without the rhythm strips, shape (samples, 12)."""
    samples = sample_count(_duration(segments))
    signal = np.full((samples, len(LEADS)), np.nan, dtype=np.float32)
    for segment in segments:
        if segment.lead is not None:
            segment.write_to(signal[:, LEADS.index(segment.lead)])
    return signal


def _single_lead(
    page: RectifiedPage, segment: LeadSegment, layout: Layout, scale: Scale
) -> LayoutHypothesis:
    signal = np.full((sample_count(segment.end), 1), np.nan, dtype=np.float32)
    segment.write_to(signal[:, 0])
    lead = str(segment.lead)
    ecg = ECG(signal, SAMPLING_RATE, (lead,))
    if ecg.duration < MIN_STRIP_SECONDS:
        layout = Layout("beat", layout.names)
    return LayoutHypothesis(layout, ecg, (segment.to_trace(page),), {lead: 1.0}, None, scale)
