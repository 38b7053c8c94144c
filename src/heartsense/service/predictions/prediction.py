"""What is kept of one upload: its state, and the result or the refusal it ended with."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from heartsense.errors import HeartSenseError


class Status(StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no result: a stable code, and a sentence a person can act on."""

    code: str
    message: str

    @classmethod
    def of(cls, error: HeartSenseError) -> Self:
        return cls(error.code, error.message)


@dataclass(frozen=True, slots=True)
class Prediction:
    """One upload of one person.

    Attributes
    ----------
    page
        Which page of a document was asked for, from 1.
    keep_for_training
        Whether the patient agreed that the picture is kept to train later models.
    result
        `Result.to_dict()` once done.
    sha256, model_version
        What was read, and by which model; None until finished, or where nothing could be read.
    heatmaps
        The conditions that have a heat-map.
    """

    id: str
    owner: str
    status: Status
    created_at: datetime
    page: int = 1
    keep_for_training: bool = False
    finished_at: datetime | None = None
    result: Mapping[str, Any] | None = None
    refusal: Refusal | None = None
    sha256: str | None = None
    model_version: str | None = None
    heatmaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the classification of an upload ended.

    `key` is the same for the same owner, picture, page and model: one outcome of a key is kept.
    It is None for an outcome that says nothing about the picture itself.
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
class Answer:
    """What one picture gives: a result with its derived pictures by name, or a refusal."""

    result: Mapping[str, Any] | None = None
    refusal: Refusal | None = None
    heatmaps: tuple[str, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)


def outcome_key(owner: str, sha256: str, page: int, model_version: str) -> str:
    """The key under which one outcome is kept."""
    return hashlib.sha256(f"{owner}\0{sha256}\0{page}\0{model_version}".encode()).hexdigest()
