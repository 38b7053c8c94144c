"""The result as the API serves it, and the media types of the images it is made from."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from heartsense import result_schema
from heartsense.reference_ranges import QualityLabel, quality_label

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


@dataclass(frozen=True)
class ServedResult(result_schema.Result):
    """The findings in an image. HeartSense is not a medical device."""

    quality_label: Annotated[QualityLabel, Field(description="The quality score in a word.")]


def with_label(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result as served: with its quality score in a word."""
    return {**result, "quality_label": quality_label(result["quality"]["score"])}
