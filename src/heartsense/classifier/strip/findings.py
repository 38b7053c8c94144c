"""From the judgement of one lead to a finding for each condition, and its beats in words."""

from collections.abc import Mapping
from typing import Final

from heartsense.classifier.classification import Finding
from heartsense.classifier.decision import share_in_words
from heartsense.classifier.strip.judgement import BeatKind, StripJudgement
from heartsense.classifier.strip.model import StripModel, Tiers
from heartsense.conditions import CONDITION_IDS, Status

_NEEDS_TWELVE: Final = "One lead cannot show it; it takes all twelve."
_TOO_FEW: Final = "The picture shows too few beats to compare them."
_UNREADABLE: Final = "The picture could not be read well enough."
_NORMAL: Final = "normal"
_SUPRAVENTRICULAR: Final = "supraventricular_arrhythmia"
_KIND_WORDS: Final[dict[BeatKind, str]] = {
    "ventricular": "early and wide",
    "supraventricular": "perhaps early and narrow",
    "uncertain": "hard to tell",
}
_KIND_OF: Final[dict[str, BeatKind]] = {
    _SUPRAVENTRICULAR: "supraventricular",
    "ventricular_arrhythmia": "ventricular",
}
_UNEVEN: Final = "The beats come unevenly, as in atrial fibrillation."


def strip_findings(
    judgement: StripJudgement, model: StripModel, *, unreadable: bool
) -> tuple[Finding, ...]:
    """The finding for each condition, in the order of ``CONDITION_IDS``."""
    if not judgement.probabilities:
        return tuple(_not_assessed(id, _TOO_FEW) for id in CONDITION_IDS)
    if unreadable:
        return tuple(_not_assessed(id, _UNREADABLE) for id in CONDITION_IDS)
    statuses = statuses_of(judgement.probabilities, model.tiers)
    return tuple(_finding(id, judgement, model, statuses) for id in CONDITION_IDS)


def statuses_of(
    probabilities: Mapping[str, float], tiers: Mapping[str, Tiers]
) -> dict[str, Status]:
    """The status of each condition that one lead can show.

    ``normal`` is unlikely where another condition is likely, and no more than possible where
    another is possible.
    """
    statuses = {id: _tier(probabilities[id], of_id) for id, of_id in tiers.items()}
    others = {status for id, status in statuses.items() if id != _NORMAL}
    if "likely" in others:
        statuses[_NORMAL] = "unlikely"
    elif "possible" in others and statuses[_NORMAL] == "likely":
        statuses[_NORMAL] = "possible"
    return statuses


def _tier(probability: float, tiers: Tiers) -> Status:
    if probability >= tiers.likely:
        return "likely"
    return "possible" if probability >= tiers.possible else "unlikely"


def _finding(
    id: str, judgement: StripJudgement, model: StripModel, statuses: Mapping[str, Status]
) -> Finding:
    if id not in statuses:
        return _not_assessed(id, _NEEDS_TWELVE)
    status = statuses[id]
    means = model.tier_means[id].get(status)
    reason = f"{_evidence(id, judgement)} {share_in_words(means)}".rstrip()
    return Finding(id, judgement.probabilities[id], status, None, reason, means)


def _not_assessed(id: str, reason: str) -> Finding:
    return Finding(id, None, "not_assessed", None, reason)


def _evidence(id: str, judgement: StripJudgement) -> str:
    if id == _SUPRAVENTRICULAR and judgement.fibrillates:
        return _UNEVEN
    total = len(judgement.beats)
    if id in _KIND_OF:
        kind = _KIND_OF[id]
        count = judgement.count(kind)
        verb = "is" if count == 1 else "are"
        return f"{count or 'None'} of {total} beats {verb} {_KIND_WORDS[kind]}."
    usual = 0 if judgement.fibrillates else judgement.count("usual")
    return f"{usual or 'None'} of {total} beats look alike and come in time."


def beats_in_words(judgement: StripJudgement) -> str:
    """How many beats differ from the others, in a sentence or two; empty where none was judged."""
    total = len(judgement.beats)
    if not total:
        return ""
    told = [
        f"{count} of {total} beats {words}"
        for kind, words in _KIND_WORDS.items()
        if (count := judgement.count(kind))
    ]
    if judgement.fibrillates:
        return f"{', '.join(told)}. {_UNEVEN}" if told else _UNEVEN
    return f"{', '.join(told)}." if told else f"All {total} beats are usual."
