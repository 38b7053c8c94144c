"""Pictures inside an answer, for callers of whom nothing is kept."""

import base64

from PIL import Image

from functions.predict.schemas import PictureData
from heartsense.result import Result
from heartsense.service.predictions.classification import jpeg

LONG_SIDE = 1400  # pixels; what a screen shows, and eight of them fit into an answer
ROOM = 5_500_000  # bytes of base64; Lambda answers with 6 MB at most


def inlined(result: Result) -> PictureData | None:
    """The page, the overlay and the heat-maps as data URLs; None where they are too large."""
    found = PictureData(
        picture=_data_url(Image.fromarray(result.pixels)),
        overlay=_data_url(result.overlay()),
        heatmaps={name: _data_url(result.heatmap(name)) for name in result.heatmaps},
    )
    size = sum(map(len, (found.picture, found.overlay, *found.heatmaps.values())))
    return found if size <= ROOM else None


def _data_url(picture: Image.Image) -> str:
    picture.thumbnail((LONG_SIDE, LONG_SIDE))
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg(picture)).decode()}"
