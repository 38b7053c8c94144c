"""The results file of an archive: what it holds already, and whole lines only.

A picture's lines are written together and last in the file, one a page. So wherever a run was
killed, only the end can be half-written: it is cut off, and the picture classified again.
"""

import fcntl
import json
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from heartsense.errors import FileUnreadableError, FileUnwritableError
from heartsense.service.batch.records import Line, from_jsonl, keyed, to_jsonl

_START: Final = b'{"file": '


class ResultsFile:
    """Opens `path` for one run with the model `version`.

    Raises
    ------
    FileUnwritableError
        If the file cannot be written, or another run is writing it.
    FileUnreadableError
        If it holds anything but an archive's results.
    """

    def __init__(self, path: Path, version: str) -> None:
        self._path = path
        self._version = version
        self._refused: dict[tuple[str, str | None], bool] = {}
        self._place: dict[str, tuple[int, int]] = {}
        self._file = _opened(path)
        try:
            self._end = self._read()
            self._file.truncate(self._end)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def refused(self, name: str, sha256: str | None) -> bool | None:
        """Whether this file's content was refused; None if there are no lines of it."""
        return self._refused.get((name, sha256))

    def lines_of(self, sha256: str) -> list[Line] | None:
        """The lines of a content, under whatever name it has them."""
        if sha256 not in self._place:
            return None
        start, end = self._place[sha256]
        self._file.seek(start)
        return from_jsonl(self._file.read(end - start))

    def write(self, name: str, sha256: str | None, lines: Iterable[Line]) -> None:
        """Add a file's lines. FileUnwritableError if they cannot be written."""
        lines = keyed(name, sha256, self._version, lines)
        content = to_jsonl(lines)
        try:
            self._file.seek(self._end)
            self._file.write(content)
            self._file.flush()
        except OSError as error:
            raise FileUnwritableError(
                f"{self._path} cannot be written ({error.strerror}). Run it again to go on."
            ) from error
        self._note(lines, self._end, self._end + len(content))
        self._end += len(content)

    def _note(self, lines: list[Line], start: int, end: int) -> None:
        name, sha256 = lines[0]["file"], lines[0]["sha256"]
        self._refused[name, sha256] = any("error" in line for line in lines)
        if sha256 is not None:
            self._place.setdefault(sha256, (start, end))

    def _read(self) -> int:
        """Note what is there; returns where its last whole picture ends."""
        start = end = 0
        picture: list[Line] = []
        for number, raw in enumerate(self._file, 1):
            if not raw.endswith(b"\n"):
                if not raw.startswith(_START[: len(raw)]):
                    raise self._foreign(number)
                break
            line = self._parsed(raw, number)
            if line["page"] == 1:
                start, picture = end, []
            picture.append(line)
            end += len(raw)
            if line["page"] == line["pages"]:
                if line["model_version"] == self._version:
                    self._note(picture, start, end)
                start, picture = end, []
        return start

    def _parsed(self, raw: bytes, number: int) -> dict[str, Any]:
        try:
            line = json.loads(raw)
            known = {"file", "sha256", "model_version", "page", "pages"} <= line.keys()
        except (ValueError, AttributeError):
            known = False
        if not known:
            raise self._foreign(number)
        return dict(line)

    def _foreign(self, number: int) -> FileUnreadableError:
        return FileUnreadableError(
            f"Line {number} of {self._path} is not one of an archive's results. "
            "Nothing was changed. Choose another file for the results."
        )


def _opened(path: Path) -> BinaryIO:
    """The file, made if it is not there, for nobody else as long as it is open."""
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
