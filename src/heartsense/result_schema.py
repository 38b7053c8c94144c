"""The result as JSON has it: names, types and units, in one place.

``Result.to_dict`` fills these classes, and the API's description is made from them. The names are
part of the product's contract: they never change their meaning.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

_CONFIG = {"use_attribute_docstrings": True}
"""Has pydantic take the texts below fields into the API's description."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer for one condition, with texts for patients."""

    __pydantic_config__: ClassVar[Any] = _CONFIG

    id: str
    title: str
    probability: float | None
    """Calibrated, 0 to 1; null where the condition was not assessed."""
    status: Literal["present", "absent", "uncertain", "not_assessed"]
    votes: dict[str, bool] | None
    """By classifier; null where the condition was not assessed."""
    reason: str
    """Why the status is what it is."""
    explanation: str
    next_steps: str
    links: list[str]


@dataclass(frozen=True, slots=True)
class Quality:
    """How far what was read can be trusted; null where the page does not show what is needed."""

    __pydantic_config__: ClassVar[Any] = _CONFIG

    score: float
    """0 to 1."""
    einthoven_residual: float | None
    """Root mean square of I + III - II over that of these leads: 0 is perfect, 1 is noise."""
    goldberger_residual: float | None
    """Root mean square of aVR + aVL + aVF over that of these leads."""
    rhythm_agreement: float | None
    """Correlation of the rhythm strip with its lead."""
    coverage: dict[str, float]
    """By lead, the share of the time axis that the page shows, 0 to 1."""
    reasons: list[str]
    """Codes of what is wrong; empty when nothing is."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How pixels became seconds and millivolts."""

    __pydantic_config__: ClassVar[Any] = _CONFIG

    pitch_px_per_mm: float | None
    """Null where the page shows no grid."""
    rotation_deg: float
    """How far the page was turned, counter-clockwise positive."""
    speed_mm_per_s: float
    speed_source: str
    """`legend`, `pulse`, `layout` or `standard` (assumed)."""
    gain_mm_per_mv: float
    gain_source: str
    """`legend`, `pulse`, `layout` or `standard` (assumed)."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a picture shows. HeartSense is not a medical device."""

    __pydantic_config__: ClassVar[Any] = _CONFIG

    model_version: str
    layout: str
    """For example `3x4+1`: three rows of four columns and one rhythm strip."""
    quality: Quality
    scale: Scale
    measurements: dict[str, float | None]
    """By name, which ends in the unit; null where the page does not show it."""
    conditions: list[Finding]
    findings: list[str]
    """Ids of the conditions that are present, or `uncertain` alone."""
    reasons: list[str]
    """Why the answer is uncertain."""
    warnings: list[str]
