"""Consent to use an image for training: when it was given, to which text, and when withdrawn.

The text stands beside the box on the page (`preview` in web/locales/en.js). A new text gets a new
version; those of before stay, as consents refer to them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

TEXTS: Final[Mapping[str, str]] = {
    "2026-11": "Use this image to train future versions of HeartSense",
}
CURRENT_VERSION: Final = "2026-11"
UNRECORDED_VERSION: Final = "unrecorded"
"""Of consents given before the text's version was stored."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent, in force until it is withdrawn."""

    given_at: datetime
    text_version: str
    withdrawn_at: datetime | None = None

    @classmethod
    def of(cls, prediction: Mapping[str, Any]) -> Self | None:
        """The consent in a prediction's document; None if there was none."""
        stored = prediction.get("training_consent", {})
        if "given_at" in stored:
            return cls(stored["given_at"], stored["text_version"], stored.get("withdrawn_at"))
        if prediction["keep_for_training"]:
            return cls(prediction["created_at"], UNRECORDED_VERSION)
        return None
