"""Open one page of any supported file."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.images import raster
from heartsense.images.arrays import image_array
from heartsense.images.colour import to_rgb
from heartsense.images.decoder_process import decode_in_child
from heartsense.images.decoding import checked_format, decoder_errors_translated, reduced
from heartsense.images.limits import check_size


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

    The file is decoded in a process of its own, with limits on its time and memory and, on Linux,
    without network. It is started with the first file and kept for the next ones.

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
        ``TooComplexError``, ``ImageTooSmallError``, ``EncryptedPDFError``, ``TooManyPagesError``,
        ``PageNotFoundError``. No other exception is raised, whatever the bytes.
    WorkerDiedError
        If the process that decodes cannot be started; the file is not to blame.
    """
    kind = checked_format(data)
    pixels, pages = decode_in_child(data, page)
    return Page(pixels, kind, page, pages)


def page_from_image(image: Image.Image) -> Page:
    """A page from an image in memory, or the current frame of one that Pillow has opened.

    What Pillow has opened and not yet decoded is decoded in this process.

    Raises
    ------
    ImageError
        As for ``open_page``.
    """
    check_size(*image.size)
    kind = (image.format or "pixels").lower()
    with decoder_errors_translated(kind):
        pixels = image_array(reduced(to_rgb(raster.apply_orientation(image))))
    check_size(pixels.shape[1], pixels.shape[0])
    return Page(pixels, kind, 1, 1)
