"""The result as the API serves it, and the media types of the images it is made from."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field
from pydantic.dataclasses import dataclass

from heartsense import result_schema
from heartsense.conclusion import LIMITATIONS
from heartsense.reference_ranges import (
    MeasurementRow,
    QualityLabel,
    Sex,
    measurement_rows,
    quality_label,
)

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


SexParameter = Annotated[
    Sex | None, Query(description="Whose normal ranges to compare with; by default both are given.")
]
AgeParameter = Annotated[
    int | None, Query(ge=0, le=130, description="The age in years, for the same.")
]


@dataclass(frozen=True)
class ServedResult(result_schema.Result):
    """The findings in an image. HeartSense is not a medical device."""

    quality_label: Annotated[QualityLabel, Field(description="The quality score in a word.")]
    measurement_rows: Annotated[
        list[MeasurementRow],
        Field(description="The measurements in words, with normal ranges for adults and sources."),
    ]
    limitations: Annotated[list[str], Field(description="What no result tells, in sentences.")]


def in_words(
    result: Mapping[str, Any], sex: Sex | None = None, age: int | None = None
) -> dict[str, Any]:
    """The result as served: with its quality score and its measurements in words."""
    return {
        **result,
        "quality_label": quality_label(result["quality"]["score"]),
        "measurement_rows": list(measurement_rows(result["measurements"], sex, age)),
        "limitations": list(LIMITATIONS),
    }
