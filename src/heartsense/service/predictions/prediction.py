"""The stored record of an upload: its status, and its result or the reason for refusing it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from heartsense.advice import Advice
from heartsense.errors import HeartSenseError
from heartsense.service.predictions.consent import Consent


class Status(StrEnum):
    """Status of a prediction, as stored and served."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no result: a stable code, a message for the user, and how to do better."""

    code: str
    message: str
    advice: Advice | None = None

    @classmethod
    def of(cls, error: HeartSenseError) -> Self:
        return cls(error.code, error.message, error.advice)


@dataclass(frozen=True, slots=True)
class Prediction:
    """One upload of one user.

    Attributes
    ----------
    page
        The page of a PDF or TIFF to read, from 1.
    keep_for_training
        Whether the patient agrees that the image may be used for training.
    consent
        When they agreed, and to what; None if they never did.
    result
        `Result.to_dict()` once done.
    sha256, model_version
        Digest of the uploaded file and the model that read it; None until finished, or where
        classification failed.
    heatmaps
        Ids of the conditions that have a heat-map.
    """

    id: str
    owner: str
    status: Status
    created_at: datetime
    page: int = 1
    keep_for_training: bool = False
    consent: Consent | None = None
    finished_at: datetime | None = None
    result: Mapping[str, Any] | None = None
    refusal: Refusal | None = None
    sha256: str | None = None
    model_version: str | None = None
    heatmaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the classification of an upload ended.

    `key` is the same for the same owner, file, page and model; one outcome per key is stored. It
    is None for an outcome that does not depend on the file, such as an internal failure.
    """

    key: str | None
    result: Mapping[str, Any] | None = None
    refusal: Refusal | None = None
    sha256: str | None = None
    model_version: str | None = None
    heatmaps: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        return Status.FAILED if self.result is None else Status.DONE


@dataclass(frozen=True, slots=True)
class ImageClassification:
    """The classification of one image: a result with its artifacts by name, or a refusal."""

    result: Mapping[str, Any] | None = None
    refusal: Refusal | None = None
    heatmaps: tuple[str, ...] = ()
    artifacts: Mapping[str, bytes] = field(default_factory=dict)


def outcome_key(owner: str, sha256: str, page: int, model_version: str) -> str:
    """Hash of everything that determines an outcome."""
    return hashlib.sha256(f"{owner}\0{sha256}\0{page}\0{model_version}".encode()).hexdigest()
