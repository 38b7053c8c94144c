"""Small files that ask for enormous work, one a name; made here, so that tests need no files."""

import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from PIL import Image

from tests.support.image_files import drawing, heic, saved

Bomb = Callable[[], bytes]


def pdf(*objects: bytes) -> bytes:
    """A PDF of numbered objects, the first of them its catalogue."""
    body = b"".join(b"%d 0 obj\n%b\nendobj\n" % numbered for numbered in enumerate(objects, 1))
    return (
        b"%PDF-1.7\n" + body + b"trailer << /Root 1 0 R /Size %d >>\n%%%%EOF\n" % (len(objects) + 1)
    )


def stream(content: bytes, entries: bytes = b"", deflated: int = 0) -> bytes:
    """A stream object, compressed so many times over."""
    for _ in range(deflated):
        content = zlib.compress(content, 9)
    if deflated:
        entries += b" /Filter [" + b"/FlateDecode " * deflated + b"]"
    return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (entries, len(content), content)


def page_of(content: bytes, resources: bytes, *others: bytes, box: bytes = b"0 0 842 595") -> bytes:
    """A PDF of one page; `content` is a stream object, `others` are numbered from 5."""
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [%b] /Contents 4 0 R /Resources << %b >> >>"
        % (box, resources),
        content,
        *others,
    )


