"""What the decoder and the process that started it say to each other, over two pipes.

To the decoder: a request, the file's bytes. Back: ``READY`` once; then for each request a reply,
followed by the pixels of a page or the text of a refusal. Everything has a fixed layout, and the
receiver checks it: after a hostile file the decoder may send anything.
"""

import struct
from typing import Final

READY: Final = b"\x06"

REQUEST: Final = struct.Struct("<iI")
"""Number of the page, length of the file in bytes."""

REPLY: Final = struct.Struct("<BHII")
"""``PAGE``, pages of the document, width, height; or ``REFUSAL``, 0, length of the text, 0."""

PAGE: Final = 1
REFUSAL: Final = 2

MAX_TEXT: Final = 2000
"""Bytes of a refusal: its code, a line feed, its message."""
