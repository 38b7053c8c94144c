"""Records of a batch's results: one per page, the same on one machine and in the cloud."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from heartsense.errors import DigitizerError, HeartSenseError, ImageError

Record = Mapping[str, Any]


def classify_document(data: bytes) -> list[Record]:
    """Classify every page of an image or document; a page that is refused gives its refusal.

    One record where not even the first page can be opened, as the number of pages is unknown.
    """
    records: list[Record] = []
    page = pages = 1
    while page <= pages:
        record = _classify_page(data, page, pages)
        records.append(record)
        page, pages = page + 1, record["pages"]
    return records


def refusal(error: HeartSenseError, page: int = 1, pages: int = 1) -> Record:
    """The record of a page without a result."""
    return {
        "page": page,
        "pages": pages,
        "error": error.to_dict(),
    }


def with_key(
    name: str, sha256: str | None, version: str, records: Iterable[Record]
) -> list[Record]:
    """The records of a file, preceded by its key: file name, digest and model version.

    `sha256` is None for a file that could not be read.
    """
    key = {"file": name, "sha256": sha256, "model_version": version}
    return [{**key, **record, **key} for record in records]


def to_jsonl(records: Iterable[Record]) -> bytes:
    """One line of ASCII JSON per record, so that file names of any bytes survive."""
    return b"".join(
        json.dumps(record, allow_nan=False).encode("ascii") + b"\n" for record in records
    )


def from_jsonl(content: bytes) -> list[Record]:
    """The records that `to_jsonl` has written."""
    return [json.loads(line) for line in content.splitlines()]


def _classify_page(data: bytes, page: int, pages: int) -> Record:
    # Imported here, as the process that runs a batch does not need numpy.
    from heartsense.images import open_page
    from heartsense.pipeline import read_pixels

    try:
        opened = open_page(data, page=page)
        pages = opened.pages
        result = read_pixels(opened.pixels)
    except (ImageError, DigitizerError) as error:
        return refusal(error, page, pages)
    return {"page": page, "pages": pages, **result.to_dict()}
