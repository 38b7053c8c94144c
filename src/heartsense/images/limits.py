"""Limits on the size of files, images and documents."""

from typing import Final

from heartsense.errors import (
    EmptyFileError,
    FileTooLargeError,
    ImageTooSmallError,
    PageNotFoundError,
    TooManyPagesError,
    TooManyPixelsError,
)
from heartsense.files import MAX_BYTES as MAX_BYTES
from heartsense.files import MAX_PAGES as MAX_PAGES

MAX_PIXELS: Final = 50_000_000
"""Pixels of a decoded page; a 12 x 8 inch page scanned at 600 dpi has 35 million."""

TOO_COMPLEX: Final = (
    "Reading this file takes too much time or memory. Take a screenshot of the page, or save it as "
    "a plain JPEG or PNG image, and try again."
)
"""What a person can do about a file that ran into a limit of the process that decodes it."""

MIN_SIDE: Final = 48
"""Pixels of the shorter side; smaller images do not show even one beat."""

MAX_SIDE: Final = 4000
"""Pixels of the longer side after reduction: still about 13 px/mm for a whole page."""


def check_bytes(data: bytes) -> None:
    """Check the size of a file.

    Raises
    ------
    EmptyFileError
    FileTooLargeError
        The file has more than ``MAX_BYTES``.
    """
    if not data:
        raise EmptyFileError("The file is empty. Choose the image of the ECG again.")
    if len(data) > MAX_BYTES:
        raise FileTooLargeError(
            f"The file has {len(data) / 1e6:.1f} MB; the limit is {MAX_BYTES // 1_000_000} MB. "
            "Save it as JPEG or at a lower resolution and try again."
        )


def check_decodable(width: int, height: int) -> None:
    """Check that an image is small enough to decode.

    Parameters
    ----------
    width, height : int
        Pixels.

    Raises
    ------
    TooManyPixelsError
        The image has more than ``MAX_PIXELS``.
    """
    if width * height > MAX_PIXELS:
        raise TooManyPixelsError(
            f"The image has {width} x {height} pixels; the limit is "
            f"{MAX_PIXELS // 1_000_000} million. Save it at a lower resolution and try again."
        )


def check_size(width: int, height: int) -> None:
    """Check that an image is small enough to decode and large enough to digitize.

    Parameters
    ----------
    width, height : int
        Pixels.

    Raises
    ------
    TooManyPixelsError
        The image has more than ``MAX_PIXELS``.
    ImageTooSmallError
        A side is shorter than ``MIN_SIDE``.
    """
    check_decodable(width, height)
    if min(width, height) < MIN_SIDE:
        raise ImageTooSmallError(
            f"The image has {width} x {height} pixels; each side needs at least {MIN_SIDE}. "
            "Use the original scan or photo."
        )


def check_pages(page: int, pages: int) -> None:
    """Check the number of pages of a document, and that it has the requested page.

    Parameters
    ----------
    page : int
        Requested page, from 1.
    pages : int
        Pages of the document.

    Raises
    ------
    TooManyPagesError
        The document has more than ``MAX_PAGES``.
    PageNotFoundError
    """
    if pages > MAX_PAGES:
        raise TooManyPagesError(
            f"The document has more than {MAX_PAGES} pages. Save only the page with the ECG."
        )
    if not 1 <= page <= pages:
        raise PageNotFoundError(
            f"There is no page {page}: the document has {pages} "
            f"{'page' if pages == 1 else 'pages'}."
        )
