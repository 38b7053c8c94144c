"""Response bodies of the predict function."""

from typing import Annotated

from pydantic import BaseModel, Field
from pydantic.dataclasses import dataclass

from heartsense.service.http.result_body import ServedResult


class PictureData(BaseModel):
    """Images as data URLs."""

    picture: str
    overlay: str
    heatmaps: dict[str, str] = Field(description="By condition.")


@dataclass(frozen=True)
class PictureResult(ServedResult):
    """The findings in an image, and the images if requested."""

    pictures: Annotated[
        PictureData | None,
        Field(description="Only with `pictures=true`; null if too large for a response."),
    ] = None
