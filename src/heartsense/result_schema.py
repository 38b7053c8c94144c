"""The result as JSON has it: names, types and units, in one place.

``Result.to_dict`` fills these classes, and the API's description is made from them. The names are
part of the product's contract: they never change their meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from heartsense.advice import Advice
from heartsense.conditions import Status
from heartsense.urgency import Urgency


def _about(text: str) -> Mapping[str, str]:
    """Metadata of a field: pydantic has the text from here for the API's description."""
    return {"description": text}


@dataclass(frozen=True, slots=True)
class SourceMeans:
    """The same as ``TierMeans`` for one source of the ECGs."""

    share: float
    records: int


@dataclass(frozen=True, slots=True)
class TierMeans:
    """How many of the training ECGs with this status had the condition."""

    share: float = field(metadata=_about("Of all of them, 0 to 1."))
    records: int = field(metadata=_about("How many they were."))
    sources: dict[str, SourceMeans] = field(metadata=_about("By source."))


@dataclass(frozen=True, slots=True)
class WhatToDo:
    """What to do about an ECG, in words for patients."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for a condition."""

    text: str = field(metadata=_about("For example `ST in V2-V4 +0.2 mV`."))
    contribution: float = field(
        metadata=_about(
            "What it adds to the log odds of the boosted trees, against an ECG whose measurements "
            "are the median of those in training."
        )
    )


@dataclass(frozen=True, slots=True)
class ReadingError:
    """How far a probability may be off because the page was not read exactly."""

    low: float = field(
        metadata=_about(
            "On nine in ten drawn pages the true signal's probability was between `low` and `high`."
        )
    )
    high: float
    same_status: float = field(
        metadata=_about(
            "Share of readings with other errors that give the status which this one gives, 0 to 1."
        )
    )
    moved: bool = field(
        metadata=_about("Whether the condition is only `possible` because that share is too small.")
    )


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that speaks against trusting an answer though the page could be read."""

    code: str = field(
        metadata=_about(
            "`unlike_training`: the ECG is unlike those in training. `reading_error`: a condition "
            "is `possible` only because a small reading error could change its status."
        )
    )
    text: str = field(metadata=_about("The same in words; it is among the warnings too."))


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer for one condition, with texts for patients."""

    id: str
    title: str
    probability: float | None = field(
        metadata=_about(
            "Calibrated, 0 to 1; null without twelve leads. Not to be shown where the condition "
            "was not assessed."
        )
    )
    status: Status
    status_label: str = field(metadata=_about("The status in words."))
    tier_means: TierMeans | None = field(
        metadata=_about("How often ECGs with this status had it; null where that is not known.")
    )
    votes: dict[str, bool] | None = field(
        metadata=_about("By classifier; null without twelve leads.")
    )
    reason: str = field(metadata=_about("Why the status is what it is."))
    explanation: str
    next_steps: str
    links: list[str]
    evidence: list[Evidence] = field(
        default_factory=list,
        metadata=_about(
            "Of a likely or possible condition: what spoke most for it, strongest first."
        ),
    )
    reading_error: ReadingError | None = field(
        default=None,
        metadata=_about("Null without twelve leads, and where the page was hard to read."),
    )


@dataclass(frozen=True, slots=True)
class Quality:
    """How far what was read can be trusted; null where the page does not show what is needed."""

    score: float = field(metadata=_about("0 to 1."))
    einthoven_residual: float | None = field(
        metadata=_about(
            "Root mean square of I + III - II over that of these leads: 0 is perfect, 1 is noise."
        )
    )
    goldberger_residual: float | None = field(
        metadata=_about("Root mean square of aVR + aVL + aVF over that of these leads.")
    )
    rhythm_agreement: float | None = field(
        metadata=_about("Correlation of the rhythm strip with its lead.")
    )
    coverage: dict[str, float] = field(
        metadata=_about("By lead, the share of the time axis that the page shows, 0 to 1.")
    )
    reasons: list[str] = field(metadata=_about("Codes of what is wrong; empty when nothing is."))


@dataclass(frozen=True, slots=True)
class Scale:
    """How pixels became seconds and millivolts."""

    pitch_px_per_mm: float | None = field(metadata=_about("Null where the page shows no grid."))
    rotation_deg: float = field(
        metadata=_about("How far the page was turned, counter-clockwise positive.")
    )
    speed_mm_per_s: float
    speed_source: str = field(
        metadata=_about("`legend`, `pulse`, `layout` or `standard` (assumed).")
    )
    gain_mm_per_mv: float
    gain_source: str = field(
        metadata=_about("`legend`, `pulse`, `layout` or `standard` (assumed).")
    )


@dataclass(frozen=True, slots=True)
class Beats:
    """The beats of a strip, counted by kind."""

    total: int
    ventricular: int = field(metadata=_about("Early and wide: from the lower heart."))
    supraventricular: int = field(
        metadata=_about("Perhaps early and narrow, from the upper heart: often wrong.")
    )
    uncertain: int = field(metadata=_about("Hard to tell in one lead."))
    summary: str = field(metadata=_about("The same in a sentence."))


@dataclass(frozen=True, slots=True)
class StatementEvidence:
    """A measurement that a statement rests on."""

    name: str
    value: str = field(metadata=_about("With its unit."))
    leads: list[str] = field(metadata=_about("Where it was measured; empty for all leads."))


@dataclass(frozen=True, slots=True)
class Statement:
    """Something a cardiologist would note beside the six conditions."""

    id: str
    title: str
    evidence: list[StatementEvidence]
    source: str = field(metadata=_about("Where the terms and criteria come from."))
    sensitivity: float = field(
        metadata=_about("Share of PTB-XL's records with it on which it is said, 0 to 1.")
    )
    ppv: float = field(metadata=_about("Share of the records on which it is said that have it."))


@dataclass(frozen=True, slots=True)
class Result:
    """What a picture shows. HeartSense is not a medical device."""

    model_version: str
    layout: str = field(
        metadata=_about("For example `3x4+1`: three rows of four columns and one rhythm strip.")
    )
    quality: Quality
    scale: Scale
    measurements: dict[str, float | None] = field(
        metadata=_about("By name, which ends in the unit; null where the page does not show it.")
    )
    conditions: list[Finding]
    findings: list[str] = field(
        metadata=_about("Ids of the likely conditions, or `uncertain` alone.")
    )
    possible: list[str] = field(
        metadata=_about("Ids of the conditions that cannot be ruled out, but are not likely.")
    )
    urgency: Urgency = field(metadata=_about("How soon a doctor should see the ECG."))
    what_to_do: WhatToDo
    headline: str = field(metadata=_about("The findings in words, as every screen shows them."))
    retake: bool = field(
        metadata=_about(
            "Nothing could be assessed, so the picture has to be taken again: show `what_to_do`, "
            "and no condition, probability or measurement."
        )
    )
    reasons: list[str] = field(metadata=_about("Why the answer is uncertain."))
    warnings: list[str]
    advice: Advice | None = field(
        default=None,
        kw_only=True,
        metadata=_about("How to take a better picture; null where it was read well."),
    )
    beats: Beats | None = field(
        default=None,
        kw_only=True,
        metadata=_about("Of a strip; null for twelve leads, and where too few beats were found."),
    )
    statements: list[Statement] = field(
        default_factory=list,
        kw_only=True,
        metadata=_about("What else can be said of twelve leads; empty for one lead."),
    )
    doubts: list[Doubt] = field(
        default_factory=list,
        kw_only=True,
        metadata=_about("What speaks against trusting the answer though the page could be read."),
    )
