"""Results that earlier models stored, with the names of today."""

from collections.abc import Mapping
from typing import Any, Final

from heartsense.conclusion import conclude
from heartsense.conditions import STATUS_LABELS, Status

_STATUSES: Final[dict[str, Status]] = {
    "present": "likely",
    "uncertain": "possible",
    "absent": "unlikely",
    "not_assessed": "not_assessed",
}


def with_conclusion(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """A stored result as screens expect it; one of today, or without conditions, stays as it is."""
    if "headline" in result or "conditions" not in result:
        return result
    conditions = [_with_tier(found) for found in result["conditions"]]
    advice = result.get("advice")
    conclusion = conclude(
        {found["id"]: found["status"] for found in conditions}, advice and advice["text"]
    )
    return {**result, "conditions": conditions, **conclusion.to_dict()}


def _with_tier(found: Mapping[str, Any]) -> dict[str, Any]:
    status = _STATUSES.get(found["status"], found["status"])
    return {"tier_means": None, **found, "status": status, "status_label": STATUS_LABELS[status]}
