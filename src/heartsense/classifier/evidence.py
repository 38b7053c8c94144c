"""Contributions to a score in words: "ST in V2-V4 +0.2 mV"."""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import LEADS
from heartsense.measurements import FEATURE_NAMES

Values = NDArray[np.float64]

_MOST: Final = 4
_LEAST_SHARE: Final = 0.08
"""Of all that speaks for a condition; less is not worth a line."""
_LEAST_OF_LEAD: Final = 0.15
"""Of what all leads add; less is not worth naming a lead."""

_LEAST_MILLIVOLTS: Final = 0.05

_WAVES: Final = {
    **{"q": "Q wave", "r": "R wave", "s": "S wave", "j": "ST", "st60": "ST", "st80": "ST"},
    **{"t_max": "T wave", "t_min": "T wave", "r_part": "R wave", "activation_ms": "QRS shape"},
    **{"size_mv": "size of the signal", "relative_size": "size of the signal"},
}
_VALUE: Final = {"Q wave": "q", "R wave": "r", "S wave": "s", "ST": "st60"}
"""The amplitude, in millivolts, that is shown of a wave."""
_WHOLE: Final = {
    **dict.fromkeys(("heart_rate", "rr_median"), "heart rate"),
    **dict.fromkeys(("premature_share", "earliest_prematurity"), "early beats"),
    "pause_after_premature": "early beats",
    **dict.fromkeys(("odd_share", "least_alike", "mean_alike"), "beats of another shape"),
    **dict.fromkeys(("odd_premature_share", "odd_width"), "beats of another shape"),
    **dict.fromkeys(("qrs_ms", "usual_width"), "QRS duration"),
    **dict.fromkeys(("qt_ms", "qtc_ms"), "QT interval"),
    **dict.fromkeys(("p_found", "p_scatter", "p_size"), "P wave"),
    **dict.fromkeys(("qrs_axis_deg", "initial_axis_deg"), "QRS axis"),
    **dict.fromkeys(("t_axis_deg", "qrs_t_angle_deg", "t_mean"), "T wave"),
    **dict.fromkeys(("st60_highest", "st60_lowest", "st60_mean"), "ST"),
    **dict.fromkeys(("sokolow_lyon_mv", "cornell_mv", "hypertrophy_voltage"), "voltage"),
    "pr_ms": "PR interval",
    "transition_lead": "R wave",
    "discordant_t_share": "T wave",
}
_PICTURE: Final = "shape of the whole drawing"
_SHOWN: Final = {
    "heart rate": ("heart_rate", "{:.0f} /min", 1.0),
    "rhythm": ("rr_variation", "RR intervals vary by {:.0f} %", 100.0),
    "early beats": ("premature_share", "{:.0f} % of the beats", 100.0),
    "beats of another shape": ("odd_share", "{:.0f} %", 100.0),
    "QRS duration": ("qrs_ms", "{:.0f} ms", 1.0),
    "QT interval": ("qtc_ms", "QTc {:.0f} ms", 1.0),
    "PR interval": ("pr_ms", "{:.0f} ms", 1.0),
    "QRS axis": ("qrs_axis_deg", "{:.0f} degrees", 1.0),
    "voltage": ("sokolow_lyon_mv", "Sokolow-Lyon {:.1f} mV", 1.0),
}
"""The measurement that stands for each of them, how it is shown, and its factor."""
_INDEX: Final = {name: index for index, name in enumerate(FEATURE_NAMES)}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for a condition.

    Attributes
    ----------
    text : str
        What it is, in words, with its value where it has one.
    contribution : float
        What it adds to the log odds of the boosted trees, against an ECG of median measurements.
    """

    text: str
    contribution: float


def evidence_in_words(contributions: Values, signal: Values) -> tuple[Evidence, ...]:
    """What speaks most for a condition, strongest first.

    Parameters
    ----------
    contributions : float64 array, shape (signal features + 1,)
        One row of what an ``Explainer`` returns.
    signal : float64 array, shape (signal features,)
        The measurements, as ``signal_features`` returns them.
    """
    by_lead: dict[str, dict[str, float]] = defaultdict(dict)
    added = np.bincount(_PLACE, weights=contributions, minlength=len(_PLACES)).tolist()
    for (kind, lead), value in zip(_PLACES, added, strict=True):
        by_lead[kind][lead] = value
    total = {kind: sum(leads.values()) for kind, leads in by_lead.items()}
    positive = sum(value for value in total.values() if value > 0)
    strongest = sorted(total, key=lambda kind: total[kind], reverse=True)[:_MOST]
    return tuple(
        Evidence(_words(kind, _leads(by_lead[kind]), signal), round(total[kind], 3))
        for kind in strongest
        if total[kind] >= max(_LEAST_SHARE * positive, 1e-9)
    )


def _kind(name: str) -> tuple[str, str]:
    """What a measurement is about, and the lead, if it is of one."""
    base, _, lead = name.rpartition("_")
    if beat := re.fullmatch(r"beat_(\w+)_(-?\d+)ms", name):
        return _part_of_beat(int(beat[2])), beat[1]
    if lead in LEADS:
        return _WAVES[re.sub(r"_(share|mv)$", "", base) if base not in _WAVES else base], lead
    return _WHOLE.get(name, "rhythm"), ""


def _part_of_beat(milliseconds: int) -> str:
    """The part of a beat at a time from its R peak."""
    for end, part in ((-80, "P wave"), (80, "QRS shape"), (180, "ST")):
        if milliseconds < end:
            return part
    return "T wave"


_KINDS: Final = (*map(_kind, FEATURE_NAMES), (_PICTURE, ""))
_PLACES: Final = tuple(dict.fromkeys(_KINDS))
_PLACE: Final = np.array([_PLACES.index(kind) for kind in _KINDS])
"""The kinds and leads, each once, and the number of that of each measurement."""


def _leads(added: dict[str, float]) -> tuple[str, ...]:
    """The leads that add most, in their usual order."""
    positive = {lead: value for lead, value in added.items() if lead and value > 0}
    least = _LEAST_OF_LEAD * sum(positive.values())
    return tuple(lead for lead in LEADS if positive.get(lead, 0.0) > least)


def _words(kind: str, leads: tuple[str, ...], signal: Values) -> str:
    if kind == "P wave" and not leads:
        return "P wave found" if signal[_INDEX["p_found"]] > 0 else "no P wave found"
    if shown := _SHOWN.get(kind):
        name, form, factor = shown
        value = signal[_INDEX[name]] * factor
        return f"{kind}: {form.format(value)}" if np.isfinite(value) else kind
    if not leads:
        return kind
    return f"{kind} in {_range(leads)}{_millivolts(kind, leads, signal)}"


def _range(leads: tuple[str, ...]) -> str:
    """Leads in words; three or more neighbours as a range."""
    places = [LEADS.index(lead) for lead in leads]
    chest = LEADS.index("V1")
    neighbours = places == list(range(places[0], places[-1] + 1))
    if len(leads) > 2 and neighbours and places[0] >= chest:
        return f"{leads[0]}-{leads[-1]}"
    return ", ".join(leads)


def _millivolts(kind: str, leads: tuple[str, ...], signal: Values) -> str:
    """The mean amplitude of a wave in these leads, where it is known and not nearly nothing."""
    if kind not in _VALUE:
        return ""
    values = np.array([signal[_INDEX[f"{_VALUE[kind]}_mv_{lead}"]] for lead in leads])
    known = values[np.isfinite(values)]
    mean = known.mean() if len(known) else 0.0
    return f" {mean:+.1f} mV" if abs(mean) >= _LEAST_MILLIVOLTS else ""
