"""Detect the format of a file from its first bytes, never from its name."""

from typing import Final

SUPPORTED: Final = "PNG, JPEG, TIFF, BMP, WebP, HEIC and PDF"

_PDF_HEADER_WITHIN = 1024  # ISO 32000-1, annex H.3: readers accept the header this late
_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_HEIF_BRANDS = frozenset({b"mif1", b"msf1"})


def detect_format(data: bytes) -> str | None:
    """Detect the format by its magic number.

    Returns
    -------
    str or None
        ``png``, ``jpeg``, ``tiff``, ``bmp``, ``webp``, ``heic`` or ``pdf``; None for anything else.
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith((b"II*\x00", b"MM\x00*")):
        return "tiff"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in _BMP_HEADER_SIZES:
        return "bmp"
    if _is_heic(data):
        return "heic"
    if b"%PDF-" in data[:_PDF_HEADER_WITHIN]:
        return "pdf"
    return None


def _is_heic(data: bytes) -> bool:
    """Whether the file type box (ISO 14496-12) names HEVC images, and not AVIF or video."""
    if data[4:8] != b"ftyp":
        return False
    box = data[8 : min(int.from_bytes(data[:4], "big"), 512)]
    major, compatible = box[:4], {box[i : i + 4] for i in range(8, len(box) - 3, 4)}
    return major in _HEIC_BRANDS or (major in _HEIF_BRANDS and bool(compatible & _HEIC_BRANDS))
