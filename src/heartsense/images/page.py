"""Open one page of any supported file."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.errors import (
    HeartSenseError,
    NotAnImageError,
    TooManyPixelsError,
    TruncatedImageError,
)
from heartsense.images import heic, pdf, raster
from heartsense.images.arrays import image_array
from heartsense.images.colour import to_rgb
from heartsense.images.formats import SUPPORTED, detect_format
from heartsense.images.limits import MAX_SIDE, check_bytes, check_size


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One decoded page.

    Attributes
    ----------
    pixels : uint8 array, shape (height, width, 3)
        RGB; upright, opaque, without metadata.
    format : str
        ``png``, ``jpeg``, ``tiff``, ``bmp``, ``webp``, ``heic`` or ``pdf``; ``pixels`` for an
        image that came from no file.
    page, pages : int
        Number of this page, from 1, and of all pages.
    """

    pixels: NDArray[np.uint8]
    format: str
    page: int
    pages: int


def open_page(data: bytes, *, page: int = 1) -> Page:
    """Decode one page of an image or document.

    The format is detected from the content. Sizes are read from the header and checked before
    anything is decoded. The EXIF orientation is applied and all metadata dropped; transparent
    pixels become white; 16-bit, CMYK, grey and palette images become 8-bit RGB. A PDF page is
    rendered with a long side of 2200 pixels, or at its own resolution if it is one scanned image.
    An image with a side above ``MAX_SIDE`` (4000 pixels) is reduced to it: more detail does not
    help the digitizer and costs time.

    Parameters
    ----------
    data : bytes
        The file's content: PNG, JPEG, TIFF, BMP, WebP, HEIC or PDF.
    page : int
        Page of a PDF or TIFF, from 1; the others have one page.

    Returns
    -------
    Page

    Raises
    ------
    ImageError
        A subclass: ``EmptyFileError``, ``FileTooLargeError``, ``NotAnImageError``,
        ``TruncatedImageError`` (also for damaged data), ``TooManyPixelsError``,
        ``ImageTooSmallError``, ``EncryptedPDFError``, ``TooManyPagesError``, ``PageNotFoundError``.
        No other exception is raised, whatever the bytes.
    """
    check_bytes(data)
    kind = detect_format(data)
    if kind is None:
        raise NotAnImageError(f"This file is not a supported image. Use {SUPPORTED}.")
    decoders = {"pdf": pdf.decode_page, "heic": heic.decode_page}
    decode_page = decoders.get(kind, raster.decode_page)
    with _decoder_errors_translated(kind):
        image, pages = decode_page(data, page)
        pixels = image_array(_reduced(to_rgb(image)))
    check_size(pixels.shape[1], pixels.shape[0])
    return Page(pixels, kind, page, pages)


def page_from_image(image: Image.Image) -> Page:
    """A page from an image in memory, or the current frame of one that Pillow has opened.

    Raises
    ------
    ImageError
        As for ``open_page``.
    """
    check_size(*image.size)
    kind = (image.format or "pixels").lower()
    with _decoder_errors_translated(kind):
        pixels = image_array(_reduced(to_rgb(raster.apply_orientation(image))))
    check_size(pixels.shape[1], pixels.shape[0])
    return Page(pixels, kind, 1, 1)


@contextmanager
def _decoder_errors_translated(kind: str) -> Iterator[None]:
    """Raise an ``ImageError`` for whatever a decoder raises; silence its warnings."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except HeartSenseError:
        raise
    except (Image.DecompressionBombError, MemoryError) as error:
        raise TooManyPixelsError(
            "The image has too many pixels. Save it at a lower resolution and try again."
        ) from error
    except Exception as error:  # decoders raise anything: ValueError, struct.error, KeyError ...
        raise TruncatedImageError(
            f"The {kind.upper()} file is incomplete or damaged. Copy or upload it again."
        ) from error


def _reduced(image: Image.Image) -> Image.Image:
    """Reduce to ``MAX_SIDE``; with Hamming, as sharper filters ring beside thin lines."""
    scale = MAX_SIDE / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.HAMMING, reducing_gap=3.0)
