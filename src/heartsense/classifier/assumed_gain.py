"""What is judged by voltages says so where the gain of the page was assumed."""

from dataclasses import replace
from typing import Final

from heartsense.classifier.classification import Finding
from heartsense.classifier.statements import Statement, StatementEvidence
from heartsense.scale_warnings import ASSUMED_GAIN_REASON

_HYPERTROPHY: Final = "hypertrophy"
_ASSUMED: Final = StatementEvidence("gain", "10 mm/mV, assumed", ())


def doubting_voltages(finding: Finding) -> Finding:
    """``hypertrophy`` with the remark that the gain was assumed; other findings as they are."""
    if finding.id != _HYPERTROPHY:
        return finding
    return replace(finding, reason=f"{finding.reason} {ASSUMED_GAIN_REASON}")


def with_assumed_gain(said: Statement) -> Statement:
    """A statement that rests on millivolts, with the gain; others as they are."""
    if not any(item.value.endswith(" mV") for item in said.evidence):
        return said
    return replace(said, evidence=(*said.evidence, _ASSUMED))
