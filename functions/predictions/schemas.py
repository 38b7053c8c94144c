"""Request and response bodies of the predictions function."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass

from heartsense import result_schema
from heartsense.advice import Advice
from heartsense.files import MAX_BYTES, MAX_PAGES
from heartsense.reference_ranges import Sex
from heartsense.service.audit import Action, AuditRecord, pseudonym
from heartsense.service.exports import Export
from heartsense.service.feedback import Review, Verdict, with_review
from heartsense.service.http.result_body import ContentType, ServedResult, in_words
from heartsense.service.predictions import LINK_SECONDS, Consent, Prediction
from heartsense.urgency import Urgency

PageNumber = Annotated[int, Field(ge=1, le=MAX_PAGES, description="Page of a PDF or TIFF.")]


class UploadBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    content_type: ContentType
    size: Annotated[int, Field(ge=1, le=MAX_BYTES, description="The exact size in bytes.")]
    page: PageNumber = 1
    keep_for_training: bool = Field(
        default=False,
        description="The patient agrees that the image may be used to train models.",
    )


class Upload(BaseModel):
    """Post `fields`, then the image as `file`, as multipart/form-data to `url`."""

    prediction_id: str
    url: str
    fields: dict[str, str]
    expires_in: int = Field(description="Seconds.")


class Refusal(BaseModel):
    code: str
    message: str
    advice: Advice | None = Field(
        default=None, description="How to take a better picture, where that helps."
    )


class ReviewOfResult(BaseModel):
    """A doctor's review, without its author."""

    verdict: Verdict
    comment: str
    reviewed_at: datetime


class MachineAnswer(BaseModel):
    """What the classifier said before a doctor's review, by the names of the result."""

    conditions: list[result_schema.Finding]
    findings: list[str]
    possible: list[str]
    headline: str
    urgency: Urgency
    what_to_do: result_schema.WhatToDo
    retake: bool
    reasons: list[str]
    advice: Advice | None = None


@dataclass(frozen=True)
class StoredResult(ServedResult):
    """The findings in an image; those of a doctor, once there is a review."""

    review: Annotated[
        ReviewOfResult | None, Field(description="The latest; null where there is none.")
    ] = None
    machine: Annotated[
        MachineAnswer | None,
        Field(description="What the classifier said, where a review has taken its place."),
    ] = None


class Summary(BaseModel):
    """A prediction in a list."""

    id: str
    status: Literal["pending", "done", "failed"]
    created_at: datetime
    finished_at: datetime | None = None
    headline: str | None = Field(None, description="The findings in words.")
    findings: list[str] | None = None
    urgency: Urgency | None = None
    what_to_do: str | None = Field(None, description="In a sentence.")
    verdict: Verdict | None = Field(
        None, description="A doctor's: then findings and urgency are the doctor's too."
    )
    refusal: Refusal | None = None

    @classmethod
    def of(cls, prediction: Prediction, review: Review | None) -> "Summary":
        if prediction.result is None:
            return cls(**_shared(prediction))
        result = with_review(prediction.result, review)
        return cls(
            headline=result["headline"],
            findings=result["findings"],
            urgency=result["urgency"],
            verdict=None if review is None else review.verdict,
            what_to_do=result["what_to_do"]["title"],
            **_shared(prediction),
        )


class TrainingConsent(BaseModel):
    """Consent to use the image for training."""

    given_at: datetime
    text_version: str = Field(description="Of the text that was agreed to.")
    withdrawn_at: datetime | None = None

    @classmethod
    def of(cls, consent: Consent | None) -> "TrainingConsent | None":
        if consent is None:
            return None
        return cls(
            given_at=consent.given_at,
            text_version=consent.text_version,
            withdrawn_at=consent.withdrawn_at,
        )


class PredictionBody(BaseModel):
    """A prediction with its result, or the reason why there is none."""

    id: str
    status: Literal["pending", "done", "failed"]
    created_at: datetime
    finished_at: datetime | None = None
    page: int
    keep_for_training: bool
    training_consent: TrainingConsent | None = None
    result: StoredResult | None = None
    refusal: Refusal | None = None
    heatmaps: list[str] = Field(description="Ids of the conditions that have a heat-map.")

    @classmethod
    def of(
        cls, prediction: Prediction, review: Review | None, sex: Sex | None, age: int | None
    ) -> "PredictionBody":
        leading = prediction.result and with_review(prediction.result, review)
        return cls.model_validate(
            {
                "page": prediction.page,
                "keep_for_training": prediction.keep_for_training,
                "training_consent": TrainingConsent.of(prediction.consent),
                "result": leading and in_words(leading, sex, age),
                "heatmaps": list(prediction.heatmaps),
                **_shared(prediction),
            }
        )


class PredictionList(BaseModel):
    items: list[Summary]
    next_cursor: str | None = None


class AuditItem(BaseModel):
    """Somebody's access to your data."""

    at: datetime
    action: Action
    prediction_id: str | None = Field(description="Null where it was not about a prediction.")
    role: str = Field(description="In which the person acted, such as `doctor`.")
    by: str = Field(description="The same for the same person.")

    @classmethod
    def of(cls, record: AuditRecord) -> "AuditItem":
        return cls(
            at=record.at,
            action=record.action,
            prediction_id=record.subject,
            role=record.actor.role,
            by=pseudonym(record.actor.id),
        )


class AuditList(BaseModel):
    items: list[AuditItem]


class ExportBody(BaseModel):
    """An archive of everything that your account owns."""

    status: Literal["pending", "ready", "failed"]
    created_at: datetime
    size: int | None = Field(None, description="In bytes, once it is ready.")
    url: str | None = Field(None, description="Anyone with the link can download the archive.")
    expires_in: int | None = Field(None, description="Of the link, in seconds.")

    @classmethod
    def of(cls, export: Export, url: str | None = None) -> "ExportBody":
        return cls(
            status=export.status.value,
            created_at=export.created_at,
            size=export.size,
            url=url,
            expires_in=LINK_SECONDS if url else None,
        )


class Link(BaseModel):
    """Anyone with the link can see the image."""

    url: str
    expires_in: int = Field(description="Seconds.")


def _shared(prediction: Prediction) -> dict[str, Any]:
    refusal = prediction.refusal
    return {
        "id": prediction.id,
        "status": str(prediction.status),
        "created_at": prediction.created_at,
        "finished_at": prediction.finished_at,
        "refusal": refusal
        and Refusal(code=refusal.code, message=refusal.message, advice=refusal.advice),
    }
