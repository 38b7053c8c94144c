"""How much work the content of a PDF is, estimated without drawing it.

A form XObject is content that may be used many times, also by other forms: 14 forms that each use
the next one ten times are 10^14 forms. PDFium expands every use. This reads just enough of the
file's objects (ISO 32000-1, 7.3, 7.5.7 and 8.10) to count them. What it cannot read it leaves to
the limits of the process.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from heartsense.errors import TooComplexError
from heartsense.images.limits import TOO_COMPLEX

MAX_FORM_USES: Final = 10_000
"""Forms that one form stands for; they take PDFium up to a second."""

MAX_CONTENT_BYTES: Final = 64_000_000
"""Decompressed content of a document. A page with twelve leads has 0.1 to 2 million."""

_MAX_OBJECTS = 50_000
_MAX_DEPTH = 40  # PDFium follows forms no deeper
_MAX_FILTERS = 8

_OBJECT = re.compile(rb"\b(\d{1,8})\s+\d{1,5}\s+obj\b")
_END = re.compile(rb"endobj|stream\r?\n")
_FILTER = re.compile(rb"/(\w+Decode|Fl|LZW|A85|AHx|RL|DCT|CCF)\b")
_INFLATES = frozenset({b"FlateDecode", b"Fl"})
_NAME = rb"/([^\s/<>\[\](){}%]+)"
_REFERENCE = rb"\s+(\d{1,8})\s+\d{1,5}\s+R\b"
_USE = re.compile(_NAME + rb"\s+Do\b")
_NAMED = re.compile(_NAME + _REFERENCE)
_RESOURCES = re.compile(rb"/Resources" + _REFERENCE)
_XOBJECTS = re.compile(rb"/XObject(?:" + _REFERENCE + rb"|\s*<<(.*?)>>)", re.DOTALL)
_FORM = re.compile(rb"/Subtype\s*/Form\b")
_PACKED = re.compile(rb"/Type\s*/ObjStm\b")
# What has one of these is an image, a font, a colour profile or an attachment.
_NO_CONTENT = re.compile(rb"/(?:Type|Subtype|Length1|N|FunctionType|ShadingType)\b")
_FIRST = re.compile(rb"/First\s+(\d{1,8})")


@dataclass(frozen=True, slots=True)
class _Object:
    """An indirect object: its dictionary, and its stream where it is content."""

    head: bytes
    content: bytes = b""


def check_pdf_content(data: bytes) -> None:
    """Estimate what the forms of a document stand for, and the size of its content.

    Raises
    ------
    TooComplexError
        It has more than ``MAX_CONTENT_BYTES`` of content, or a form stands for more than
        ``MAX_FORM_USES`` forms.
    """
    objects = _Reader().objects(data)
    uses = {
        number: _uses(found, objects)
        for number, found in objects.items()
        if _FORM.search(found.head)
    }
    expanded: dict[int, int] = {}
    for number in uses:
        if _expand(number, uses, expanded, depth=0) > MAX_FORM_USES:
            raise TooComplexError(TOO_COMPLEX)


class _Reader:
    """Reads objects, within one budget of decompressed bytes."""

    def __init__(self) -> None:
        self._budget = MAX_CONTENT_BYTES

    def objects(self, data: bytes) -> dict[int, _Object]:
        """Objects by number; of several with one number the last, as updates are appended."""
        found: dict[int, _Object] = {}
        for number, head, stream in _split(data):
            if len(found) >= _MAX_OBJECTS:
                break
            if _PACKED.search(head):
                found.update(_unpacked(head, self._decompressed(head, stream)))
            elif _FORM.search(head) or not _NO_CONTENT.search(head):
                found[number] = _Object(head, self._decompressed(head, stream))
            else:
                found[number] = _Object(head)
        return found

    def _decompressed(self, head: bytes, stream: bytes) -> bytes:
        """The content of a stream; empty if it is none of ours, or damaged."""
        filters = _FILTER.findall(head)
        if len(filters) > _MAX_FILTERS or not _INFLATES.issuperset(filters):
            return b""
        for _ in filters:
            try:
                stream = zlib.decompressobj().decompress(stream, self._budget + 1)
            except zlib.error:
                return b""
            self._budget -= len(stream)
            if self._budget < 0:
                raise TooComplexError(TOO_COMPLEX)
        return stream


def _split(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, dictionary and raw stream of each object, in the order of the file."""
    start = _OBJECT.search(data)
    while start:
        end = _END.search(data, start.end())
        if end is None:
            return
        head, stream, after = data[start.end() : end.start()], b"", end.end()
        if end[0] != b"endobj":
            after = data.find(b"endstream", end.end())
            after = len(data) if after < 0 else after
            stream = data[end.end() : after]
        yield int(start[1]), head, stream
        start = _OBJECT.search(data, after)


def _unpacked(head: bytes, content: bytes) -> dict[int, _Object]:
    """The objects of an object stream."""
    first = _FIRST.search(head)
    if first is None:
        return {}
    begin = int(first[1])
    try:
        numbers = [int(word) for word in content[:begin].split()[: 2 * _MAX_OBJECTS]]
    except ValueError:
        return {}
    offsets = [begin + offset for offset in numbers[1::2]]
    ends = [*offsets[1:], len(content)]
    return {
        number: _Object(content[offset:end])
        for number, offset, end in zip(numbers[::2], offsets, ends, strict=False)
    }


def _uses(form: _Object, objects: Mapping[int, _Object]) -> Counter[int]:
    """How often a form uses which objects."""
    resources = _followed(_RESOURCES.search(form.head), objects) or form.head
    xobjects = _XOBJECTS.search(resources)
    if xobjects is None:
        return Counter()
    names = dict(_NAMED.findall(xobjects[2] or _followed(xobjects, objects)))
    used = Counter(_USE.findall(form.content))
    return Counter({int(names[name]): count for name, count in used.items() if name in names})


def _followed(reference: re.Match[bytes] | None, objects: Mapping[int, _Object]) -> bytes:
    """The dictionary that a reference leads to."""
    if reference is None or reference[1] is None:
        return b""
    found = objects.get(int(reference[1]))
    return b"" if found is None else found.head


def _expand(
    number: int, uses: Mapping[int, Counter[int]], expanded: dict[int, int], depth: int
) -> int:
    """How many forms a form stands for."""
    if number in expanded:
        return expanded[number]
    if depth > _MAX_DEPTH or number not in uses:
        return 1
    expanded[number] = 1  # while it is being counted: a form that uses itself is drawn once
    total = 1 + sum(
        count * _expand(inner, uses, expanded, depth + 1) for inner, count in uses[number].items()
    )
    expanded[number] = total
    return total
