"""From the ensemble's output to statuses that do not contradict each other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from heartsense.classifier.classification import Finding
from heartsense.classifier.ensemble import MAJORITY, EnsembleOutput
from heartsense.classifier.members import MEMBERS
from heartsense.conditions import CONDITION_IDS, UNCERTAIN, Status

NORMAL: Final = "normal"

MIN_NORMAL_PROBABILITY: Final = 0.5
"""Least probability at which an ECG may be called normal, whatever the votes."""

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


def decide(output: EnsembleOutput, quality_codes: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Decide the status of every condition.

    Parameters
    ----------
    output : EnsembleOutput
    quality_codes : sequence of str
        Codes of quality problems; with any, every condition is uncertain.
    """
    findings = [_finding(output, label, bool(quality_codes)) for label in range(len(CONDITION_IDS))]
    return _resolve_contradictions(findings)


def not_assessed_findings() -> tuple[Finding, ...]:
    """Findings of an ECG with a single lead: no condition is assessed."""
    return tuple(Finding(id, None, "not_assessed", None, _ONE_LEAD) for id in CONDITION_IDS)


def present_conditions(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Ids of the conditions present, or ``("uncertain",)`` if none is."""
    ids = tuple(finding.id for finding in findings if finding.status == "present")
    return ids or (UNCERTAIN.id,)


def _finding(output: EnsembleOutput, label: int, unreadable: bool) -> Finding:
    votes = {name: bool(vote) for name, vote in zip(MEMBERS, output.votes[:, label], strict=True)}
    status, reason = _status(output, label)
    if unreadable:
        status, reason = "uncertain", _UNREADABLE
    return Finding(CONDITION_IDS[label], float(output.probability[label]), status, votes, reason)


def _status(output: EnsembleOutput, label: int) -> tuple[Status, str]:
    count = int(output.votes[:, label].sum())
    votes = f"{count} of {len(MEMBERS)} classifiers"
    if output.present[label]:
        return "present", f"{votes} see it."
    if output.absent[label]:
        return "absent", "No classifier sees it." if count == 0 else f"Only {votes} sees it."
    if output.low[label] < output.probability[label] < output.high[label]:
        return "uncertain", "It is too close to call."
    side = (
        "see it, but it is not likely enough" if count >= MAJORITY else "see it, yet it is likely"
    )
    return "uncertain", f"{votes} {side}."


def _resolve_contradictions(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Revise ``normal``, which excludes the other conditions.

    It is absent if another condition is present, and uncertain if another has a majority or its
    own probability is low: a false "normal" does more harm than an uncertain finding.
    """
    others = [finding for finding in findings if finding.id != NORMAL]
    other_present = any(finding.status == "present" for finding in others)
    other_likely = any(
        finding.status == "uncertain"
        and finding.votes is not None
        and sum(finding.votes.values()) >= MAJORITY
        for finding in others
    )

    def revised(finding: Finding) -> Finding:
        if finding.id != NORMAL or finding.status not in ("present", "uncertain"):
            return finding
        if other_present:
            return replace(finding, status="absent", reason="Another condition was found.")
        if other_likely and finding.status == "present":
            return replace(finding, status="uncertain", reason="Another condition may be there.")
        if finding.status == "present" and (finding.probability or 0.0) < MIN_NORMAL_PROBABILITY:
            return replace(finding, status="uncertain", reason="It is not likely enough.")
        return finding

    return tuple(revised(finding) for finding in findings)
