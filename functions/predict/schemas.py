"""What requests to the predict function say, and what it answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass

from heartsense import result_schema
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


class PictureData(BaseModel):
    """Pictures as data URLs."""

    picture: str
    overlay: str
    heatmaps: dict[str, str] = Field(description="By condition.")


@dataclass(frozen=True)
class PictureResult(result_schema.Result):
    """What a picture shows. HeartSense is not a medical device."""

    pictures: Annotated[
        PictureData | None,
        Field(description="Only with `pictures=true`, and not for too large answers."),
    ] = None


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
    result: result_schema.Result | None = None
    refusal: Refusal | None = None
    heatmaps: list[str] = Field(description="The conditions that have a heat-map.")

    @classmethod
    def of(cls, prediction: Prediction) -> "PredictionBody":
        return cls.model_validate(
            {
                "page": prediction.page,
                "keep_for_training": prediction.keep_for_training,
                "result": prediction.result,
                "heatmaps": list(prediction.heatmaps),
                **_shared(prediction),
            }
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
