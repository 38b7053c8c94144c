"""A picture's lines in an archive's results: one a page, the same here and in the cloud."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from heartsense.errors import DigitizerError, HeartSenseError, ImageError

Line = Mapping[str, Any]


def document_lines(data: bytes) -> list[Line]:
    """Classify every page of a picture or document; a refused page has its refusal.

    Where not even the first page can be opened, nobody knows how many there are: one line.
    """
    lines: list[Line] = []
    page = pages = 1
    while page <= pages:
        line = _classified(data, page, pages)
        lines.append(line)
        page, pages = page + 1, line["pages"]
    return lines


def refusal(error: HeartSenseError, page: int = 1, pages: int = 1) -> Line:
    """The line of a page that gave no result."""
    return {
        "page": page,
        "pages": pages,
        "error": {"code": error.code, "message": error.message},
    }


def keyed(name: str, sha256: str | None, version: str, lines: Iterable[Line]) -> list[Line]:
    """The lines with what tells them from all others in front.

    `sha256` is None for a file that could not be read.
    """
    key = {"file": name, "sha256": sha256, "model_version": version}
    return [{**key, **line, **key} for line in lines]


def to_jsonl(lines: Iterable[Line]) -> bytes:
    """Each line as JSON, in ASCII: names of any bytes survive."""
    return b"".join(json.dumps(line, allow_nan=False).encode("ascii") + b"\n" for line in lines)


def from_jsonl(content: bytes) -> list[Line]:
    """What `to_jsonl` was given."""
    return [json.loads(line) for line in content.splitlines()]


def _classified(data: bytes, page: int, pages: int) -> Line:
    # What runs an archive starts without numpy; what classifies needs it.
    from heartsense.images import open_page
    from heartsense.pipeline import read_pixels

    try:
        opened = open_page(data, page=page)
        pages = opened.pages
        result = read_pixels(opened.pixels)
    except (ImageError, DigitizerError) as error:
        return refusal(error, page, pages)
    return {"page": page, "pages": pages, **result.to_dict()}
