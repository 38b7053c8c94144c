"""Results that earlier models stored, with the names of today."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from heartsense.conditions import STATUS_LABELS, Status
from heartsense.urgency import WHAT_TO_DO, urgency_of

_STATUSES: Final[dict[str, Status]] = {
    "present": "likely",
    "uncertain": "possible",
    "absent": "unlikely",
    "not_assessed": "not_assessed",
}


def with_tiers(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """A stored result as screens expect it; one of today, or without conditions, stays as it is."""
    if "urgency" in result or "conditions" not in result:
        return result
    conditions = [_with_tier(found) for found in result["conditions"]]
    urgency = urgency_of({found["id"]: found["status"] for found in conditions})
    return {
        **result,
        "conditions": conditions,
        "possible": [found["id"] for found in conditions if found["status"] == "possible"],
        "urgency": urgency,
        "what_to_do": asdict(WHAT_TO_DO[urgency]),
    }


def _with_tier(found: Mapping[str, Any]) -> dict[str, Any]:
    status = _STATUSES[found["status"]]
    return {**found, "status": status, "status_label": STATUS_LABELS[status], "tier_means": None}
