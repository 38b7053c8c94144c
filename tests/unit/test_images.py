"""Every supported file becomes one upright, opaque page; others raise their own error."""

import subprocess
import sys
import zlib
from io import BytesIO

import numpy as np
import pypdf
import pytest
from PIL import Image

from heartsense.errors import (
    EmptyFileError,
    EncryptedPDFError,
    FileTooLargeError,
    ImageTooSmallError,
    NotAnImageError,
    PageNotFoundError,
    TooManyPagesError,
    TooManyPixelsError,
    TruncatedImageError,
)
from heartsense.images import MAX_BYTES, MAX_PAGES, MAX_SIDE, open_page
from tests.support.image_files import (
    ENCODED,
    HEIGHT,
    WIDTH,
    drawing,
    encrypted_pdf,
    heic,
    is_drawing,
    saved,
    scanned_pdf,
    vector_pdf,
    written,
)


@pytest.mark.parametrize("kind", ENCODED)
def test_every_format_is_detected_from_its_content(kind: str) -> None:
    page = open_page(ENCODED[kind]())
    assert (page.format, page.page, page.pages) == (kind, 1, 1)
    assert page.pixels.dtype == np.uint8
    assert page.pixels.shape == (HEIGHT, WIDTH, 3)
    assert is_drawing(page.pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(kind: str, orientation: int) -> None:
    stored_as = {  # as stored by a camera in that orientation: the inverse of the transform
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = drawing() if stored_as is None else drawing().transpose(stored_as)
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert is_drawing(open_page(saved(stored, kind, exif=exif)).pixels)


def test_heic_orientation_is_applied_once() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = drawing().transpose(Image.Transpose.ROTATE_90)
    assert is_drawing(open_page(heic(stored, exif=exif.tobytes())).pixels)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_transparency_becomes_white_paper(kind: str) -> None:
    layer = drawing().convert("RGBA")
    values = np.array(layer)
    values[(values[..., :3] == 255).all(axis=2)] = 0  # the paper is transparent black
    data = saved(Image.fromarray(values), kind, **({"lossless": True} if kind == "WEBP" else {}))
    assert is_drawing(open_page(data).pixels)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK"])
def test_modes_become_rgb(mode: str) -> None:
    pixels = open_page(saved(drawing().convert(mode), "TIFF" if mode == "CMYK" else "PNG")).pixels
    assert pixels[60, 5].tolist() == [255, 255, 255]
    assert pixels[HEIGHT - 1, 0].max() < 60


def test_palette_with_a_transparent_entry() -> None:
    picture = drawing().quantize(4)
    white = picture.getpixel((5, 60))
    data = saved(picture, "PNG", transparency=white)
    assert is_drawing(open_page(data).pixels)


@pytest.mark.parametrize("bits", [12, 16])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_deep_grey_keeps_its_grey_levels(kind: str, bits: int) -> None:
    ramp = np.linspace(0, 2**bits - 1, WIDTH).astype(np.uint16)
    picture = Image.fromarray(np.tile(ramp, (HEIGHT, 1)))
    tones = open_page(saved(picture, kind)).pixels[0, :, 0].astype(int)
    assert np.abs(tones - np.linspace(0, 255, WIDTH)).max() <= 1


def test_adobe_cmyk_jpeg_is_not_inverted() -> None:
    pixels = open_page(saved(drawing().convert("CMYK"), "JPEG", quality=95)).pixels
    assert pixels[60, 5].min() > 240


def test_pages_of_a_tiff() -> None:
    second = Image.new("RGB", (WIDTH, HEIGHT), "blue")
    data = saved(drawing(), "TIFF", save_all=True, append_images=[second])
    assert open_page(data).pages == 2
    assert is_drawing(open_page(data).pixels)
    assert open_page(data, page=2).pixels[0, 0].tolist() == [0, 0, 255]
    for page in (-1, 0, 3):
        with pytest.raises(PageNotFoundError, match="2 pages"):
            open_page(data, page=page)


def test_vector_pdf_is_rendered_with_2200_pixels() -> None:
    page = open_page(vector_pdf())
    assert max(page.pixels.shape) == 2200
    assert page.pixels[200, 300].tolist() == [255, 0, 0]
    assert page.pixels[1400, 2000].tolist() == [255, 255, 255]


def test_scanned_pdf_keeps_its_resolution() -> None:
    scan = drawing().resize((1600, 960))
    data = saved(scan, "PDF", resolution=200.0)
    assert open_page(data).pixels.shape == (960, 1600, 3)


def test_rotated_pdf_page_is_shown_as_a_viewer_shows_it() -> None:
    writer = pypdf.PdfWriter(clone_from=BytesIO(scanned_pdf(drawing())))
    writer.pages[0].rotate(90)
    pixels = open_page(written(writer)).pixels
    assert pixels.shape == (WIDTH, HEIGHT, 3)
    assert is_drawing(np.rot90(pixels))


def test_pages_of_a_pdf() -> None:
    data = scanned_pdf(drawing(), pages=3)
    assert open_page(data, page=3).pages == 3
    with pytest.raises(PageNotFoundError):
        open_page(data, page=4)


def test_large_pictures_are_reduced() -> None:
    scan = drawing().resize((6400, 3840))
    for kind in ("PNG", "JPEG"):
        pixels = open_page(saved(scan, kind)).pixels
        assert pixels.shape == (MAX_SIDE * 3 // 5, MAX_SIDE, 3)
        assert is_drawing(pixels)


def test_metadata_is_dropped() -> None:
    page = open_page(ENCODED["jpeg"]())
    assert set(page.__slots__) == {"pixels", "format", "page", "pages"}
    assert type(page.pixels) is np.ndarray


# Errors


def test_empty() -> None:
    with pytest.raises(EmptyFileError):
        open_page(b"")


@pytest.mark.parametrize(
    "data",
    [
        b"Dear doctor, my heart beats fast.",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"PK\x03\x04" + bytes(100),
        b"BM and nothing of a bitmap",
        saved(drawing(), "GIF"),
    ],
    ids=["text", "svg", "zip", "BM", "gif"],
)
def test_not_an_image(data: bytes) -> None:
    with pytest.raises(NotAnImageError, match="PNG, JPEG"):
        open_page(data)


def test_too_many_bytes() -> None:
    with pytest.raises(FileTooLargeError, match="20 MB"):
        open_page(ENCODED["png"]() + bytes(MAX_BYTES))


@pytest.mark.parametrize("kind", [kind for kind in ENCODED if kind != "pdf"])
def test_a_truncated_picture_is_never_decoded_in_part(kind: str) -> None:
    """A truncated file is an error, unless only an end marker is missing."""
    data = ENCODED[kind]()
    whole = open_page(data).pixels
    for end in np.linspace(20, len(data) - 1, 60).astype(int):
        try:
            pixels = open_page(data[:end]).pixels
        except TruncatedImageError:
            continue
        assert end > 0.8 * len(data)
        assert np.array_equal(pixels, whole)


def test_truncated_progressive_jpeg() -> None:
    data = saved(drawing(), "JPEG", progressive=True)
    with pytest.raises(TruncatedImageError):
        open_page(data[: len(data) * 2 // 3])


@pytest.mark.parametrize("size", [(47, 300), (300, 47), (1, 1)])
def test_too_small(size: tuple[int, int]) -> None:
    with pytest.raises(ImageTooSmallError):
        open_page(saved(Image.new("RGB", size), "PNG"))


def test_encrypted_pdf() -> None:
    with pytest.raises(EncryptedPDFError):
        open_page(encrypted_pdf())


def test_too_many_pages() -> None:
    writer = pypdf.PdfWriter()
    for _ in range(MAX_PAGES + 1):
        writer.add_blank_page(842, 595)
    with pytest.raises(TooManyPagesError):
        open_page(written(writer))
    picture = drawing()
    many = saved(picture, "TIFF", save_all=True, append_images=[picture] * MAX_PAGES)
    with pytest.raises(TooManyPagesError):
        open_page(many)


def huge_png(width: int, height: int) -> bytes:
    """A valid black 1-bit PNG, compressed in blocks of rows."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)

    compressor = zlib.compressobj(9)
    rows = bytes((width + 7) // 8 + 1) * 100
    body = b"".join(compressor.compress(rows) for _ in range(height // 100)) + compressor.flush()
    header = width.to_bytes(4) + height.to_bytes(4) + bytes([1, 0, 0, 0, 0])
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


OPENED = """
import pathlib, sys, time
from heartsense.errors import HeartSenseError
from heartsense.images import open_page
data = sys.stdin.buffer.read()
start = time.perf_counter()
try:
    open_page(data)
    code = "read"
except HeartSenseError as error:
    code = error.code
took = time.perf_counter() - start
status = pathlib.Path("/proc/self/status").read_text()
peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
print(code, took, int(peak.split()[1]) / 1024)
"""
"""Runs in its own process, so that its peak memory can be measured (ru_maxrss is inherited)."""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_huge_png_is_rejected_quickly_without_decoding() -> None:
    picture = huge_png(30_000, 30_000)
    done = subprocess.run([sys.executable, "-c", OPENED], input=picture, capture_output=True)
    assert done.stderr == b""
    code, seconds, megabytes = done.stdout.decode().split()
    assert code == TooManyPixelsError.code
    assert float(seconds) < 2
    assert float(megabytes) < 500


def test_huge_scan_in_a_pdf_is_rejected() -> None:
    writer = pypdf.PdfWriter(clone_from=BytesIO(scanned_pdf(drawing())))
    image = writer.pages[0]["/Resources"]["/XObject"]["/image"]  # type: ignore[index]
    for name in ("/Width", "/Height"):
        image[pypdf.generic.NameObject(name)] = pypdf.generic.NumberObject(30_000)
    with pytest.raises(TooManyPixelsError):
        open_page(written(writer))
