"""Decode one page of any supported file in this process.

Decoders are C and C++ libraries that have crashed and hung on made-up files: users' files go
through ``decoder_process``, which runs this module in a process that may be killed.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image

from heartsense.errors import (
    HeartSenseError,
    NotAnImageError,
    TooComplexError,
    TooManyPixelsError,
    TruncatedImageError,
)
from heartsense.images import heic, pdf, raster
from heartsense.images.colour import to_rgb
from heartsense.images.formats import SUPPORTED, detect_format
from heartsense.images.limits import MAX_SIDE, TOO_COMPLEX, check_bytes, check_size


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One decoded page.

    Attributes
    ----------
    image : PIL.Image.Image
        RGB, upright, opaque, no side longer than ``MAX_SIDE``.
    format : str
        As ``detect_format`` names it.
    pages : int
        Pages of the document.
    """

    image: Image.Image
    format: str
    pages: int


def checked_format(data: bytes) -> str:
    """The format of a file that has the size of a picture; nothing of it is decoded.

    Raises
    ------
    EmptyFileError, FileTooLargeError, NotAnImageError
    """
    check_bytes(data)
    kind = detect_format(data)
    if kind is None:
        raise NotAnImageError(f"This file is not a supported image. Use {SUPPORTED}.")
    return kind


def decode(data: bytes, page: int) -> Decoded:
    """Decode one page.

    Parameters
    ----------
    data : bytes
        The file's content.
    page : int
        Number of the page, from 1.

    Raises
    ------
    ImageError
        As ``open_page``; no other exception, whatever the bytes.
    """
    kind = checked_format(data)
    decoders = {"pdf": pdf.decode_page, "heic": heic.decode_page}
    decode_page = decoders.get(kind, raster.decode_page)
    with decoder_errors_translated(kind):
        image, pages = decode_page(data, page)
        image = reduced(to_rgb(image))
    check_size(*image.size)
    return Decoded(image, kind, pages)


@contextmanager
def decoder_errors_translated(kind: str) -> Iterator[None]:
    """Raise an ``ImageError`` for whatever a decoder raises; silence its warnings."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except HeartSenseError:
        raise
    except MemoryError as error:
        raise TooComplexError(TOO_COMPLEX) from error
    except Image.DecompressionBombError as error:
        raise TooManyPixelsError(
            "The image has too many pixels. Save it at a lower resolution and try again."
        ) from error
    except Exception as error:  # decoders raise anything: ValueError, struct.error, KeyError ...
        raise TruncatedImageError(
            f"The {kind.upper()} file is incomplete or damaged. Copy or upload it again."
        ) from error


def reduced(image: Image.Image) -> Image.Image:
    """Reduce to ``MAX_SIDE``; with Hamming, as sharper filters ring beside thin lines."""
    scale = MAX_SIDE / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.HAMMING, reducing_gap=3.0)
