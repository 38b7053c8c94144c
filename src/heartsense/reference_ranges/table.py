"""The limits of every measurement, each with its source."""

from math import inf
from typing import Final

from heartsense.reference_ranges.limits import (
    ADULT_AGE,
    OLDEST,
    Band,
    Comparison,
    Limits,
    ReferenceRange,
)

_NORMAL_WORD: Final = "normal"

_BRADYCARDIA = "ACC/AHA/HRS 2018 bradycardia guideline (Kusumoto et al., Circulation 2019;140:e382)"
_SVT = "ACC/AHA/HRS 2015 guideline (Page et al., Circulation 2016;133:e506)"
_CONDUCTION = "AHA/ACCF/HRS 2009 part III (Surawicz et al., Circulation 2009;119:e235)"
_QT = "AHA/ACCF/HRS 2009 part IV (Rautaharju et al., Circulation 2009;119:e241)"
_SHORT_QT = "ESC 2015 guideline (Priori et al., Eur Heart J 2015;36:2793)"
_HYPERTROPHY = "AHA/ACCF/HRS 2009 part V (Hancock et al., Circulation 2009;119:e251)"

SOKOLOW_LYON_LIMIT: Final = 3.5
CORNELL_LIMIT: Final = 2.8
"""Voltages in mV above which the left ventricle may be enlarged; Cornell's is that of men."""

_VOLTAGE_AGES: Final = range(36, OLDEST)
_YOUNG: Final = Limits((), f"{_HYPERTROPHY}: for adults over 35", ages=range(_VOLTAGE_AGES.start))


def _bands(*bands: tuple[float, Comparison, str]) -> tuple[Band, ...]:
    return tuple(Band(*band) for band in bands)


def _up_to(high: float, word: str, low: float = -inf, low_word: str = "") -> tuple[Band, ...]:
    """Normal up to a value, included, and after another one."""
    below = [Band(low, "low", low_word)] if low_word else []
    return (*below, Band(high, "normal", _NORMAL_WORD), Band(inf, "high", word))


REFERENCE_RANGES: Final[dict[str, ReferenceRange]] = {
    "heart_rate_bpm": ReferenceRange(
        "Heart rate",
        "beats per minute",
        "/min",
        (
            Limits(
                _up_to(100, "fast (tachycardia)", 49, "slow (bradycardia)"),
                f"{_BRADYCARDIA}; {_SVT}",
            ),
        ),
    ),
    "rr_spread_ms": ReferenceRange(
        "RR variability",
        "how much the time between beats varies",
        "ms",
        (Limits((), "Depends on age and breath: no limit holds for all"),),
    ),
    "pr_ms": ReferenceRange(
        "PR interval",
        "from the start in the upper heart to the lower heart",
        "ms",
        (Limits(_up_to(200, "long", 119, "short"), f"{_BRADYCARDIA}; {_SVT}"),),
    ),
    "qrs_ms": ReferenceRange(
        "QRS duration",
        "time in which the signal spreads through the lower heart",
        "ms",
        (
            Limits(
                _bands(
                    (110, "normal", _NORMAL_WORD),
                    (119, "high", "slightly wide"),
                    (inf, "high", "wide"),
                ),
                _CONDUCTION,
            ),
            Limits(_up_to(99, "wide"), _CONDUCTION, ages=range(4, ADULT_AGE)),
            Limits(_up_to(89, "wide"), _CONDUCTION, ages=range(4)),
        ),
    ),
    "qt_ms": ReferenceRange(
        "QT interval",
        "from the start of a beat until the heart has recovered",
        "ms",
        (Limits((), "Depends on the heart rate: see QTc"),),
    ),
    "qtc_ms": ReferenceRange(
        "QTc (Fridericia)",
        "QT as it would be at 60 beats per minute",
        "ms",
        (
            Limits(_up_to(449, "long", 340, "short"), f"{_QT}; {_SHORT_QT}", "male"),
            Limits(_up_to(459, "long", 340, "short"), f"{_QT}; {_SHORT_QT}", "female"),
        ),
    ),
    "axis_deg": ReferenceRange(
        "QRS axis",
        "main direction of the signal",
        "degrees",
        (
            Limits(
                _bands(
                    (-91, "low", "extreme axis deviation"),
                    (-31, "low", "left axis deviation"),
                    (90, "normal", _NORMAL_WORD),
                    (inf, "high", "right axis deviation"),
                ),
                _CONDUCTION,
            ),
        ),
    ),
    "sokolow_lyon_mv": ReferenceRange(
        "Sokolow-Lyon voltage",
        "size of the signal in the chest leads",
        "mV",
        (
            Limits(_up_to(SOKOLOW_LYON_LIMIT, "high voltage"), _HYPERTROPHY, ages=_VOLTAGE_AGES),
            _YOUNG,
        ),
    ),
    "cornell_mv": ReferenceRange(
        "Cornell voltage",
        "size of the signal, measured in a second way",
        "mV",
        (
            Limits(_up_to(CORNELL_LIMIT, "high voltage"), _HYPERTROPHY, "male", ages=_VOLTAGE_AGES),
            Limits(_up_to(2.0, "high voltage"), _HYPERTROPHY, "female", ages=_VOLTAGE_AGES),
            _YOUNG,
        ),
    ),
}
"""Every field of ``Measurements``, in its order; ``docs/reference-ranges.md`` shows it."""
