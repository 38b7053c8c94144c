"""Decode PNG, JPEG, TIFF, BMP and WebP with Pillow."""

from importlib import import_module
from io import BytesIO
from typing import Final

from PIL import Image, ImageFile

from heartsense.images.complexity import check_jpeg_scans
from heartsense.images.formats import detect_format
from heartsense.images.limits import (
    MAX_PAGES,
    MAX_SIDE,
    check_decodable,
    check_pages,
    check_size,
)

_PLUGINS: Final = {
    "png": "PngImagePlugin",
    "jpeg": "JpegImagePlugin",
    "tiff": "TiffImagePlugin",
    "bmp": "BmpImagePlugin",
    "webp": "WebPImagePlugin",
}
_ORIENTATION_TAG = 0x0112  # EXIF 2.3, 4.6.4 A
_TILE_WIDTH, _TILE_HEIGHT = 322, 323  # TIFF 6.0, section 15
_TRANSPOSE_BY_ORIENTATION: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode_page(data: bytes, page: int) -> tuple[Image.Image, int]:
    """Decode one page and apply its EXIF orientation.

    Returns
    -------
    image : PIL.Image.Image
        Any mode.
    pages : int
        Pages of the TIFF, else 1.
    """
    kind = detect_format(data)
    assert kind in _PLUGINS
    import_module(f"PIL.{_PLUGINS[kind]}")  # registers the format without loading all others
    with Image.open(BytesIO(data), formats=[kind.upper()]) as image:
        pages = _count_pages(image) if kind == "tiff" else 1
        check_pages(page, pages)
        if kind == "tiff":
            image.seek(page - 1)
            _check_tiles(image)
        check_size(*image.size)
        if kind == "jpeg":
            check_jpeg_scans(data)
            _decode_reduced(image)
        _decode_completely(image)
        return apply_orientation(image), pages


def _count_pages(image: Image.Image) -> int:
    """Count the pages, up to one more than ``MAX_PAGES``."""
    for index in range(1, MAX_PAGES + 1):
        try:
            image.seek(index)
        except EOFError:
            return index
    return MAX_PAGES + 1


def _check_tiles(image: Image.Image) -> None:
    """Check the tiles of a TIFF, which may be larger than the image."""
    tags = image.getexif()
    width, height = tags.get(_TILE_WIDTH, 0), tags.get(_TILE_HEIGHT, 0)
    if isinstance(width, int) and isinstance(height, int):
        check_decodable(width, height)


def _decode_reduced(image: Image.Image) -> None:
    """Have a JPEG that will be reduced anyway decoded at a half, quarter or eighth."""
    scale = MAX_SIDE / max(image.size)
    if scale < 1:
        image.draft(None, (round(image.width * scale), round(image.height * scale)))


def _decode_completely(image: Image.Image) -> None:
    """Decode all pixels; a truncated file is an error whatever Pillow's global setting."""
    tolerant, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        image.load()
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = tolerant


def apply_orientation(image: Image.Image) -> Image.Image:
    """Apply the EXIF orientation; unreadable EXIF data is ignored."""
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG)
    except Exception:  # hostile EXIF raises anything, and the pixels are fine without it
        orientation = None
    method = _TRANSPOSE_BY_ORIENTATION.get(orientation) if isinstance(orientation, int) else None
    return image if method is None else image.transpose(method)
