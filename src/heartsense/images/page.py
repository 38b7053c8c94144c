"""The front door: any supported file's bytes to one upright, opaque page."""

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
from heartsense.images.colour import to_rgb
from heartsense.images.formats import SUPPORTED, format_of
from heartsense.images.limits import MAX_SIDE, check_bytes, check_size


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One page as the digitizer sees it.

    Attributes
    ----------
    pixels : uint8 array, shape (height, width, 3)
        Red, green, blue; upright, opaque, without metadata.
    format : str
        ``png``, ``jpeg``, ``tiff``, ``bmp``, ``webp``, ``heic`` or ``pdf``.
    page, pages : int
        Which page of how many, counted from 1.
    """

    pixels: NDArray[np.uint8]
    format: str
    page: int
    pages: int


def open_page(data: bytes, *, page: int = 1) -> Page:
    """Decode one page of a picture or document.

    The format is told from the content. Sizes are read from the header and checked before
    anything is decoded. The EXIF orientation is applied and all metadata dropped, transparency
    becomes white paper, 16-bit, CMYK, grey and palette pictures become 8-bit RGB. A PDF page is
    drawn with a long side of 2200 pixels, or at its own resolution if it is one scanned image.
    A permitted picture with a side above ``MAX_SIDE`` (4000 pixels) is reduced to it: more
    detail does not help reading and costs time.

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
        Its subclass says why: ``EmptyFileError``, ``FileTooLargeError``, ``NotAnImageError``,
        ``TruncatedImageError`` (also for damaged data), ``TooManyPixelsError``,
        ``ImageTooSmallError``, ``EncryptedPDFError``, ``TooManyPagesError``, ``NoSuchPageError``.
        Nothing else escapes, whatever the bytes.
    """
    check_bytes(data)
    kind = format_of(data)
    if kind is None:
        raise NotAnImageError(f"This is not a picture we can read. We read {SUPPORTED}.")
    read = {"pdf": pdf.read, "heic": heic.read}.get(kind, raster.read)
    with _refusing_damage(kind):
        image, pages = read(data, page)
        pixels = np.array(_reduced(to_rgb(image)))
    check_size(pixels.shape[1], pixels.shape[0])
    return Page(pixels, kind, page, pages)


@contextmanager
def _refusing_damage(kind: str) -> Iterator[None]:
    """Turn whatever a decoder raises or warns on hostile bytes into a refusal."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except HeartSenseError:
        raise
    except (Image.DecompressionBombError, MemoryError) as error:
        raise TooManyPixelsError(
            "The picture has more pixels than we decode. Reduce it and try again."
        ) from error
    except Exception as error:  # decoders raise anything: ValueError, struct.error, KeyError ...
        raise TruncatedImageError(
            f"The {kind.upper()} file is incomplete or damaged. Copy or upload it again."
        ) from error


def _reduced(image: Image.Image) -> Image.Image:
    """Shrink to ``MAX_SIDE``; Hamming, because sharper filters ring beside thin lines."""
    scale = MAX_SIDE / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.HAMMING, reducing_gap=3.0)
