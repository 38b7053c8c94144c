"""From the ensemble's answer to statuses that do not contradict each other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from heartsense.classifier.classification import Finding, Status
from heartsense.classifier.ensemble import MAJORITY, EnsembleOutput
from heartsense.classifier.members import MEMBERS
from heartsense.conditions import CONDITION_IDS, UNCERTAIN

NORMAL: Final = "normal"

LIKELY: Final = 0.5
"""Probability below which nobody is told that their ECG is normal, whatever the votes say."""

QUALITY_REASONS: Final = {
    "leads_contradict_each_other": (
        "The leads do not fit together, so some may have been misread or mixed up."
    ),
    "rhythm_strip_unlike_its_lead": (
        "The long strip at the bottom does not look like the lead it should repeat."
    ),
    "quality_low": "The picture is hard to read: its leads fit together only roughly.",
    "trace_incomplete": "Too much of the trace could not be read.",
    "no_beats_found": "No heart beats could be found in the trace.",
    "leads_missing": "The picture does not show all twelve leads.",
}
_UNREADABLE: Final = "The picture could not be read well enough."
_ONE_LEAD: Final = "The picture shows one lead; HeartSense judges all twelve together."


def decide(answer: EnsembleOutput, unreadable: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Statuses of all conditions.

    Parameters
    ----------
    answer : Answer
    unreadable : sequence of str
        Codes of what is wrong with the picture; with any, every condition is uncertain.
    """
    findings = [_finding(answer, label, bool(unreadable)) for label in range(len(CONDITION_IDS))]
    return _consistent(findings)


def not_assessed_findings() -> tuple[Finding, ...]:
    """No condition was assessed: the picture shows a single lead."""
    return tuple(Finding(id, None, "not_assessed", None, _ONE_LEAD) for id in CONDITION_IDS)


def present_conditions(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Ids of what is present, or ``("uncertain",)`` where nothing safely is."""
    ids = tuple(finding.id for finding in findings if finding.status == "present")
    return ids or (UNCERTAIN.id,)


def _finding(answer: EnsembleOutput, label: int, unreadable: bool) -> Finding:
    votes = {name: bool(vote) for name, vote in zip(MEMBERS, answer.votes[:, label], strict=True)}
    status, reason = _status(answer, label)
    if unreadable:
        status, reason = "uncertain", _UNREADABLE
    return Finding(CONDITION_IDS[label], float(answer.probability[label]), status, votes, reason)


def _status(answer: EnsembleOutput, label: int) -> tuple[Status, str]:
    count = int(answer.votes[:, label].sum())
    tally = f"{count} of {len(MEMBERS)} classifiers"
    if answer.present[label]:
        return "present", f"{tally} see it."
    if answer.absent[label]:
        return "absent", "No classifier sees it." if count == 0 else f"Only {tally} sees it."
    if answer.low[label] < answer.probability[label] < answer.high[label]:
        return "uncertain", "It is too close to call."
    side = (
        "see it, but it is not likely enough" if count >= MAJORITY else "see it, yet it is likely"
    )
    return "uncertain", f"{tally} {side}."


def _consistent(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """``normal`` excludes the others: what was found wins, what may be there makes it unsure.

    And it is only said where it is likely: false comfort harms more than doubt.
    """
    others = [finding for finding in findings if finding.id != NORMAL]
    found = any(finding.status == "present" for finding in others)
    likely = any(
        finding.status == "uncertain"
        and finding.votes is not None
        and sum(finding.votes.values()) >= MAJORITY
        for finding in others
    )

    def revised(finding: Finding) -> Finding:
        if finding.id != NORMAL or finding.status not in ("present", "uncertain"):
            return finding
        if found:
            return replace(finding, status="absent", reason="Another condition was found.")
        if likely and finding.status == "present":
            return replace(finding, status="uncertain", reason="Another condition may be there.")
        if finding.status == "present" and (finding.probability or 0.0) < LIKELY:
            return replace(finding, status="uncertain", reason="It is not likely enough.")
        return finding

    return tuple(revised(finding) for finding in findings)
