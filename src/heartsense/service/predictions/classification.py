"""From an uploaded picture to what is kept of it: the result, and files derived from it."""

import io
import json

import numpy as np
from PIL import Image

from heartsense.ecg import ECG
from heartsense.errors import DigitizerError, ImageError
from heartsense.pipeline import read
from heartsense.service.predictions.prediction import Answer, Refusal
from heartsense.service.predictions.storage import OVERLAY, PICTURE, SIGNAL, heatmap_name

_JPEG_QUALITY = 85
_DRAWN_SIDE = 2000  # pixels; as much as a screen or a report shows
_COLOURS = 128  # of a grey page and a few inks: a quarter of the bytes, in half the time


def answer(data: bytes, page: int) -> Answer:
    """Classify a picture, and draw what is kept of it; a refusal is an answer too."""
    try:
        result = read(data, page=page)
    except (ImageError, DigitizerError) as error:
        return Answer(refusal=Refusal.of(error))
    drawn = {
        OVERLAY: result.overlay(),
        **{heatmap_name(name): result.heatmap(name) for name in result.heatmaps},
    }
    return Answer(
        result=result.to_dict(),
        heatmaps=tuple(result.heatmaps),
        pictures={
            PICTURE: jpeg(Image.fromarray(result.pixels)),
            SIGNAL: signal(result.ecg),
            **{name: _png(picture) for name, picture in drawn.items()},
        },
    )


def jpeg(picture: Image.Image) -> bytes:
    """A picture as JPEG, without metadata."""
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=_JPEG_QUALITY)
    return content.getvalue()


def signal(ecg: ECG) -> bytes:
    """The leads in mV as JSON, null where the page shows nothing of a lead."""
    leads = {
        name: [None if np.isnan(value) else round(value, 3) for value in ecg.lead(name).tolist()]
        for name in ecg.leads
    }
    document = {"rate": ecg.rate, "leads": list(ecg.leads), "signal_mv": leads}
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def _png(picture: Image.Image) -> bytes:
    picture.thumbnail((_DRAWN_SIDE, _DRAWN_SIDE))
    few = picture.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    content = io.BytesIO()
    few.save(content, "PNG")
    return content.getvalue()