def nested_forms(levels: int, times: int, entries: bytes = b"", deflated: int = 0) -> bytes:
    """Forms that each use the next one so many times."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 842 595] " + entries
    inner = [
        stream(b"/F Do\n" * times, form + b" /Resources << /XObject << /F %d 0 R >> >>" % next_one)
        for next_one in range(6, 5 + levels)
    ]
    last = stream(b"0 0 842 595 re f\n", form, deflated)
    return page_of(stream(b"/F Do\n" * times), b"/XObject << /F 5 0 R >>", *inner, last)


def long_content(operator: bytes, times: int, deflated: int = 1, resources: bytes = b"") -> bytes:
    """A page that repeats one operator."""
    return page_of(stream(operator * times, deflated=deflated), resources)


def shading(function: bytes, extra: bytes = b"") -> bytes:
    """A page shaded by a PostScript function that is called for every pixel."""
    calculator = stream(function, b"/FunctionType 4 /Domain [0 1 0 1] /Range [0 1 0 1 0 1]")
    return page_of(
        stream(b"842 0 0 595 0 0 cm /S sh\n" * 20),
        b"/Shading << /S << /ShadingType 1 /ColorSpace /DeviceRGB /Function 5 0 R %b >> >>" % extra,
        calculator,
    )


def doubly_compressed(times: int) -> bytes:
    """A page of nothing but zeros."""
    return page_of(stream(bytes(300_000_000), deflated=times), b"")


def many_pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 3 + count))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 595] >>"
    tree = b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, count)
    return pdf(b"<< /Type /Catalog /Pages 2 0 R >>", tree, *[page] * count)


def tiling(cell: bytes) -> bytes:
    """A page filled with a pattern that is filled with itself."""
    pattern = stream(
        b"/Pattern cs /P scn 0 0 842 595 re f",
        b"/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 %b %b] /XStep %b /YStep %b "
        b"/Resources << /Pattern << /P 5 0 R >> >>" % (cell, cell, cell, cell),
    )
    content = stream(b"/Pattern cs /P scn 0 0 842 595 re f\n" * 50)
    return page_of(content, b"/Pattern << /P 5 0 R >>", pattern)


def glyphs(times: int) -> bytes:
    """A font whose glyph is text in the same font."""
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [1 0 0 1 0 0] "
        b"/CharProcs << /a 6 0 R >> /Encoding << /Differences [97 /a] >> /FirstChar 97 "
        b"/LastChar 97 /Widths [9] /Resources << /Font << /T 5 0 R >> >> >>"
    )
    glyph = stream(b"9 0 d0 BT /T 9 Tf (" + b"a" * times + b") Tj ET")
    content = stream(b"BT /T 9 Tf 9 9 Td (" + b"a" * times + b") Tj ET")
    return page_of(content, b"/Font << /T 5 0 R >>", font, glyph)


def picture(width: int, height: int, filters: bytes, data: bytes, bits: int = 8) -> bytes:
    """A page that is one image of a declared size."""
    entries = (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent %d "
        b"/ColorSpace /DeviceRGB /Filter [%b]" % (width, height, bits, filters)
    )
    content = stream(b"842 0 0 595 0 0 cm /I Do")
    return page_of(content, b"/XObject << /I 5 0 R >>", stream(data, entries))


def jpx(width: int, height: int) -> bytes:
    """The head of a JPEG 2000 codestream of a size."""
    size = struct.pack(">HHIIIIIIIIH", 47, 0, width, height, 0, 0, width, height, 0, 0, 3)
    return b"\xff\x4f\xff\x51" + size + b"\x07\x01\x01" * 3 + b"\xff\xd9"


def jpeg_scans(side: int, scans: int) -> bytes:
    """A progressive JPEG with its last scan repeated."""
    small = saved(Image.new("L", (side, side), "white"), "JPEG", progressive=True)
    last = small.rindex(b"\xff\xda")
    return small[:last] + small[last:-2] * scans + small[-2:]


def jpeg_size(width: int, height: int) -> bytes:
    """A JPEG with another size in its header."""
    small = bytearray(saved(drawing(), "JPEG"))
    at = small.index(b"\xff\xc0") + 5
    small[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(small)


def png(width: int, height: int, *chunks: tuple[bytes, bytes], data: int = 0) -> bytes:
    """A PNG of a size, with chunks before its data, which is zeros."""
    head = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = (b"IDAT", zlib.compress(bytes(data), 9))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in (head, *chunks, body, (b"IEND", b""))
    )


def text_chunk(name: bytes, head: bytes) -> bytes:
    """A small PNG with a chunk that is large when it is decompressed."""
    return png(100, 100, (name, head + zlib.compress(bytes(300_000_000), 9)), data=31_000)


def tiff(*tags: tuple[int, int, int], following: int = 0, size: int = 0) -> bytes:
    """A TIFF of one directory of (tag, type, value)."""
    entries = b"".join(
        struct.pack("<HHI", tag, kind, 1) + struct.pack("<I", value) for tag, kind, value in tags
    )
    head = b"II*\x00" + struct.pack("<IH", 8, len(tags))
    return head + entries + struct.pack("<I", following) + bytes(size)


def image_tags(width: int, height: int, *more: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    """The tags of an uncompressed grey TIFF."""
    basic = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (277, 3, 1)]
    given = {tag for tag, _, _ in more}
    return sorted([*(tag for tag in basic if tag[0] not in given), *more])


def bmp(width: int, height: int, compression: int = 0, data: bytes = b"") -> bytes:
    head = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, 8, compression, len(data), 0, 0, 256, 0
    )
    return b"BM" + struct.pack("<IHHI", 1078 + len(data), 0, 0, 1078) + head + bytes(1024) + data


def webp(width: int, height: int) -> bytes:
    body = b"VP8X" + struct.pack("<IB3x", 10, 0)
    body += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def heic_size(width: int, height: int) -> bytes:
    """A HEIC with another size in its properties (ispe)."""
    small = bytearray(heic(drawing()))
    at = small.find(b"ispe")
    while at >= 0:
        small[at + 8 : at + 16] = struct.pack(">II", width, height)
        at = small.find(b"ispe", at + 4)
    return bytes(small)


_GROUP = b"/Group << /S /Transparency /I true /K true >>"
_FILL = b"0 0 842 595 re f\n"
_SWIRL = b"{ " + b"2 copy mul sin 3 1 roll exch " * 1100 + b"0 0 0 }"


def _documents() -> Iterator[tuple[str, Bomb]]:
    for levels, times in ((14, 10), (6, 10), (30, 2), (5, 12), (3, 60), (9, 6)):
        yield f"pdf-forms-{levels}x{times}", partial(lambda a, b: nested_forms(a, b), levels, times)
    for levels, times in ((4, 8), (8, 4), (12, 3)):
        yield (
            f"pdf-groups-{levels}x{times}",
            partial(lambda a, b: nested_forms(a, b, _GROUP), levels, times),
        )
    for deflated in (2, 3):
        yield f"pdf-deflated-{deflated}-times", partial(lambda a: doubly_compressed(a), deflated)
    yield "pdf-deflated-form", lambda: nested_forms(1, 1, deflated=2)
    yield "pdf-postscript-shading", lambda: shading(_SWIRL)
    yield "pdf-postscript-matrix", lambda: shading(_SWIRL, b"/Matrix [1e-9 0 0 1e-9 0 0]")
    curve = b"".join(b"%d %d %d 0 0 %d c " % (n, n, 842 - n, n) for n in range(0, 590, 3))
    for name, operator, times in (
        ("fills", _FILL, 24_000),
        ("strokes", b"900 w 0 0 m 842 595 l S\n", 16_000),
        ("clips", b"q 0 0 842 595 re W n\n", 20_000),
        ("dashes", b"[0.001 0.001] 0 d 0 0 m 842 595 l S\n", 1_000),
        ("curves", b"0 0 m " + curve + b"S\n", 300),
        ("saves", b"q\n", 5_000_000),
        ("numbers", b"1 ", 20_000_000),
        ("arrays", b"[", 1_000_000),
    ):
        yield f"pdf-long-{name}", partial(lambda a, b: long_content(a, b), operator, times)
    for name, box in (("huge", b"0 0 1e9 1e9"), ("thin", b"0 0 1e9 1"), ("flat", b"0 0 0 0")):
        yield f"pdf-{name}-box", partial(lambda a: page_of(stream(_FILL), b"", box=a), box)
    yield "pdf-many-pages", lambda: many_pages(100_000)
    for cell in (b"1", b"0.001", b"800"):
        yield f"pdf-pattern-{cell.decode()}", partial(lambda a: tiling(a), cell)
    for times in (10, 2_000):
        yield f"pdf-glyphs-{times}", partial(lambda a: glyphs(a), times)
    for side in (9_000, 60_000):
        yield (
            f"pdf-jpx-{side}",
            partial(lambda a: picture(200, 200, b"/JPXDecode", jpx(a, a)), side),
        )
        yield (
            f"pdf-image-{side}",
            partial(lambda a: picture(a, a, b"/FlateDecode", zlib.compress(bytes(10**7))), side),
        )
    yield "pdf-jbig2", lambda: picture(7000, 7000, b"/JBIG2Decode", bytes(4000), bits=1)
    yield "pdf-ccitt", lambda: picture(7000, 7000, b"/CCITTFaxDecode", bytes(4000), bits=1)
    yield "pdf-lzw", lambda: picture(7000, 7000, b"/LZWDecode", bytes(4000))


def _pictures() -> Iterator[tuple[str, Bomb]]:
    for side, scans in ((7056, 400), (2000, 2_000), (500, 101)):
        yield f"jpeg-{scans}-scans", partial(lambda a, b: jpeg_scans(a, b), side, scans)
    for width, height in ((65_500, 65_500), (65_500, 700), (7_000, 7_000), (0, 60)):
        yield f"jpeg-{width}x{height}", partial(lambda a, b: jpeg_size(a, b), width, height)
    for side in (7_000, 30_000, 2**31 - 1):
        yield f"png-{side}", partial(lambda a: png(a, a, data=10**6), side)
    yield "png-too-much-data", lambda: png(100, 100, data=300_000_000)
    for name, head in ((b"zTXt", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0"), (b"iCCP", b"a\0\0")):
        yield f"png-{name.decode()}", partial(lambda a, b: text_chunk(a, b), name, head)
    yield "png-many-texts", lambda: png(100, 100, *[(b"tEXt", b"a\0b")] * 300_000, data=31_000)
    for side in (7_000, 2**31):
        yield (
            f"tiff-{side}",
            partial(lambda a: tiff(*image_tags(a, a, (273, 4, 8), (279, 4, 9))), side),
        )
    tiles = [(322, 4, 2**20), (323, 4, 2**20), (324, 4, 8), (325, 4, 9), (259, 3, 8)]
    yield "tiff-tiles", lambda: tiff(*image_tags(100, 100, *tiles), size=5_000)
    yield "tiff-loop", lambda: tiff(*image_tags(100, 100, (273, 4, 8)), following=8, size=20_000)
    yield "tiff-directories", lambda: b"II*\0" + struct.pack("<IH", 8, 65_535) * 600_000
    for side in (7_000, 60_000):
        yield f"bmp-{side}", partial(lambda a: bmp(a, a), side)
    yield "bmp-runs", lambda: bmp(7_000, 7_000, 1, b"\xff\x00" * 200_000)
    for side in (7_000, 16_383, 2**24):
        yield f"webp-{side}", partial(lambda a: webp(a, a), side)
    for side in (7_000, 30_000, 2**31):
        yield f"heic-{side}", partial(lambda a: heic_size(a, a), side)
    small = drawing().resize((64, 64))
    yield "gif-frames", lambda: saved(small, "GIF", save_all=True, append_images=[small] * 3_000)
    yield "svg", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'>" + b"<g>" * 100_000
    yield "zip-in-zip", lambda: b"PK\x03\x04" + zlib.compress(zlib.compress(bytes(10**8)))


BOMBS: Final[dict[str, Bomb]] = dict([*_documents(), *_pictures()])
