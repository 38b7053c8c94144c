"""How much a picture may ask of us, and the refusals when it asks for more."""

from typing import Final

from heartsense.errors import (
    EmptyFileError,
    FileTooLargeError,
    ImageTooSmallError,
    NoSuchPageError,
    TooManyPagesError,
    TooManyPixelsError,
)

MAX_BYTES: Final = 20_000_000
"""Largest file."""

MAX_PIXELS: Final = 50_000_000
"""Most pixels a page may decode to; a 12 x 8 inch page scanned at 600 dpi has 35 million."""

MAX_PAGES: Final = 50
"""Most pages a PDF or TIFF may hold."""

MIN_SIDE: Final = 48
"""Fewest pixels a side may have; below it not even one beat on one row can be told."""

MAX_SIDE: Final = 4000
"""Longest side handed on; 25 mm/s paper then still has some 13 px a millimetre."""


def check_bytes(data: bytes) -> None:
    """Refuse an empty file and one above ``MAX_BYTES``."""
    if not data:
        raise EmptyFileError("The file is empty. Choose the picture of the ECG again.")
    if len(data) > MAX_BYTES:
        raise FileTooLargeError(
            f"The file has {len(data) / 1e6:.1f} MB; the limit is {MAX_BYTES // 1_000_000} MB. "
            "Save it as JPEG or at a lower resolution and try again."
        )


def check_decodable(width: int, height: int) -> None:
    """Refuse sizes that are too large to decode."""
    if width * height > MAX_PIXELS:
        raise TooManyPixelsError(
            f"The picture has {width} x {height} pixels; the limit is "
            f"{MAX_PIXELS // 1_000_000} million. Reduce it and try again."
        )


def check_size(width: int, height: int) -> None:
    """Refuse sizes that are too large to decode or too small to read."""
    check_decodable(width, height)
    if min(width, height) < MIN_SIDE:
        raise ImageTooSmallError(
            f"The picture has {width} x {height} pixels, too few to read a trace "
            f"(at least {MIN_SIDE} each way). Use the original scan or photo."
        )


def check_pages(page: int, pages: int) -> None:
    """Refuse documents with too many pages, and a page that is not in the document."""
    if pages > MAX_PAGES:
        raise TooManyPagesError(
            f"The document has more than {MAX_PAGES} pages. Save the page with the ECG by itself."
        )
    if not 1 <= page <= pages:
        raise NoSuchPageError(
            f"There is no page {page}: the document has {pages} "
            f"{'page' if pages == 1 else 'pages'}."
        )
