"""The way of one ECG: picture -> page -> digitized ECG -> measurements -> classification.

The model is loaded last: files that are no image, or show no ECG, are refused without it.
"""

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier import Classification, Classifier, released
from heartsense.digitizer import digitize as digitize_pixels
from heartsense.ecg import Digitized
from heartsense.images import Source, open_source
from heartsense.measurements import analyse, measure
from heartsense.result import Result


def read(source: Source, *, page: int = 1, classifier: Classifier | None = None) -> Result:
    """Read, measure and classify the ECG on one picture, or on one page of a document.

    Parameters
    ----------
    source : str, path, bytes, file object, PIL image or uint8 array
        A path or the content of a PNG, JPEG, TIFF, BMP, WebP, HEIC or PDF file, or pixels of
        shape (height, width) for grey, (height, width, 3) for RGB or (height, width, 4) for RGBA.
        A file object is open in binary mode and read from its current position.
    page : int
        Page of a PDF or TIFF file, from 1.
    classifier : Classifier, optional
        By default the released model, loaded when it is first needed and then kept.

    Returns
    -------
    Result

    Raises
    ------
    FileMissingError, FileUnreadableError
        If a path cannot be read.
    ImageError
        If the content cannot become a page: it is damaged, too large, no picture ...
    DigitizerError
        If the page cannot become an ECG.
    ModelError
        If the model's files are missing, changed or unsafe.
    TypeError, ValueError
        If `source` is none of the above, or an array of another type or shape.
    """
    return read_pixels(open_source(source, page=page).pixels, classifier)


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
    digitized = digitize_pixels(pixels)
    analysis = analyse(digitized.ecg)
    measurements = measure(analysis)
    classification = (classifier or released()).classify(digitized, measurements, analysis)
    return Result(pixels, digitized, measurements, classification)


def digitize(source: Source, *, page: int = 1) -> Digitized:
    """Read the ECG off one picture without measuring or classifying it; needs no model.

    Parameters
    ----------
    source, page
        As for `read`.

    Raises
    ------
    FileMissingError, FileUnreadableError, ImageError, DigitizerError, TypeError, ValueError
        As for `read`.
    """
    return digitize_pixels(open_source(source, page=page).pixels)


def classify(digitized: Digitized, *, classifier: Classifier | None = None) -> Classification:
    """Classify what `digitize` returned.

    Parameters
    ----------
    digitized : Digitized
    classifier : Classifier, optional
        By default the released model.

    Raises
    ------
    ModelError
        If the model's files are missing, changed or unsafe.
    """
    analysis = analyse(digitized.ecg)
    return (classifier or released()).classify(digitized, measure(analysis), analysis)
