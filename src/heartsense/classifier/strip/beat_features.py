"""Features of each beat of one lead: its time among the others, its width, shape and P wave.

None depends on the gain; shapes are compared with the strip's own median beat, so that they say
something in any lead.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.strip.complexes import COMPLEX_NAMES, complexes
from heartsense.classifier.strip.lead import Lead, known_median, part_of
from heartsense.measurements.beats import finite_median
from heartsense.measurements.preprocessing import PROCESSING_RATE
from heartsense.numeric import median, padded

_PARTS: Final = {
    "before": (-0.34, -0.2),
    "p": (-0.22, -0.06),
    "qrs": (-0.1, 0.12),
    "t": (0.14, 0.44),
}
"""Parts of a beat, in seconds from its R peak."""

_RR_NAMES: Final = (
    "rr_before_ratio",
    "rr_after_ratio",
    "rr_before_over_after",
    "rr_two_before_ratio",
    "rr_two_after_ratio",
    "rr_before_over_last",
    "rr_before_over_common",
)
_SHAPE_NAMES: Final = (
    *(f"alike_{part}" for part in _PARTS),
    *(f"difference_{part}" for part in _PARTS),
    "alike_median",
    "alike_last",
    "alike_next",
    "width",
    "width_ratio",
    "slow_share",
    "slow_share_ratio",
    "p_height",
    "p_height_ratio",
)
_STRIP_NAMES: Final = (
    "strip_rr_median",
    "strip_rr_variation",
    "strip_rr_steps",
    "strip_common_share",
    "strip_width",
    "strip_p_height",
    "strip_p_alike",
    "strip_noise",
)
BEAT_FEATURE_NAMES: Final = (*_RR_NAMES, *_SHAPE_NAMES, *COMPLEX_NAMES, *_STRIP_NAMES)
"""Names of the columns of ``beat_features``."""


def beat_features(lead: Lead) -> NDArray[np.float64]:
    """Features of every beat.

    Returns
    -------
    float64 array, shape (beats, len(BEAT_FEATURE_NAMES))
        NaN where the strip does not show what a feature needs.
    """
    if len(lead.peaks) == 0:
        return np.zeros((0, len(BEAT_FEATURE_NAMES)))
    with np.errstate(invalid="ignore", divide="ignore"):
        shape = _shape(lead)
        strip = np.broadcast_to(_strip(lead, shape), (len(lead.peaks), len(_STRIP_NAMES)))
        return np.column_stack((_rr(lead), shape, complexes(lead), strip))


def _rr(lead: Lead) -> NDArray[np.float64]:
    """RR intervals round each beat, and over the strip's median one, shape (beats, ...)."""
    rr = np.diff(lead.seconds)
    nan = np.full(2, np.nan)
    longer = np.concatenate((nan, rr, nan))
    two_before, before = longer[:-3], longer[1:-2]
    after, two_after = longer[2:-1], longer[3:]
    typical = known_median(rr)
    return np.column_stack(
        (
            before / typical,
            after / typical,
            before / after,
            two_before / typical,
            two_after / typical,
            before / two_before,
            before / lead.usual_rr,
        )
    )


def _shape(lead: Lead) -> NDArray[np.float64]:
    windows, template = lead.windows, lead.template
    pairs = [(part_of(windows, part), part_of(template, part)) for part in _PARTS.values()]
    alike = [_correlation(*pair) for pair in pairs]
    differences = [_difference(*pair) for pair in pairs]
    others = lead.correlations.copy()
    np.fill_diagonal(others, np.nan)
    neighbours = np.concatenate(([np.nan], np.diagonal(lead.correlations, 1), [np.nan]))
    width = _widths(lead)
    slow = _slow_share(part_of(windows, _PARTS["qrs"]))
    p_height = _wave_height(part_of(windows, _PARTS["p"]))
    return np.column_stack(
        (
            *alike,
            *differences,
            finite_median(others.T),
            neighbours[:-1],
            neighbours[1:],
            width,
            width / median(width),
            slow,
            slow / known_median(slow),
            p_height,
            p_height / max(known_median(p_height[lead.common]), 1e-3),
        )
    )


def _correlation(beats: NDArray[np.float64], template: NDArray[np.float64]) -> NDArray[np.float64]:
    a = beats - beats.mean(axis=1, keepdims=True)
    b = template - template.mean()
    norm = np.sqrt((a**2).sum(axis=1) * (b**2).sum())
    correlation: NDArray[np.float64] = a @ b / np.maximum(norm, 1e-9)
    return correlation


def _difference(beats: NDArray[np.float64], template: NDArray[np.float64]) -> NDArray[np.float64]:
    """Root mean square of the difference, each less its own mean."""
    a = beats - beats.mean(axis=1, keepdims=True) - (template - template.mean())
    difference: NDArray[np.float64] = np.sqrt((a**2).mean(axis=1))
    return difference


def _widths(lead: Lead) -> NDArray[np.float64]:
    """Area of each beat's slope energy over its maximum, in seconds."""
    reach = round(0.15 * PROCESSING_RATE)
    beats = padded(lead.energy, reach, reach, 0.0)[lead.peaks[:, None] + np.arange(2 * reach + 1)]
    highest = np.maximum(beats.max(axis=1), 1e-12)
    widths: NDArray[np.float64] = beats.sum(axis=1) / highest / PROCESSING_RATE
    return widths


def _slow_share(qrs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean slope over the steepest one: near 1 for broad, rounded complexes."""
    slope = np.abs(np.diff(qrs, axis=1))
    share: NDArray[np.float64] = slope.mean(axis=1) / np.maximum(slope.max(axis=1), 1e-9)
    return share


def _wave_height(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Greatest deviation above the straight line between the ends of a part."""
    ramp = np.linspace(0.0, 1.0, part.shape[1])
    left, right = part[:, :4].mean(axis=1), part[:, -4:].mean(axis=1)
    line = left[:, None] + (right - left)[:, None] * ramp
    height: NDArray[np.float64] = (part - line).max(axis=1)
    return height


def _strip(lead: Lead, shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is the same for all beats of a strip."""
    rr = np.diff(lead.seconds)
    median_rr = known_median(rr)
    steps = np.abs(np.diff(rr))
    column = dict(zip(_SHAPE_NAMES, shape.T, strict=True))
    template_p = _wave_height(part_of(lead.template[None, :], _PARTS["p"]))[0]
    quiet = np.abs(np.diff(lead.signal, 2))
    return np.array(
        [
            median_rr,
            rr.std() / median_rr if len(rr) > 1 else np.nan,
            median(steps) / median_rr if len(steps) else np.nan,
            lead.common.mean(),
            median(column["width"]),
            template_p,
            known_median(column["alike_p"]),
            known_median(quiet),
        ]
    )
