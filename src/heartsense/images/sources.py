"""A page from any source of an image: a path, bytes, a file object, an image, an array."""

import os
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.files import read_file
from heartsense.images.limits import MAX_BYTES, check_pages
from heartsense.images.page import Page, open_page, page_from_image


@runtime_checkable
class Readable(Protocol):
    """A file object, open in binary mode."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes from its current position."""


Source: TypeAlias = (
    str
    | os.PathLike[str]
    | bytes
    | bytearray
    | memoryview
    | Readable
    | Image.Image
    | NDArray[np.uint8]
)
"""What a page can be read from; see ``open_source``."""


def open_source(source: Source, *, page: int = 1) -> Page:
    """A page from any source of an image.

    Parameters
    ----------
    source : str, path, bytes, file object, PIL image or uint8 array
        A path or the content of a PNG, JPEG, TIFF, BMP, WebP, HEIC or PDF file, or pixels of
        shape (height, width) for grey, (height, width, 3) for RGB or (height, width, 4) for RGBA.
        A file object is open in binary mode and read from its current position.
    page : int
        Page of a PDF or TIFF file, from 1. An image (its current frame) or array is one page.

    Raises
    ------
    FileMissingError, FileUnreadableError
        If a path cannot be read.
    ImageError
        If the content cannot become a page; see ``open_page``.
    TypeError
        If `source` is none of the above.
    ValueError
        If an array is not of type uint8 or has another shape.
    """
    if isinstance(source, str | os.PathLike):
        return open_page(read_file(source, MAX_BYTES + 1), page=page)
    if isinstance(source, bytes | bytearray | memoryview):
        return open_page(bytes(source), page=page)
    if isinstance(source, Image.Image | np.ndarray):
        check_pages(page, 1)
        image = source if isinstance(source, Image.Image) else _image(source)
        return page_from_image(image)
    if isinstance(source, Readable):
        return open_page(_content(source), page=page)
    raise TypeError(
        "An ECG is read from a path, bytes, a file object, a PIL image or a NumPy array, "
        f"not from {type(source).__name__}"
    )


def _image(pixels: NDArray[np.uint8]) -> Image.Image:
    shape = pixels.shape
    if pixels.dtype != np.uint8 or not (
        len(shape) == 2 or (len(shape) == 3 and shape[2] in (3, 4))
    ):
        raise ValueError(
            "Pixels are uint8 of shape (height, width), (height, width, 3) or (height, width, 4), "
            f"not {pixels.dtype} of shape {shape}"
        )
    if not pixels.size:
        raise ValueError(f"There are no pixels in an array of shape {shape}")
    return Image.fromarray(pixels)


def _content(file: Readable) -> bytes:
    content = file.read(MAX_BYTES + 1)
    if not isinstance(content, bytes):
        raise TypeError("The file object is not open in binary mode: open it with mode 'rb'")
    return content
