"""What the statuses of an ECG come to, in words: the same on every screen."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from heartsense.conditions import CONDITION_IDS, UNCERTAIN, Status, condition
from heartsense.urgency import WHAT_TO_DO, Urgency, WhatToDo, take_again, urgency_of

NOT_ASSESSED: Final = "Not assessed"

LIMITATIONS: Final = (
    "One ECG cannot show if a change is old or new. HeartSense has not seen your older ECGs.",
    "It does not know how you feel, what drugs you take or what illnesses you have had.",
    "It has learned from few fast rhythms of the lower heart, and may miss them.",
    "A normal ECG does not rule out a heart problem.",
)
"""What no result tells, in the words of every screen."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a screen shows first.

    Attributes
    ----------
    findings : tuple of str
        Ids of the likely conditions, or ``("uncertain",)``.
    possible : tuple of str
        Ids of the conditions that are possible, though not likely.
    headline : str
        The findings in words.
    urgency : {"emergency", "soon", "routine", "none"}
        With "emergency", a screen begins with `what_to_do` as a banner.
    what_to_do : WhatToDo
    retake : bool
        Whether nothing could be assessed. Then a screen shows why and how to take a better picture,
        and no condition, probability or measurement.
    """

    findings: tuple[str, ...]
    possible: tuple[str, ...]
    headline: str
    urgency: Urgency
    what_to_do: WhatToDo
    retake: bool

    def to_dict(self) -> dict[str, Any]:
        """In JSON's own types, by the names that they have in a result."""
        return {
            **asdict(self),
            "findings": list(self.findings),
            "possible": list(self.possible),
        }


def conclude(statuses: Mapping[str, Status], advice: str | None = None) -> Conclusion:
    """What the classifier's statuses come to.

    Parameters
    ----------
    statuses
        The status of each condition, by its id.
    advice
        How to take a better picture, in a sentence, where that is known.

    Examples
    --------
    >>> conclude({"normal": "likely", "hypertrophy": "unlikely"}).headline
    'Likely: Normal ECG'
    >>> conclude({"normal": "not_assessed"}).retake
    True
    """
    likely = _with_status(statuses, "likely")
    retake = set(statuses.values()) == {"not_assessed"}
    urgency = urgency_of(statuses)
    if retake:
        headline = NOT_ASSESSED
    else:
        headline = f"Likely: {_titles(likely)}" if likely else UNCERTAIN.title
    return Conclusion(
        findings=likely or (UNCERTAIN.id,),
        possible=_with_status(statuses, "possible"),
        headline=headline,
        urgency=urgency,
        what_to_do=take_again(advice) if retake else WHAT_TO_DO[urgency],
        retake=retake,
    )


def conclude_review(conditions: Iterable[str]) -> Conclusion:
    """What a doctor's review comes to: the conditions that the doctor sees are certain."""
    seen = tuple(conditions)
    statuses: dict[str, Status] = {
        id: "likely" if id in seen else "unlikely" for id in CONDITION_IDS
    }
    urgency = urgency_of(statuses)
    return Conclusion(
        findings=_with_status(statuses, "likely"),
        possible=(),
        headline=f"A doctor says: {_titles(seen)}",
        urgency=urgency,
        what_to_do=WHAT_TO_DO[urgency],
        retake=False,
    )


def statement_in_words(said: Mapping[str, Any]) -> str:
    """A statement of a result, as ``Result.to_dict`` gives it, with what it rests on.

    Examples
    --------
    >>> qrs = {"name": "QRS duration", "value": "134 ms", "leads": ["II"]}
    >>> statement_in_words({"title": "Wide QRS complexes", "evidence": [qrs]})
    'Wide QRS complexes (QRS duration in II 134 ms)'
    """
    shown = [
        f"{e['name']}{' in ' + ', '.join(e['leads']) if e['leads'] else ''} {e['value']}"
        for e in said["evidence"]
    ]
    return f"{said['title']} ({'; '.join(shown)})" if shown else said["title"]


def _with_status(statuses: Mapping[str, Status], wanted: Status) -> tuple[str, ...]:
    return tuple(id for id, status in statuses.items() if status == wanted)


def _titles(ids: Iterable[str]) -> str:
    return "; ".join(condition(id).title for id in ids)
