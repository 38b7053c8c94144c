"""How soon a doctor should see an ECG, and the words for it: the same on every screen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from heartsense.conditions import CONDITION_IDS, Status

Urgency = Literal["emergency", "soon", "routine", "none"]

_URGENCIES: Final[dict[str, dict[Status, Urgency]]] = {
    "normal": {"likely": "none"},
    "supraventricular_arrhythmia": {"likely": "soon", "possible": "routine"},
    "ventricular_arrhythmia": {"likely": "soon", "possible": "routine"},
    "myocardial_infarction": {"likely": "emergency", "possible": "soon"},
    "hypertrophy": {"likely": "routine", "possible": "routine"},
    "fusion_or_miscellaneous": {"likely": "routine", "possible": "routine"},
}
"""By condition and status; what is not named asks for nothing."""

_ORDER: Final[tuple[Urgency, ...]] = ("emergency", "soon", "routine", "none")


@dataclass(frozen=True, slots=True)
class WhatToDo:
    """What to do, in words for patients."""

    title: str
    text: str


_ALWAYS: Final = (
    "Call an emergency number at once if you have chest pain, faint or find it hard to breathe. "
    "Do so whatever HeartSense says."
)

WHAT_TO_DO: Final[dict[Urgency, WhatToDo]] = {
    "emergency": WhatToDo(
        "Chest pain, cold sweat or trouble breathing? Call an emergency number now.",
        "This ECG shows signs of a heart attack. They may be new or old. Do not wait, and do not "
        "drive yourself. If you feel well, show this ECG to a doctor today.",
    ),
    "soon": WhatToDo("Show this ECG to a doctor in the next few days.", _ALWAYS),
    "routine": WhatToDo("Show this ECG to a doctor at your next visit.", _ALWAYS),
    "none": WhatToDo("If you feel well, this ECG asks for nothing more.", _ALWAYS),
}

_TAKE_CARE: Final = "Take a new picture: flat, sharp, in even light, with the whole page in view."


def take_again(advice: str | None) -> WhatToDo:
    """What to do about a picture of which nothing could be assessed.

    Parameters
    ----------
    advice
        How to take a better picture, in a sentence; None where nothing special is known.
    """
    return WhatToDo("Take it again", f"{advice or _TAKE_CARE} {_ALWAYS}")


def urgency_of(statuses: Mapping[str, Status]) -> Urgency:
    """The most urgent of what the conditions of one ECG ask for.

    Parameters
    ----------
    statuses
        The status of each condition, by its id. An ECG on which none is likely, or one was not
        assessed, is at least ``routine``: it is not known to be normal.

    Examples
    --------
    >>> urgency_of({"normal": "unlikely", "myocardial_infarction": "likely"})
    'emergency'
    """
    asked = {_URGENCIES[id].get(statuses.get(id, "unlikely"), "none") for id in CONDITION_IDS}
    if "likely" not in statuses.values() or "not_assessed" in statuses.values():
        asked.add("routine")
    return next(urgency for urgency in _ORDER if urgency in asked)
