"""One page of a PDF, vector or scanned, drawn by PDFium."""

from math import sqrt
from threading import Lock
from typing import Any, Final

from PIL import Image

from heartsense.errors import EncryptedPDFError
from heartsense.images.limits import MAX_SIDE, check_decodable, check_pages, check_size

_LONG_SIDE: Final = 2200  # pixels of a drawn vector page: 7.4 px/mm on A4 across
_SCAN_COVERS: Final = 0.9  # of the page, for a page that is nothing but one scan
_PASSWORD_ERRORS: Final = {4, 5}  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_ROUNDING: Final = 1 - 1e-6  # the size is rounded up: keeps 960.0001 from becoming 961
_PDFIUM: Final = Lock()  # PDFium may not be entered by two threads at once


def read(data: bytes, page: int) -> tuple[Image.Image, int]:
    """Draw one page on white; returns it and how many pages there are."""
    with _PDFIUM:
        document = _open(data)
        try:
            check_pages(page, len(document))
            return _draw(document[page - 1]), len(document)
        finally:
            document.close()


def _open(data: bytes) -> Any:
    import pypdfium2  # only PDFs need it: 40 ms of start

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in _PASSWORD_ERRORS:
            raise EncryptedPDFError(
                "The PDF is protected by a password. Save it without one and try again."
            ) from error
        raise


def _draw(page: Any) -> Image.Image:
    width, height = page.get_size()
    scale = _scan_scale(page) or _LONG_SIDE / max(width, height)
    scale = min(scale, MAX_SIDE / max(width, height)) * _ROUNDING
    check_size(round(width * scale), round(height * scale))
    bitmap = page.render(scale=scale, rev_byteorder=True, fill_color=(255, 255, 255, 255))
    return Image.fromarray(bitmap.to_numpy()[..., :3].copy())


def _scan_scale(page: Any) -> float | None:
    """Pixels a point of the scan, if the page is one scan; refuses images too large to decode.

    A text layer laid over the scan by character recognition does not make it another page.
    """
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_TEXT

    objects = [item for item in page.get_objects() if item.type != FPDF_PAGEOBJ_TEXT]
    images = [item for item in objects if item.type == FPDF_PAGEOBJ_IMAGE]
    sizes = [image.get_px_size() for image in images]
    for across, down in sizes:
        check_decodable(across, down)
    if len(images) != 1 or len(objects) != 1:
        return None
    left, bottom, right, top = images[0].get_bounds()
    area = (right - left) * (top - bottom)
    if area < _SCAN_COVERS * page.get_width() * page.get_height():
        return None
    return sqrt(sizes[0][0] * sizes[0][1] / area)
