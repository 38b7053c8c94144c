"""Cheap looks at a file for work out of all proportion, before a decoder is asked to do it.

They spare seconds, and name the reason; the limits of the process (``sandbox``) hold in any case.
"""

import re
from typing import Final

from heartsense.errors import TooComplexError
from heartsense.images.limits import TOO_COMPLEX, check_decodable

MAX_SCANS: Final = 100
"""Scans of a JPEG; each passes over the whole picture. Encoders write 1 to 20."""

_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, restarts, start of image
_NEXT_MARKER = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")  # in coded data: no stuffing, no restart
_JPX_SIZE = b"\xff\x4f\xff\x51"  # start of codestream, its size (ISO 15444-1, A.5.1)


def check_jpeg_scans(data: bytes) -> None:
    """Count the scans of a JPEG.

    Raises
    ------
    TooComplexError
        There are more than ``MAX_SCANS``.
    """
    scans, marker = 0, _NEXT_MARKER.search(data, 2)
    while marker is not None and data[marker.end() - 1] != _END_OF_IMAGE:
        kind, end = data[marker.end() - 1], marker.end()
        scans += kind == _START_OF_SCAN
        if scans > MAX_SCANS:
            raise TooComplexError(TOO_COMPLEX)
        if kind not in _WITHOUT_LENGTH:
            end += max(2, int.from_bytes(data[end : end + 2]))
        marker = _NEXT_MARKER.search(data, end)


def check_jpx_sizes(data: bytes) -> None:
    """Check the sizes that JPEG 2000 images in a PDF have, whatever the PDF says of them.

    Raises
    ------
    TooManyPixelsError
    """
    start = data.find(_JPX_SIZE)
    while start >= 0:
        right, bottom, left, top = (
            int.from_bytes(data[at : at + 4]) for at in range(start + 8, start + 24, 4)
        )
        check_decodable(max(0, right - left), max(0, bottom - top))
        start = data.find(_JPX_SIZE, start + 4)
