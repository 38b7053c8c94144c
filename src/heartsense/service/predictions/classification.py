"""Classifies an uploaded image and renders the artifacts that are stored with the result."""

import io
import json

import numpy as np
from PIL import Image

from heartsense.ecg import ECG
from heartsense.errors import DigitizerError, ImageError
from heartsense.pipeline import read
from heartsense.rendering import jpeg
from heartsense.service.predictions.prediction import ImageClassification, Refusal
from heartsense.service.predictions.storage import OVERLAY, PAGE_IMAGE, SIGNAL, heatmap_name

_MAX_SIDE = 2000  # pixels; enough for a screen or a report
_COLOURS = 128  # enough for a grey page and a few inks; a quarter of the bytes in half the time


def classify_image(data: bytes, page: int) -> ImageClassification:
    """Classify one page of an image or document, and render its artifacts.

    An image that cannot be read gives a refusal. Pages count from 1.
    """
    try:
        result = read(data, page=page)
    except (ImageError, DigitizerError) as error:
        return ImageClassification(refusal=Refusal.of(error))
    rendered = {
        OVERLAY: result.overlay(),
        **{heatmap_name(id): result.heatmap(id) for id in result.heatmaps},
    }
    return ImageClassification(
        result=result.to_dict(),
        heatmaps=tuple(result.heatmaps),
        artifacts={
            PAGE_IMAGE: jpeg(Image.fromarray(result.pixels)),
            SIGNAL: signal_json(result.ecg),
            **{name: _png(image) for name, image in rendered.items()},
        },
    )


def signal_json(ecg: ECG) -> bytes:
    """The leads in mV as JSON; null where the page does not show a lead."""
    leads = {
        name: [None if np.isnan(value) else round(value, 3) for value in ecg.lead(name).tolist()]
        for name in ecg.leads
    }
    document = {"rate": ecg.rate, "leads": list(ecg.leads), "signal_mv": leads}
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def _png(image: Image.Image) -> bytes:
    image.thumbnail((_MAX_SIDE, _MAX_SIDE))
    reduced = image.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    content = io.BytesIO()
    reduced.save(content, "PNG")
    return content.getvalue()
