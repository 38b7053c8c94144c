"""Each beat's QRS complex and T wave measured by themselves, and beside the strip's median beat.

Heights are parts of a usual QRS complex's, as ``Lead.signal`` is.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.strip.lead import Lead, known_median, part_of
from heartsense.measurements.preprocessing import PROCESSING_RATE
from heartsense.numeric import median

_LEVEL: Final = (-0.12, -0.07)
_QRS: Final = (-0.12, 0.16)
_T: Final = (0.16, 0.44)
_WHOLE: Final = (-0.34, 0.46)
"""Parts of a beat, in seconds from its R peak; the level is what heights are measured from."""

_ALIKE: Final = 0.85
"""Correlation from which on two beats are alike."""
_NEAR: Final = 4
"""Beats before and after one whose RR intervals are near it."""

COMPLEX_NAMES: Final = (
    *("qrs_height", "up_share", "up_share_more", "area_over_height", "area_ratio"),
    *("net_area", "net_area_more", "width_at_half", "width_at_fifth"),
    *("steepest", "steepest_ratio", "steepest_over_height"),
    *("t_highest", "t_lowest", "t_mean_more", "t_opposite", "usual_part", "beside_usual_part"),
    *("rr_pair_ratio", "rr_before", "rr_after", "rr_before_over_near"),
    *("roughness", "roughness_high", "shown_share", "energy_ratio"),
    *("alike_share", "most_alike", "second_alike"),
)
"""Names of the columns of ``complexes``; ``more`` is the difference from the median beat."""


@dataclass(frozen=True, slots=True, eq=False)
class _Complex:
    """QRS complexes (beats, samples) from their level, and what is measured on each (beats,)."""

    level: NDArray[np.float64]
    shape: NDArray[np.float64]
    up: NDArray[np.float64]
    down: NDArray[np.float64]
    area: NDArray[np.float64]
    net_area: NDArray[np.float64]
    steepest: NDArray[np.float64]

    @property
    def height(self) -> NDArray[np.float64]:
        return np.maximum(self.up + self.down, 1e-6)

    @property
    def up_share(self) -> NDArray[np.float64]:
        return self.up / self.height


def complexes(lead: Lead) -> NDArray[np.float64]:
    """Values of ``COMPLEX_NAMES`` for at least one beat, shape (beats, len(COMPLEX_NAMES))."""
    beats, usual = np.nan_to_num(lead.windows), np.nan_to_num(lead.template)[None, :]
    of_beats, of_usual = _complex(beats), _complex(usual)
    columns = (
        *_of_qrs(of_beats, of_usual),
        *_of_t(beats, usual, of_beats, of_usual),
        *_fit(of_beats.shape, of_usual.shape[0]),
        *_rr(lead),
        *_clearness(lead, beats),
        *_alike_beats(lead),
    )
    return np.column_stack(columns)


def _complex(beats: NDArray[np.float64]) -> _Complex:
    level = np.median(part_of(beats, _LEVEL), axis=1)
    shape = part_of(beats, _QRS) - level[:, None]
    return _Complex(
        level=level,
        shape=shape,
        up=np.maximum(shape.max(axis=1), 0.0),
        down=np.maximum(-shape.min(axis=1), 0.0),
        area=np.abs(shape).sum(axis=1) / PROCESSING_RATE,
        net_area=shape.sum(axis=1) / PROCESSING_RATE,
        steepest=np.abs(np.diff(shape, axis=1)).max(axis=1) * PROCESSING_RATE,
    )


def _of_qrs(beats: _Complex, usual: _Complex) -> tuple[NDArray[np.float64], ...]:
    size = np.abs(beats.shape)
    highest = size.max(axis=1, keepdims=True)
    widths = [(size > part * highest).sum(axis=1) / PROCESSING_RATE for part in (0.5, 0.2)]
    return (
        beats.height,
        beats.up_share,
        beats.up_share - usual.up_share,
        beats.area / beats.height,
        beats.area / np.maximum(usual.area, 1e-6),
        beats.net_area,
        beats.net_area - usual.net_area,
        *widths,
        beats.steepest,
        beats.steepest / np.maximum(usual.steepest, 1e-6),
        beats.steepest / beats.height,
    )


def _of_t(
    beats: NDArray[np.float64], usual: NDArray[np.float64], of_beats: _Complex, of_usual: _Complex
) -> tuple[NDArray[np.float64], ...]:
    """The T wave's extremes, its mean beside the usual one, and how far it opposes the QRS."""
    wave = part_of(beats, _T) - of_beats.level[:, None]
    usual_mean = (part_of(usual, _T) - of_usual.level[:, None]).mean()
    highest, lowest = wave.max(axis=1), wave.min(axis=1)
    main = np.where(np.abs(highest) > np.abs(lowest), highest, lowest)
    opposite = np.where(of_beats.up > of_beats.down, -main, main)
    return highest, lowest, wave.mean(axis=1) - usual_mean, opposite


def _fit(
    shapes: NDArray[np.float64], usual: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much of the usual complex is in each, and the root mean square of what is left."""
    centred, ideal = shapes - shapes.mean(axis=1, keepdims=True), usual - usual.mean()
    part = centred @ ideal / max(float(ideal @ ideal), 1e-9)
    left = centred - part[:, None] * ideal
    return part, np.sqrt((left**2).mean(axis=1))


def _rr(lead: Lead) -> tuple[NDArray[np.float64], ...]:
    """Both intervals of a beat over two usual ones, each in seconds, and beside those near it."""
    rr = np.diff(lead.seconds)
    unknown = np.full(1, np.nan)
    before, after = np.concatenate((unknown, rr)), np.concatenate((rr, unknown))
    near = [
        known_median(np.concatenate((rr[max(i - _NEAR, 0) : max(i - 1, 0)], rr[i + 1 : i + _NEAR])))
        for i in range(len(before))
    ]
    return (before + after) / (2 * lead.usual_rr), before, after, before / np.array(near)


def _clearness(lead: Lead, beats: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """How rough the lead is round each beat, how much is shown, and how clear its peak is."""
    rough = np.abs(np.diff(part_of(beats, _WHOLE), 2, axis=1))
    energy = lead.energy[lead.peaks]
    return (
        np.median(rough, axis=1),
        np.percentile(rough, 90, axis=1),
        np.isfinite(lead.windows).mean(axis=1),
        energy / max(median(energy), 1e-12),
    )


def _alike_beats(lead: Lead) -> tuple[NDArray[np.float64], ...]:
    """Share of the other beats that are like each, and the two most alike ones' correlations."""
    others = np.nan_to_num(lead.correlations)
    np.fill_diagonal(others, 0.0)
    count = len(others)
    ordered = np.sort(np.pad(others, ((0, 0), (2, 0))), axis=1)
    share = (others > _ALIKE).sum(axis=1) / max(count - 1, 1)
    return share, ordered[:, -1], ordered[:, -2]
