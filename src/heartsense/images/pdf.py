"""Render one page of a PDF, vector or scanned, with PDFium."""

from math import sqrt
from threading import Lock
from typing import Any, Final, cast

from PIL import Image

from heartsense.errors import EncryptedPDFError
from heartsense.images.complexity import check_jpx_sizes
from heartsense.images.limits import MAX_SIDE, check_decodable, check_pages, check_size
from heartsense.images.pdf_content import check_pdf_content

_RENDERED_SIDE: Final = 2200  # pixels of a vector page: 7.4 px/mm on A4 landscape
_MIN_SCAN_AREA: Final = 0.9  # share of the page that its only image covers if it is a scan
_PASSWORD_ERRORS: Final = {4, 5}  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_ROUNDING: Final = 1 - 1e-6  # PDFium rounds up: keeps 960.0001 from becoming 961
_PDFIUM_LOCK: Final = Lock()  # PDFium is not thread-safe


def decode_page(data: bytes, page: int) -> tuple[Image.Image, int]:
    """Render one page on white.

    Returns
    -------
    image : PIL.Image.Image
        RGB.
    pages : int
        Pages of the document.
    """
    check_jpx_sizes(data)
    check_pdf_content(data)
    with _PDFIUM_LOCK:
        document = _open(data)
        try:
            check_pages(page, len(document))
            return _render(document[page - 1]), len(document)
        finally:
            document.close()


def _open(data: bytes) -> Any:
    import pypdfium2  # imported only for PDF: takes 40 ms

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in _PASSWORD_ERRORS:
            raise EncryptedPDFError(
                "The PDF is protected by a password. Save it without a password and try again."
            ) from error
        raise


def _render(page: Any) -> Image.Image:
    width, height = page.get_size()
    scale = _scan_scale(page) or _RENDERED_SIDE / max(width, height)
    scale = min(scale, MAX_SIDE / max(width, height)) * _ROUNDING
    check_size(round(width * scale), round(height * scale))
    bitmap = page.render(scale=scale, rev_byteorder=True, fill_color=(255, 255, 255, 255))
    return cast(Image.Image, bitmap.to_pil())


def _scan_scale(page: Any) -> float | None:
    """Resolution of the scan in pixels per point; None if the page is not one scanned image.

    A text layer from character recognition may lie over the scan.

    Raises
    ------
    TooManyPixelsError
        An image on the page is too large to decode.
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
    if area < _MIN_SCAN_AREA * page.get_width() * page.get_height():
        return None
    return sqrt(sizes[0][0] * sizes[0][1] / area)
