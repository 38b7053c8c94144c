"""The results file of a batch: JSON lines, one per page, to which runs append.

The records of a file are written together at the end. So if a run is killed, only the end can be
incomplete: it is cut off, and that file is classified again.
"""

import fcntl
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from heartsense.errors import FileUnreadableError, FileUnwritableError
from heartsense.service.batch.records import Record, from_jsonl, to_jsonl, with_key

_FIRST_BYTES: Final = b'{"file": '


class ResultsFile:
    """Opens `path` for one run with the model `version`.

    Raises
    ------
    FileUnwritableError
        If the file cannot be written, or another run is writing it.
    FileUnreadableError
        If it holds anything but the results of a batch.
    """

    def __init__(self, path: Path, version: str) -> None:
        self._path = path
        self._version = version
        self._refused: dict[tuple[str, str | None], bool] = {}
        self._position: dict[str, tuple[int, int]] = {}
        self._file = _open_locked(path)
        try:
            self._end = self._read()
            self._file.truncate(self._end)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def refused(self, name: str, sha256: str | None) -> bool | None:
        """Whether a page of this file was refused; None if the file has no records."""
        return self._refused.get((name, sha256))

    def records_of(self, sha256: str) -> list[Record] | None:
        """The records of this content, under whatever file name; None if there are none."""
        if sha256 not in self._position:
            return None
        start, end = self._position[sha256]
        self._file.seek(start)
        return from_jsonl(self._file.read(end - start))

    def write(self, name: str, sha256: str | None, records: Iterable[Record]) -> None:
        """Append a file's records; FileUnwritableError if they cannot be written."""
        keyed_records = with_key(name, sha256, self._version, records)
        content = to_jsonl(keyed_records)
        try:
            self._file.seek(self._end)
            self._file.write(content)
            self._file.flush()
        except OSError as error:
            raise FileUnwritableError(
                f"{self._path} cannot be written ({error.strerror}). Run it again to go on."
            ) from error
        self._index(keyed_records, self._end, self._end + len(content))
        self._end += len(content)

    def _index(self, records: list[Record], start: int, end: int) -> None:
        name, sha256 = records[0]["file"], records[0]["sha256"]
        self._refused[name, sha256] = any("error" in record for record in records)
        if sha256 is not None:
            self._position.setdefault(sha256, (start, end))

    def _read(self) -> int:
        """Index the existing records; returns the byte at which the last complete file ends."""
        start = end = 0
        records: list[Record] = []
        for number, line in enumerate(self._file, 1):
            if not line.endswith(b"\n"):
                if not line.startswith(_FIRST_BYTES[: len(line)]):
                    raise self._not_results(number)
                break
            record = self._parse(line, number)
            if record["page"] == 1:
                start, records = end, []
            records.append(record)
            end += len(line)
            if record["page"] == record["pages"]:
                if record["model_version"] == self._version:
                    self._index(records, start, end)
                start, records = end, []
        return start

    def _parse(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            record = json.loads(line)
            valid = {"file", "sha256", "model_version", "page", "pages"} <= record.keys()
        except (ValueError, AttributeError):
            valid = False
        if not valid:
            raise self._not_results(number)
        return dict(record)

    def _not_results(self, number: int) -> FileUnreadableError:
        return FileUnreadableError(
            f"Line {number} of {self._path} is not a result of a batch. "
            "Nothing was changed. Choose another file for the results."
        )


def _open_locked(path: Path) -> BinaryIO:
    """Open the file for reading and writing, created if missing, with an exclusive lock."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        file = path.open("r+b")
    except OSError as error:
        raise FileUnwritableError(
            f"{path} cannot be written ({error.strerror}). Choose another place."
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise FileUnwritableError(
            f"Another run is writing {path}. Wait for it, or choose another file."
        ) from None
    return file
