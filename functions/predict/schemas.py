"""What requests to the predict function say, and what it answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from heartsense.images import MAX_BYTES, MAX_PAGES
from heartsense.service.predictions import Prediction

PageNumber = Annotated[int, Field(ge=1, le=MAX_PAGES, description="Page of a PDF or TIFF.")]
ContentType = Literal[
    "image/png",
    "image/jpeg",
    "image/tiff",
    "image/bmp",
    "image/webp",
    "image/heic",
    "image/heif",
    "application/pdf",
]


class UploadBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    content_type: ContentType
    size: Annotated[int, Field(ge=1, le=MAX_BYTES, description="Bytes, exactly.")]
    page: PageNumber = 1
    keep_for_training: bool = Field(
        default=False,
        description="The patient agrees that the picture is kept to train later models.",
    )


class Upload(BaseModel):
    """Post `fields`, then the picture as `file`, as multipart/form-data to `url`."""

    prediction_id: str
    url: str
    fields: dict[str, str]
    expires_in: int = Field(description="Seconds.")


class Finding(BaseModel):
    id: str
    title: str
    probability: float | None
    status: Literal["present", "absent", "uncertain", "not_assessed"]
    votes: dict[str, bool] | None
    reason: str
    explanation: str
    next_steps: str
    links: list[str]


class Quality(BaseModel):
    score: float
    einthoven_residual: float | None
    goldberger_residual: float | None
    rhythm_agreement: float | None
    coverage: dict[str, float]
    reasons: list[str]


class Scale(BaseModel):
    pitch_px_per_mm: float | None
    rotation_deg: float
    speed_mm_per_s: float
    speed_source: str
    gain_mm_per_mv: float
    gain_source: str


class PictureData(BaseModel):
    """Pictures as data URLs."""

    picture: str
    overlay: str
    heatmaps: dict[str, str] = Field(description="By condition.")


class Result(BaseModel):
    """What a picture shows. HeartSense is not a medical device."""

    model_version: str
    layout: str
    quality: Quality
    scale: Scale
    measurements: dict[str, float | None]
    conditions: list[Finding]
    findings: list[str]
    reasons: list[str]
    warnings: list[str]


class PictureResult(Result):
    pictures: PictureData | None = Field(
        default=None, description="Only with `pictures=true`, and not for too large answers."
    )


class Refusal(BaseModel):
    code: str
    message: str


class Summary(BaseModel):
    """A prediction in a list."""

    id: str
    status: Literal["pending", "done", "failed"]
    created_at: datetime
    finished_at: datetime | None = None
    findings: list[str] | None = None
    refusal: Refusal | None = None

    @classmethod
    def of(cls, prediction: Prediction) -> "Summary":
        return cls(findings=(prediction.result or {}).get("findings"), **_shared(prediction))


class PredictionBody(BaseModel):
    """A prediction with its result, or with the reason why there is none."""

    id: str
    status: Literal["pending", "done", "failed"]
    created_at: datetime
    finished_at: datetime | None = None
    page: int
    keep_for_training: bool
    result: Result | None = None
    refusal: Refusal | None = None
    heatmaps: list[str] = Field(description="The conditions that have a heat-map.")

    @classmethod
    def of(cls, prediction: Prediction) -> "PredictionBody":
        return cls(
            page=prediction.page,
            keep_for_training=prediction.keep_for_training,
            result=None if prediction.result is None else Result(**prediction.result),
            heatmaps=list(prediction.heatmaps),
            **_shared(prediction),
        )


class PredictionList(BaseModel):
    items: list[Summary]
    next_cursor: str | None = None


class Link(BaseModel):
    """Whoever holds the link sees the picture."""

    url: str
    expires_in: int = Field(description="Seconds.")


def _shared(prediction: Prediction) -> dict[str, Any]:
    refusal = prediction.refusal
    return {
        "id": prediction.id,
        "status": str(prediction.status),
        "created_at": prediction.created_at,
        "finished_at": prediction.finished_at,
        "refusal": refusal and Refusal(code=refusal.code, message=refusal.message),
    }
