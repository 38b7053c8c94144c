"""From the ensemble's output to statuses that do not contradict each other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.classification import DOUBTS, Finding, ReadingError
from heartsense.classifier.ensemble import MAJORITY, EnsembleOutput, TierMeans
from heartsense.classifier.members import MEMBERS
from heartsense.conditions import CONDITION_IDS, UNCERTAIN, Status

NORMAL: Final = "normal"

QUALITY_REASONS: Final = {
    "leads_contradict_each_other": (
        "The leads do not fit together, so some may have been misread or mixed up."
    ),
    "rhythm_strip_unlike_its_lead": (
        "The long strip at the bottom does not look like the lead it should repeat."
    ),
    "quality_low": "The picture is hard to read: its leads fit together only roughly.",
    "rows_overlap": DOUBTS["rows_overlap"],
    "trace_incomplete": "Too much of the trace could not be read.",
    "no_beats_found": "No heart beats could be found in the trace.",
    "leads_missing": "The picture does not show all twelve leads.",
}
_SPREAD: Final = 2.0
"""Root mean squares of the moved log odds within which nine in ten true signals' lie: chosen on one
half of the evaluation's pages, measured on the other (docs/results.md)."""
MIN_SAME: Final = 0.6
"""Least share of readings that have to give a likely or unlikely condition the same status."""
_LEAST: Final = 1e-6
_MOVED: Final = (
    "It looks {}, but a small error in the reading could change that. It may be {} to {} %."
)
_UNREADABLE: Final = "The picture could not be read well enough."
_STATUSES: Final[tuple[Status, ...]] = ("unlikely", "possible", "likely")
"""In the order of ``ensemble.TIERS``."""
_NUMBERS: Final = (
    *("none", "one", "two", "three", "four", "five"),
    *("six", "seven", "eight", "nine", "ten"),
)
_RARE: Final = 0.06
"""Share below which ECGs are counted in hundreds."""
_MIN_RECORDS: Final = 10
_NOT_OF_A_BEAT: Final = {
    "supraventricular_arrhythmia": "A single beat cannot show if it comes early.",
    "myocardial_infarction": "One lead cannot show it; it takes all twelve.",
    "hypertrophy": "One lead cannot show it; it takes all twelve.",
}
_UNTRAINED: Final = "The model has seen no beat of this kind."
_ONE_LEAD: Final = "The picture shows one lead; HeartSense judges all twelve together."


def decide(
    output: EnsembleOutput,
    quality_codes: Sequence[str] = (),
    rereads: EnsembleOutput | None = None,
) -> tuple[Finding, ...]:
    """Decide the status of every condition.

    Parameters
    ----------
    output : EnsembleOutput
    quality_codes : sequence of str
        Codes of quality problems; with any, no condition is assessed.
    rereads : EnsembleOutput, optional
        What ``ReadingErrors.reread`` said of the same ECG. Where too few of these agree that a
        condition is likely, or unlikely, it is possible.
    """
    findings = [_finding(id, output, label) for label, id in enumerate(CONDITION_IDS)]
    if quality_codes:
        return tuple(_unassessed(finding) for finding in findings)
    if rereads is not None:
        findings = [_reread(finding, label, rereads) for label, finding in enumerate(findings)]
    return _resolve_contradictions(findings)


def _reread(finding: Finding, label: int, rereads: EnsembleOutput) -> Finding:
    """The finding with its reading error, and possible where the readings do not agree."""
    odds = _log_odds(np.append(rereads.probability[:, label], finding.probability or 0.0))
    spread = _SPREAD * float(np.sqrt(np.mean((odds[:-1] - odds[-1]) ** 2)))
    low, high = 1 / (1 + np.exp(-(odds[-1] + np.array((-spread, spread)))))
    same = float((rereads.tier[:, label] == _STATUSES.index(finding.status)).mean())
    moved = finding.status != "possible" and same < MIN_SAME
    finding = replace(finding, reading_error=ReadingError(float(low), float(high), same, moved))
    if not moved:
        return finding
    reason = _MOVED.format(finding.status, round(100 * low), round(100 * high))
    return replace(finding, status="possible", reason=reason, tier_means=None)


