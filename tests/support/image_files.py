"""One small picture in every format HeartSense reads, made here, so that tests need no files."""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any, Final

import numpy as np
import pillow_heif
import pypdf
from PIL import Image, ImageDraw

from tests.support.paths import SAMPLES
from training.render import PageSpec, render_page
from training.simulate import NORMAL, simulate_beats

WIDTH, HEIGHT = 160, 96


@cache
def drawing() -> Image.Image:
    """White paper, a black line rising to the right, a red block in the upper left corner."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    draw.line([(0, HEIGHT - 1), (WIDTH - 1, 0)], fill="black", width=3)
    draw.rectangle([8, 8, 39, 31], fill="red")
    return picture


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as a file of Pillow's format ``kind``."""
    stream = BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def heic(picture: Image.Image, **options: Any) -> bytes:
    stream = BytesIO()
    pillow_heif.from_pillow(picture).save(stream, quality=90, **options)
    return stream.getvalue()


def scanned_pdf(picture: Image.Image, pages: int = 1) -> bytes:
    """A PDF whose every page is one scan at 72 dpi."""
    others = [picture] * (pages - 1)
    return saved(picture, "PDF", resolution=72.0, save_all=True, append_images=others)


def vector_pdf(content: bytes = b"3 w 0 0 m 842 595 l S 1 0 0 rg 42 427 168 128 re f") -> bytes:
    """An A4 page across: by default a black line rising to the right, a red block upper left."""
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(842, 595)
    stream = pypdf.generic.DecodedStreamObject()
    stream.set_data(content)
    page[pypdf.generic.NameObject("/Contents")] = writer._add_object(stream)
    return written(writer)


def encrypted_pdf() -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(842, 595)
    writer.encrypt("secret", algorithm="AES-256")
    return written(writer)


def written(writer: pypdf.PdfWriter) -> bytes:
    stream = BytesIO()
    writer.write(stream)
    return stream.getvalue()


ENCODED: Final[dict[str, Callable[[], bytes]]] = {
    "png": lambda: saved(drawing(), "PNG"),
    "jpeg": lambda: saved(drawing(), "JPEG", quality=95),
    "tiff": lambda: saved(drawing(), "TIFF", compression="tiff_lzw"),
    "bmp": lambda: saved(drawing(), "BMP"),
    "webp": lambda: saved(drawing(), "WEBP", quality=95),
    "heic": lambda: heic(drawing()),
    "pdf": lambda: scanned_pdf(drawing()),
}


def is_drawing(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bool:
    """Whether the pixels show ``drawing`` upright, at any size."""
    small = np.asarray(Image.fromarray(pixels).resize((WIDTH, HEIGHT), Image.Resampling.BOX))
    return bool(np.abs(small.astype(int) - np.asarray(drawing())).mean() < 8)


def contradicting_page() -> Image.Image:
    """A page that is read as an ECG whose leads do not fit together: a sample, mirrored."""
    with Image.open(SAMPLES / "normal.png") as page:
        return page.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def uncertain_strip() -> Image.Image:
    """A slow, regular rhythm without P waves in one lead: the result says that it is uncertain."""
    times = np.arange(0.4, 9.8, 1.2)
    ecg = simulate_beats(times, [NORMAL[1:]] * len(times), noise=0.02)
    return Image.fromarray(render_page(ecg, PageSpec(layout="strip")).pixels)
