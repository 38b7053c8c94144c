"""One page of a picture to everything that is kept or shown of it."""

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.classifier import Result, released
from heartsense.digitizer import digitize
from heartsense.ecg import ECG
from heartsense.errors import DigitizerError, ImageError
from heartsense.images import open_page
from heartsense.rendering import draw_heatmap, draw_overlay
from heartsense.service.predictions.prediction import Answer, Refusal
from heartsense.service.predictions.storage import OVERLAY, PICTURE, SIGNAL, heatmap_name

Pixels = NDArray[np.uint8]

_JPEG_QUALITY = 85
_DRAWN_SIDE = 2000  # pixels; as much as a screen or a report shows
_COLOURS = 128  # of a grey page and a few inks: a quarter of the bytes, in half the time


def answer(data: bytes, page: int) -> Answer:
    """Classify a picture, and draw what is kept of it; a refusal is an answer too."""
    try:
        pixels, result = read(data, page)
    except (ImageError, DigitizerError) as error:
        return Answer(refusal=Refusal.of(error))
    drawn = {
        OVERLAY: draw_overlay(pixels, result.digitized),
        **{heatmap_name(name): draw_heatmap(pixels, result, name) for name in result.heatmaps},
    }
    return Answer(
        result=plain(result),
        heatmaps=tuple(result.heatmaps),
        pictures={
            PICTURE: jpeg(Image.fromarray(pixels)),
            SIGNAL: signal(result.digitized.ecg),
            **{name: _png(picture) for name, picture in drawn.items()},
        },
    )


def read(data: bytes, page: int) -> tuple[Pixels, Result]:
    """The page's pixels and what they show; ImageError or DigitizerError.

    What is no picture or no ECG is refused without loading the model.
    """
    pixels = open_page(data, page=page).pixels
    digitized = digitize(pixels)
    return pixels, released().classify_ecg(digitized)


def plain(result: Result) -> Mapping[str, Any]:
    """The result in the types that JSON has, whatever numbers were in it."""
    found: Mapping[str, Any] = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    return found


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
