"""Classifies all files of a folder in several processes; an interrupted run can be resumed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from heartsense.errors import FileUnreadableError
from heartsense.service.batch.folder import list_files, read_file
from heartsense.service.batch.records import Record, refusal
from heartsense.service.batch.results_file import ResultsFile
from heartsense.service.batch.worker_pool import WorkerPool

_Outcome: TypeAlias = Literal["classified", "copied", "known"]


@dataclass(slots=True)
class Progress:
    """How far a run is, in numbers of files.

    Every file is counted once: as ``refused`` if any page of it is, otherwise as ``known`` if it
    had records before the run, as ``copied`` if it has the records of a file with the same content,
    or as ``classified``.
    """

    total: int
    known: int = 0
    copied: int = 0
    classified: int = 0
    refused: int = 0

    @property
    def done(self) -> int:
        return self.known + self.copied + self.classified + self.refused


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
            self._count("known", refused)
        elif sha256 in self._names:
            self._names[sha256].append(name)
        elif records := self._results_file.records_of(sha256):
            self._write("copied", name, sha256, records)
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
        self._write("classified", first, sha256, records)
        for name in others:
            self._write("copied", name, sha256, records)

    def _add_unreadable(self, name: str, error: FileUnreadableError) -> None:
        if self._results_file.refused(name, None) is None:
            self._write("classified", name, None, [refusal(error)])
        else:
            self._count("known", refused=True)

    def _write(
        self, outcome: _Outcome, name: str, sha256: str | None, records: list[Record]
    ) -> None:
        self._results_file.write(name, sha256, records)
        self._count(outcome, refused=any("error" in record for record in records))

    def _count(self, outcome: _Outcome, refused: bool) -> None:
        match "refused" if refused else outcome:
            case "refused":
                self.progress.refused += 1
            case "known":
                self.progress.known += 1
            case "copied":
                self.progress.copied += 1
            case "classified":
                self.progress.classified += 1
        self._report(self.progress)
