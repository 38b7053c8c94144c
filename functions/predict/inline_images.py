"""Images inside a response, for callers whose images are not stored."""

import base64

from PIL import Image

from functions.predict.schemas import PictureData
from heartsense.rendering import jpeg
from heartsense.result import Result

MAX_SIDE = 1400  # pixels; enough for a screen, and eight images fit into a response
MAX_INLINE_BYTES = 5_500_000  # of base64; a response of Lambda is at most 6 MB


def inline_images(result: Result) -> PictureData | None:
    """The page, the overlay and the heat-maps as data URLs; None if they are too large."""
    images = PictureData(
        picture=_data_url(Image.fromarray(result.pixels)),
        overlay=_data_url(result.overlay()),
        heatmaps={name: _data_url(result.heatmap(name)) for name in result.heatmaps},
    )
    size = sum(map(len, (images.picture, images.overlay, *images.heatmaps.values())))
    return images if size <= MAX_INLINE_BYTES else None


def _data_url(image: Image.Image) -> str:
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg(image)).decode()}"
