"""What requests to the report function say, and what it answers."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from heartsense.conditions import CONDITION_IDS
from heartsense.service.feedback import Review, Verdict
from heartsense.service.http.validators import (
    Email,
    reject_controls,
    reject_controls_except_newlines,
)
from heartsense.service.predictions import Prediction
from heartsense.service.reports import Report, Status

MOST_LINES = 200
"""Of an export: Lambda answers with 6 MB at the most, and the longest line has 25 kB of them."""

Id = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(reject_controls)]

_REASONS = {
    "gave_up": "The mail service could not be reached for a day.",
    "refused": "The mail service refused this mail.",
    "account_gone": "The account was deleted.",
    "address_suppressed": "Mail to this address came back, or somebody there asked us to stop.",
    "prediction_gone": "The result was deleted before the mail was written.",
    "bounced": "The mail came back: there is no such mailbox.",
    "bounced_for_now": "The mail came back. The mailbox may be full.",
    "complaint": "Somebody at this address asked us to stop.",
}
_UNCONFIRMED = "We cannot tell if this mail went out. Look in the mailbox before you send it again."


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SendReportBody(Body):
    prediction_id: Id
    email: Annotated[Email | None, Field(description="By default the account's own address.")] = (
        None
    )


class FeedbackBody(Body):
    verdict: Literal["confirmed", "corrected"]
    conditions: Annotated[
        list[Annotated[str, Field(max_length=64)]],
        Field(
            max_length=len(CONDITION_IDS),
            description="With `corrected`: what is right instead. `normal` excludes the others.",
        ),
    ] = []
    comment: Annotated[
        str, Field(max_length=2000), AfterValidator(reject_controls_except_newlines)
    ] = ""


class ReportBody(BaseModel):
    """A report on its way."""

    id: str
    prediction_id: str
    to: str
    status: Status = Field(
        description="`unconfirmed`: nobody knows if the mail went out, and it is not sent again "
        "unless asked for. `pending` is sent by itself."
    )
    created_at: datetime
    sent_at: datetime | None = None
    reason: str | None = Field(default=None, description="A sentence, where it did not arrive.")

    @classmethod
    def of(cls, report: Report) -> "ReportBody":
        unconfirmed = _UNCONFIRMED if report.status is Status.UNCONFIRMED else None
        return cls(
            id=report.id,
            prediction_id=report.draft.prediction,
            to=report.draft.to,
            status=report.status,
            created_at=report.created_at,
            sent_at=report.sent_at,
            reason=unconfirmed or _REASONS.get(report.reason or ""),
        )


class ReportList(BaseModel):
    items: list[ReportBody]


class ReviewBody(BaseModel):
    """A doctor's review; who wrote it is not told."""

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
    """A prediction in the doctors' list, with the review that counts."""

    id: str
    created_at: datetime
    findings: list[str]
    feedback: ReviewBody | None

    @classmethod
    def of(cls, prediction: Prediction, review: Review | None) -> "Reviewable":
        return cls(
            id=prediction.id,
            created_at=prediction.created_at,
            findings=(prediction.result or {}).get("findings", []),
            feedback=None if review is None else ReviewBody.of(review),
        )


class ReviewableList(BaseModel):
    items: list[Reviewable]
    next_cursor: str | None = None
