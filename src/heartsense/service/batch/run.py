"""Classify all pictures of a folder, on several processes, and go on where a run stopped."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from heartsense.errors import FileUnreadableError
from heartsense.service.batch.folder import files_below, read_picture
from heartsense.service.batch.records import Line, refusal
from heartsense.service.batch.results_file import ResultsFile
from heartsense.service.batch.worker_pool import WorkerPool

Report = Callable[["Progress"], None]


@dataclass(slots=True)
class Progress:
    """How far a run is, in files.

    ``known`` had their lines already; ``copied`` have another file's content and so its lines;
    ``refused`` of all three kinds have a page that was refused.
    """

    total: int
    known: int = 0
    copied: int = 0
    classified: int = 0
    refused: int = 0

    @property
    def done(self) -> int:
        return self.known + self.copied + self.classified


def archive(folder: Path, out: Path, jobs: int, report: Report) -> Progress:
    """Add the lines of every file below `folder` to `out`; `report` hears after each file.

    A file's lines belong to its name, its content's SHA-256 and the model's version: what has
    them is not done again. Contents found under several names are classified once, and each name
    gets its lines.

    Raises
    ------
    ModelError
        If there is no model.
    FileError
        If the folder cannot be listed, or `out` not be written.
    """
    from heartsense.classifier.model_artifact import model_version

    version = model_version()
    names = files_below(folder, out)
    with ResultsFile(out, version) as ledger, WorkerPool(jobs) as workers:
        run = _Run(folder, ledger, workers, Progress(len(names)), report)
        for name in names:
            run.add(name)
        run.finish()
    return run.tally


class _Run:
    def __init__(
        self,
        folder: Path,
        ledger: ResultsFile,
        workers: WorkerPool,
        tally: Progress,
        report: Report,
    ) -> None:
        self.tally = tally
        self._folder = folder
        self._ledger = ledger
        self._workers = workers
        self._report = report
        self._names: dict[str, list[str]] = {}
        """By SHA-256, the files whose content is being classified."""

    def add(self, name: str) -> None:
        """See to one file: it has its lines, or gets them now, or when they are there."""
        try:
            picture = read_picture(self._folder / name)
        except FileUnreadableError as error:
            self._unreadable(name, error)
            return
        sha256 = picture.sha256
        if (refused := self._ledger.refused(name, sha256)) is not None:
            self.tally.known += 1
            self._count(refused)
        elif sha256 in self._names:
            self._names[sha256].append(name)
        elif lines := self._ledger.lines_of(sha256):
            self.tally.copied += 1
            self._write(name, sha256, lines)
        else:
            self._names[sha256] = [name]
            self._collect_until_free()
            self._workers.give(sha256, picture.data)

    def finish(self) -> None:
        for sha256, lines in self._workers.until_done():
            self._keep(sha256, lines)

    def _collect_until_free(self) -> None:
        for sha256, lines in self._workers.until_free():
            self._keep(sha256, lines)

    def _keep(self, sha256: str, lines: list[Line]) -> None:
        first, *others = self._names.pop(sha256)
        self.tally.classified += 1
        self._write(first, sha256, lines)
        for name in others:
            self.tally.copied += 1
            self._write(name, sha256, lines)

    def _unreadable(self, name: str, error: FileUnreadableError) -> None:
        if self._ledger.refused(name, None) is None:
            self.tally.classified += 1
            self._write(name, None, [refusal(error)])
        else:
            self.tally.known += 1
            self._count(refused=True)

    def _write(self, name: str, sha256: str | None, lines: list[Line]) -> None:
        self._ledger.write(name, sha256, lines)
        self._count(any("error" in line for line in lines))

    def _count(self, refused: bool) -> None:
        self.tally.refused += refused
        self._report(self.tally)
