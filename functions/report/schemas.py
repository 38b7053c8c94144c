"""Request and response bodies of the report function."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from heartsense.conditions import CONDITION_IDS
from heartsense.service.feedback import Review, Verdict, with_review
from heartsense.service.http.validators import (
    Email,
    reject_controls,
    reject_controls_except_newlines,
)
from heartsense.service.predictions import Prediction
from heartsense.service.reports import Report, Status

MAX_EXPORT_LINES = 200
"""Per page of an export: a response of Lambda is at most 6 MB, and the longest line is 25 kB."""

Id = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(reject_controls)]

_REASON_TEXTS = {
    "gave_up": "The e-mail could not be sent for a day.",
    "refused": "The e-mail service rejected this e-mail.",
    "account_gone": "The account was deleted.",
    "address_suppressed": "E-mail to this address came back, or its owner asked us to stop.",
    "prediction_gone": "The result was deleted before the e-mail was sent.",
    "bounced": "The e-mail came back: this address does not exist.",
    "bounced_for_now": "The e-mail came back. The mailbox may be full.",
    "complaint": "The owner of this address asked us to stop.",
}
_UNCONFIRMED_TEXT = (
    "We cannot tell if this e-mail was sent. Check the inbox before you send it again."
)


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SendReportBody(Body):
    prediction_id: Id
    email: Annotated[Email | None, Field(description="Your own address by default.")] = None


class FeedbackBody(Body):
    verdict: Literal["confirmed", "corrected"]
    conditions: Annotated[
        list[Annotated[str, Field(max_length=64)]],
        Field(
            max_length=len(CONDITION_IDS),
            description="With `corrected`: the correct conditions. `normal` excludes all others.",
        ),
    ] = []
    comment: Annotated[
        str, Field(max_length=2000), AfterValidator(reject_controls_except_newlines)
    ] = ""


class ReportBody(BaseModel):
    """A report and its delivery status."""

    id: str
    prediction_id: str
    to: str
    status: Status = Field(
        description="`pending` is sent automatically. `unconfirmed` may or may not have been sent, "
        "and is only sent again on request."
    )
    created_at: datetime
    sent_at: datetime | None = None
    reason: str | None = Field(default=None, description="Why it did not arrive.")

    @classmethod
    def of(cls, report: Report) -> "ReportBody":
        unconfirmed = _UNCONFIRMED_TEXT if report.status is Status.UNCONFIRMED else None
        return cls(
            id=report.id,
            prediction_id=report.request.prediction,
            to=report.request.to,
            status=report.status,
            created_at=report.created_at,
            sent_at=report.sent_at,
            reason=unconfirmed or _REASON_TEXTS.get(report.reason or ""),
        )


class ReportList(BaseModel):
    items: list[ReportBody]


class ReviewBody(BaseModel):
    """A doctor's review, without its author."""

    verdict: Verdict
    conditions: list[str]
    comment: str
    reviewed_at: datetime

    @classmethod
    def of(cls, review: Review) -> "ReviewBody":
        return cls(
            verdict=review.verdict,
            conditions=[*review.conditions],
            comment=review.comment,
            reviewed_at=review.reviewed_at,
        )


class ReviewHistory(BaseModel):
    items: list[ReviewBody]


class Reviewable(BaseModel):
    """A prediction to review, with its latest review."""

    id: str
    created_at: datetime
    headline: str = Field(description="The findings in words: the doctor's, once there is one.")
    findings: list[str]
    feedback: ReviewBody | None

    @classmethod
    def of(cls, prediction: Prediction, review: Review | None) -> "Reviewable":
        result = with_review(prediction.result or {}, review if prediction.result else None)
        return cls(
            id=prediction.id,
            created_at=prediction.created_at,
            headline=result.get("headline", ""),
            findings=result.get("findings", []),
            feedback=None if review is None else ReviewBody.of(review),
        )


class ReviewableList(BaseModel):
    items: list[Reviewable]
    next_cursor: str | None = None
