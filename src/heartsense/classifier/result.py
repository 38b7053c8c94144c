"""What HeartSense answers: the result and its JSON form."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from heartsense.conditions import condition
from heartsense.ecg import Digitized
from heartsense.measurements import Measurements
from heartsense.rendering import HeatTrace

Status = Literal["present", "absent", "uncertain", "not_assessed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer for one condition.

    ``probability`` and ``votes`` are None where the condition was not assessed. ``reason`` says
    in plain words why the status is what it is.
    """

    id: str
    probability: float | None
    status: Status
    votes: Mapping[str, bool] | None
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Names and values for JSON, with the condition's texts."""
        about = condition(self.id)
        return {
            "id": self.id,
            "title": about.title,
            "probability": self.probability,
            "status": self.status,
            "votes": None if self.votes is None else dict(self.votes),
            "reason": self.reason,
            "explanation": about.explanation,
            "next_steps": about.next_steps,
            "links": list(about.links),
        }


@dataclass(frozen=True, slots=True)
class Result:
    """The answer for one picture.

    ``findings`` are the ids of what is present, or ``("uncertain",)``; ``reasons`` say why an
    answer is uncertain. ``heatmaps`` hold, for each condition present, what spoke for it, in
    pixels of the page.
    """

    model_version: str
    digitized: Digitized
    measurements: Measurements
    conditions: tuple[Finding, ...]
    findings: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    heatmaps: Mapping[str, tuple[HeatTrace, ...]] = field(default_factory=dict)

    def to_dict(self, file: str | None = None) -> dict[str, Any]:
        """The result as JSON has it; `file` comes first where a name is given."""
        quality = self.digitized.quality
        return {
            **({} if file is None else {"file": file}),
            "model_version": self.model_version,
            "layout": self.digitized.layout,
            "quality": {
                "score": quality.score,
                "einthoven_residual": _rounded(quality.einthoven_residual),
                "goldberger_residual": _rounded(quality.goldberger_residual),
                "rhythm_agreement": _rounded(quality.rhythm_agreement),
                "coverage": {lead: _rounded(share) for lead, share in quality.coverage.items()},
                "reasons": list(quality.reasons),
            },
            "scale": {
                "pitch_px_per_mm": _rounded(self.digitized.pitch),
                "rotation_deg": _rounded(self.digitized.rotation),
                "speed_mm_per_s": self.digitized.speed,
                "speed_source": self.digitized.speed_source,
                "gain_mm_per_mv": self.digitized.gain,
                "gain_source": self.digitized.gain_source,
            },
            "measurements": {
                name: _rounded(value) for name, value in asdict(self.measurements).items()
            },
            "conditions": [finding.to_dict() for finding in self.conditions],
            "findings": list(self.findings),
            "reasons": list(self.reasons),
            "warnings": list(self.warnings),
        }


def _rounded(value: float | None) -> float | None:
    """Three decimals: finer than anything a page can show."""
    return None if value is None else round(value, 3)
