"""Classifies all files of a folder in several processes; an interrupted run can be resumed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from heartsense.errors import FileUnreadableError
from heartsense.service.batch.folder import list_files, read_file
from heartsense.service.batch.records import Record, refusal
from heartsense.service.batch.results_file import ResultsFile
from heartsense.service.batch.worker_pool import WorkerPool


@dataclass(slots=True)
class Progress:
    """How far a run is, in numbers of files.

    ``known`` had records before the run; ``copied`` have the same content as another file, and so
    its records; ``refused`` of all three kinds have a page that was refused.
    """

    total: int
    known: int = 0
    copied: int = 0
    classified: int = 0
    refused: int = 0

    @property
    def done(self) -> int:
        return self.known + self.copied + self.classified


class ProgressListener(Protocol):
    """Called after each file."""

    def __call__(self, progress: Progress, /) -> None: ...


def classify_folder(folder: Path, out: Path, jobs: int, report: ProgressListener) -> Progress:
    """Append the records of every file below `folder` to `out`, in `jobs` processes.

    Records are identified by file name, the content's SHA-256 and the model version; a file that
    has them is skipped. Equal files are classified once and each gets its own records.

    Raises
    ------
    ModelError
        If there is no model.
    FileError
        If the folder cannot be listed or `out` cannot be written.
    """
    from heartsense.classifier.model_artifact import model_version

    version = model_version()
    names = list_files(folder, exclude=out)
    with ResultsFile(out, version) as results_file, WorkerPool(jobs) as workers:
        run = _FolderRun(folder, results_file, workers, Progress(len(names)), report)
        for name in names:
            run.add(name)
        run.finish()
    return run.progress


class _FolderRun:
    def __init__(
        self,
        folder: Path,
        results_file: ResultsFile,
        workers: WorkerPool,
        progress: Progress,
        report: ProgressListener,
    ) -> None:
        self.progress = progress
        self._folder = folder
        self._results_file = results_file
        self._workers = workers
        self._report = report
        self._names: dict[str, list[str]] = {}
        """By SHA-256, the files whose content is being classified."""

    def add(self, name: str) -> None:
        """Classify, copy or skip one file."""
        try:
            file = read_file(self._folder / name)
        except FileUnreadableError as error:
            self._add_unreadable(name, error)
            return
        sha256 = file.sha256
        if (refused := self._results_file.refused(name, sha256)) is not None:
            self.progress.known += 1
            self._count(refused)
        elif sha256 in self._names:
            self._names[sha256].append(name)
        elif records := self._results_file.records_of(sha256):
            self.progress.copied += 1
            self._write(name, sha256, records)
        else:
            self._names[sha256] = [name]
            for result in self._workers.results_until_free():
                self._save(*result)
            self._workers.submit(sha256, file.data)

    def finish(self) -> None:
        """Wait for the files that are still being classified."""
        for result in self._workers.remaining_results():
            self._save(*result)

    def _save(self, sha256: str, records: list[Record]) -> None:
        first, *others = self._names.pop(sha256)
        self.progress.classified += 1
        self._write(first, sha256, records)
        for name in others:
            self.progress.copied += 1
            self._write(name, sha256, records)

    def _add_unreadable(self, name: str, error: FileUnreadableError) -> None:
        if self._results_file.refused(name, None) is None:
            self.progress.classified += 1
            self._write(name, None, [refusal(error)])
        else:
            self.progress.known += 1
            self._count(refused=True)

    def _write(self, name: str, sha256: str | None, records: list[Record]) -> None:
        self._results_file.write(name, sha256, records)
        self._count(any("error" in record for record in records))

    def _count(self, refused: bool) -> None:
        self.progress.refused += refused
        self._report(self.progress)
