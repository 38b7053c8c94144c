"""Small files in the many ways that each format stores a picture, to be mutated by fuzzers."""

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
from PIL import Image

from tests.support.image_files import drawing, heic, saved, scanned_pdf, vector_pdf

_PALE = 10  # grey levels: fewer than the digitizer needs to look at a picture at all


def pale() -> Image.Image:
    """Grain on paper, as large as the drawing: much to decode, and nothing to digitize."""
    grain = np.random.default_rng(0).integers(255 - _PALE, 256, (96, 160, 3), dtype=np.uint8)
    return Image.fromarray(grain)


def _several(kind: str, picture: Image.Image) -> bytes:
    return saved(picture, kind, save_all=True, append_images=[picture.rotate(180)] * 2)


def _with_mode(kind: str, mode: str, picture: Image.Image, **options: object) -> bytes:
    return saved(picture.convert(mode), kind, **options)


_ENCODINGS: Final[dict[str, Callable[[Image.Image], bytes]]] = {
    "png": lambda picture: saved(picture, "PNG"),
    "png-alpha": lambda picture: _with_mode("PNG", "RGBA", picture),
    "png-palette": lambda picture: saved(picture.quantize(16), "PNG"),
    "png-bits": lambda picture: _with_mode("PNG", "1", picture),
    "png-deep": lambda picture: _with_mode("PNG", "I;16", picture.convert("L")),
    "jpeg": lambda picture: saved(picture, "JPEG", quality=95),
    "jpeg-progressive": lambda picture: saved(picture, "JPEG", progressive=True),
    "jpeg-restarts": lambda picture: saved(picture, "JPEG", restart_marker_rows=1),
    "jpeg-cmyk": lambda picture: _with_mode("JPEG", "CMYK", picture),
    "jpeg-grey": lambda picture: _with_mode("JPEG", "L", picture),
    "tiff": lambda picture: saved(picture, "TIFF"),
    "tiff-lzw": lambda picture: saved(picture, "TIFF", compression="tiff_lzw"),
    "tiff-deflate": lambda picture: saved(picture, "TIFF", compression="tiff_adobe_deflate"),
    "tiff-jpeg": lambda picture: saved(picture, "TIFF", compression="jpeg"),
    "tiff-packbits": lambda picture: saved(picture, "TIFF", compression="packbits"),
    "tiff-fax": lambda picture: _with_mode("TIFF", "1", picture, compression="group4"),
    "tiff-float": lambda picture: _with_mode("TIFF", "F", picture.convert("L")),
    "tiff-lab": lambda picture: _with_mode("TIFF", "LAB", picture),
    "tiff-pages": lambda picture: _several("TIFF", picture),
    "bmp": lambda picture: saved(picture, "BMP"),
    "bmp-palette": lambda picture: saved(picture.quantize(16), "BMP"),
    "webp": lambda picture: saved(picture, "WEBP", quality=95),
    "webp-lossless": lambda picture: saved(picture, "WEBP", lossless=True),
    "webp-alpha": lambda picture: _with_mode("WEBP", "RGBA", picture),
    "webp-frames": lambda picture: _several("WEBP", picture),
    "heic": heic,
    "heic-alpha": lambda picture: heic(picture.convert("RGBA")),
    "pdf-scan": scanned_pdf,
    "pdf-fax": lambda picture: scanned_pdf(picture.convert("1")),
    "pdf-pages": lambda picture: scanned_pdf(picture, pages=3),
}

SMALL_FILES: Final[dict[str, Callable[[], bytes]]] = {
    **{f"{name}-drawing": partial(make, drawing()) for name, make in _ENCODINGS.items()},
    "pdf-vector": vector_pdf,
}
"""What the digitizer looks at, too, if it can be decoded."""

PALE_FILES: Final[dict[str, Callable[[], bytes]]] = {
    **{f"{name}-pale": partial(make, pale()) for name, make in _ENCODINGS.items()},
    "pdf-vector-pale": partial(vector_pdf, b"0.97 g 42 427 168 128 re f"),
}
"""What the digitizer refuses at once if it can be decoded."""