def _log_odds(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    bounded = np.clip(probability, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(bounded / (1 - bounded)))


def not_assessed_findings() -> tuple[Finding, ...]:
    """Findings of an ECG with a single lead: no condition is assessed."""
    return tuple(Finding(id, None, "not_assessed", None, _ONE_LEAD) for id in CONDITION_IDS)


def decide_beat(output: EnsembleOutput, ids: Sequence[str]) -> tuple[Finding, ...]:
    """Findings of a single beat: what one beat of one lead cannot show is not assessed.

    ``ids`` are the conditions that the output's labels stand for.
    """
    told = {id: _finding(id, output, label) for label, id in enumerate(ids)}
    return _resolve_contradictions([_of_beat(id, told.get(id)) for id in CONDITION_IDS])


def _of_beat(id: str, finding: Finding | None) -> Finding:
    if finding is None:
        return Finding(id, None, "not_assessed", None, _NOT_OF_A_BEAT.get(id, _UNTRAINED))
    if id not in _NOT_OF_A_BEAT:
        return finding
    return replace(finding, status="not_assessed", reason=_NOT_OF_A_BEAT[id], tier_means=None)


def likely_conditions(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Ids of the likely conditions, or ``("uncertain",)`` if none is."""
    ids = tuple(finding.id for finding in findings if finding.status == "likely")
    return ids or (UNCERTAIN.id,)


def _unassessed(finding: Finding) -> Finding:
    return replace(finding, status="not_assessed", reason=_UNREADABLE, tier_means=None)


def _finding(id: str, output: EnsembleOutput, label: int) -> Finding:
    votes = {name: bool(vote) for name, vote in zip(MEMBERS, output.votes[:, label], strict=True)}
    status = _STATUSES[output.tier[label]]
    means = output.tier_means[label][status] if output.tier_means else None
    reason = _reason(status, sum(votes.values()), means)
    probability = float(output.probability[label])
    return Finding(id, probability, status, votes, reason, means)


def _reason(status: Status, votes: int, means: TierMeans | None) -> str:
    voters = f"{votes} of {len(MEMBERS)} classifiers" if votes else "No classifier"
    counted = f"{voters} {'see' if votes > 1 else 'sees'} it"
    if status == "possible":
        counted += ", and it cannot be ruled out"
    elif status == "unlikely" and votes >= MAJORITY:
        counted += ", but it is not likely enough"
    return f"{counted}. {share_in_words(means)}".rstrip()


def share_in_words(means: TierMeans | None) -> str:
    """What a tier meant among the training ECGs, in a sentence; empty if too few are known."""
    if means is None or means.records < _MIN_RECORDS:
        return ""
    if means.share < _RARE:
        count = round(100 * means.share)
        few = f"about {_NUMBERS[count]}" if count else "fewer than one"
        return f"Of a hundred ECGs that looked like this, {few} had it."
    return f"Of ten ECGs that looked like this, about {_NUMBERS[round(10 * means.share)]} had it."


def _resolve_contradictions(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Revise ``normal``, which excludes the other conditions.

    It is unlikely if another condition is likely, and no more than possible if another has a
    majority: a false "normal" does more harm than an uncertain finding.
    """
    others = [finding for finding in findings if finding.id != NORMAL]
    other_likely = any(finding.status == "likely" for finding in others)
    other_voted = any(
        finding.status == "possible"
        and finding.votes is not None
        and sum(finding.votes.values()) >= MAJORITY
        for finding in others
    )

    def revised(finding: Finding) -> Finding:
        if finding.id != NORMAL:
            return finding
        if other_likely and finding.status != "unlikely":
            return replace(
                finding, status="unlikely", reason="Another condition is likely.", tier_means=None
            )
        if other_voted and finding.status == "likely":
            return replace(
                finding, status="possible", reason="Another condition is possible.", tier_means=None
            )
        return finding

    return tuple(revised(finding) for finding in findings)
