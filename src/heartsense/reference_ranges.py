"""The measurements: names, units and reference ranges for adults."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Measurements:
    """Measurements of one ECG; None where it does not show what is needed.

    Attributes
    ----------
    heart_rate_bpm : mean ventricular rate, 60 / mean RR interval in seconds.
    rr_spread_ms : standard deviation of the RR intervals of all beats.
    pr_ms : P onset to QRS onset; None where no P wave is found.
    qrs_ms : QRS onset to offset.
    qt_ms : QRS onset to T end.
    qtc_ms : QT corrected for rate after Fridericia, QT / (RR in seconds) ** (1 / 3).
    axis_deg : frontal QRS axis from the net QRS areas of I and aVF, -180 to 180.
    sokolow_lyon_mv : S in V1 plus the greater R of V5 and V6.
    cornell_mv : R in aVL plus S in V3.
    """

    heart_rate_bpm: float | None
    rr_spread_ms: float | None
    pr_ms: float | None
    qrs_ms: float | None
    qt_ms: float | None
    qtc_ms: float | None
    axis_deg: float | None
    sokolow_lyon_mv: float | None
    cornell_mv: float | None


@dataclass(frozen=True, slots=True)
class ReferenceRange:
    """Title, unit and reference range of one measurement, with its source.

    ``low`` and ``high`` are in ``unit``; None where the range is open.
    """

    title: str
    unit: str
    low: float | None
    high: float | None
    source: str

    @property
    def decimals(self) -> int:
        """Decimal places that a value is shown with."""
        return 2 if self.unit == "mV" else 0

    def format_value(self, value: float | None) -> str:
        """A value with its unit, in words if there is none."""
        if value is None:
            return "not measurable"
        return f"{value:.{self.decimals}f} {self.unit}"

    def format_range(self) -> str:
        """The range in words, without the unit; empty if it is open at both ends.

        Examples
        --------
        >>> REFERENCE_RANGES["heart_rate_bpm"].format_range()
        '60 to 100'
        >>> REFERENCE_RANGES["qrs_ms"].format_range()
        'up to 110'
        """
        if self.low is None:
            return "" if self.high is None else f"up to {self.high:g}"
        return f"from {self.low:g}" if self.high is None else f"{self.low:g} to {self.high:g}"


_AHA_QT = "AHA/ACCF/HRS 2009 part IV (Rautaharju et al., Circulation 2009;119:e241-50)"
_AHA_CONDUCTION = "AHA/ACCF/HRS 2009 part III (Surawicz et al., Circulation 2009;119:e235-40)"
_AHA_HYPERTROPHY = "AHA/ACCF/HRS 2009 part V (Hancock et al., Circulation 2009;119:e251-61)"

SOKOLOW_LYON_LIMIT: Final = 3.5
CORNELL_LIMIT: Final = 2.8
"""Voltages in mV above which the left ventricle may be enlarged; Cornell's is that of men."""

REFERENCE_RANGES: Final[dict[str, ReferenceRange]] = {
    "heart_rate_bpm": ReferenceRange(
        "Heart rate", "/min", 60, 100, "ACC/AHA/HRS 2018 bradycardia guideline; sinus rhythm"
    ),
    "rr_spread_ms": ReferenceRange(
        "RR variability",
        "ms",
        None,
        120,
        "Sinus arrhythmia: RR intervals that differ by over 120 ms",
    ),
    "pr_ms": ReferenceRange(
        "PR interval", "ms", 120, 200, "ACC/AHA/HRS 2018 bradycardia guideline"
    ),
    "qrs_ms": ReferenceRange("QRS duration", "ms", None, 110, _AHA_CONDUCTION),
    "qt_ms": ReferenceRange("QT interval", "ms", None, None, "Depends on rate: see QTc"),
    "qtc_ms": ReferenceRange("QTc (Fridericia)", "ms", 390, 460, _AHA_QT),
    "axis_deg": ReferenceRange("QRS axis", "degrees", -30, 90, _AHA_CONDUCTION),
    "sokolow_lyon_mv": ReferenceRange(
        "Sokolow-Lyon voltage", "mV", None, SOKOLOW_LYON_LIMIT, _AHA_HYPERTROPHY
    ),
    "cornell_mv": ReferenceRange(
        "Cornell voltage", "mV", None, CORNELL_LIMIT, f"{_AHA_HYPERTROPHY}; men 2.8, women 2.0"
    ),
}
"""Every field of ``Measurements``, in its order."""

QualityLabel = Literal["good", "fair", "poor"]

GOOD_QUALITY: Final = 0.80
"""Quality score from which an image was easy to read."""

FAIR_QUALITY: Final = 0.45
"""Quality score from which an image was readable at all; below it no finding is certain."""


def quality_label(score: float) -> QualityLabel:
    """A quality score in a word, the same in every output.

    Parameters
    ----------
    score
        `Quality.score`, from 0 to 1.

    Examples
    --------
    >>> quality_label(0.93)
    'good'
    """
    if score >= GOOD_QUALITY:
        return "good"
    return "fair" if score >= FAIR_QUALITY else "poor"
