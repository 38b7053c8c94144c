"""The way of one ECG: picture -> page -> digitized ECG -> measurements -> classification.

The model is loaded last: what is no picture or holds no ECG is refused without it.
"""

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier import Classifier, released
from heartsense.digitizer import digitize
from heartsense.images import open_page
from heartsense.measurements import measure
from heartsense.result import Result


def read(data: bytes, *, page: int = 1, classifier: Classifier | None = None) -> Result:
    """Read, measure and classify one picture, or one page of a document.

    Parameters
    ----------
    data : bytes
        The file's content: PNG, JPEG, TIFF, BMP, WebP, HEIC or PDF.
    page : int
        Page of a PDF or TIFF, from 1.
    classifier : Classifier, optional
        By default the released model, loaded when it is first needed and kept.

    Raises
    ------
    ImageError
        If the bytes cannot become a page.
    DigitizerError
        If the page cannot become an ECG.
    ModelError
        If the released model's files are missing, changed or unsafe.
    """
    return read_pixels(open_page(data, page=page).pixels, classifier)


def read_pixels(pixels: NDArray[np.uint8], classifier: Classifier | None = None) -> Result:
    """Read, measure and classify a page as ``open_page`` returns it.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        RGB, upright.

    Raises
    ------
    DigitizerError, ModelError
        As for `read`.
    """
    digitized = digitize(pixels)
    measurements = measure(digitized.ecg)
    classification = (classifier or released()).classify(digitized, measurements)
    return Result(pixels, digitized, measurements, classification)
