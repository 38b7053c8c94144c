"""The ``features`` step: the features of many records, cached by all that they depend on."""

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from numpy.typing import NDArray
from rich.progress import track

import heartsense
from heartsense.classifier.backbone import Backbone
from heartsense.classifier.model_artifact import BACKBONE
from heartsense.digitizer.ink import network as ink_network
from heartsense.digitizer.trace_extraction import centreline_network
from heartsense.errors import HeartSenseError
from heartsense.files import model_folder
from training import BUILD_DIR, DATA_DIR, MODEL_DIR, REPO_DIR
from training.features import extraction
from training.features.extraction import (
    PAGE_KINDS,
    FeatureRow,
    InputKind,
    InputMode,
    extract_row,
    refused_row,
)
from training.features.table import Table, label_matrix
from training.parallel import executor
from training.records import development_records
from training.sources import Record

DRAWS: Final = 4
"""Pages of each record that the boosted trees learn from: each shows another part of it."""

_CHUNK: Final = 16
"""Records that one process takes at a time."""


def features(
    data: Annotated[Path, typer.Option(help="The data folder.")] = DATA_DIR,
    way: Annotated[InputKind, typer.Option(help="How records reach the classifier.")] = "shown",
    seed: Annotated[int, typer.Option(help="Seed of layouts and pages.")] = 0,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 2,
    dask: Annotated[str | None, typer.Option(help="Address of a Dask scheduler.")] = None,
) -> None:
    """Extract the features of every development record; resumes where it stopped."""
    records = development_records(data)
    table, refused = extract_all(records, InputMode(way, seed), jobs, dask=dask)
    typer.echo(f"{len(table)} records, {len(refused)} refused")
    for record, code in refused.items():
        typer.echo(f"  {record}: {code}")


def extract_all(
    records: Sequence[Record],
    mode: InputMode,
    jobs: int = 2,
    model: Path = MODEL_DIR,
    dask: str | None = None,
) -> tuple[Table, dict[str, str]]:
    """Extract the features of many records in parallel; resumes from the cache.

    Parameters
    ----------
    records : sequence of Record
    mode : InputMode
    jobs : int
        Processes.
    model : Path
        Folder with the network.
    dask : str, optional
        Address of a Dask scheduler, in place of processes; see ``training.parallel``.

    Returns
    -------
    table : Table
        The records that could be read, in order.
    refused : dict
        Record id to error code of the others.
    """
    cache = BUILD_DIR / "features" / f"{mode.kind}-{mode.seed}-{fingerprint(mode.kind, model)}"
    cache.mkdir(parents=True, exist_ok=True)
    missing = [r for r in records if not _file(cache, r).is_file()]
    chunks = [missing[i : i + _CHUNK] for i in range(0, len(missing), _CHUNK)]
    work = partial(_extract_chunk, mode=mode, network=model / BACKBONE)
    if chunks:
        with executor(jobs, dask) as pool:
            done = zip(chunks, pool.map(work, chunks), strict=True)
            for chunk, found in track(done, f"features ({mode.kind})", total=len(chunks)):
                for record, row in zip(chunk, found, strict=True):
                    _save(_file(cache, record), row)
    rows = [_load(_file(cache, record)) for record in records]
    read = [i for i, row in enumerate(rows) if not row.refusal]
    refused = {r.id: row.refusal for r, row in zip(records, rows, strict=True) if row.refusal}
    return _table([records[i] for i in read], [rows[i] for i in read]), refused


def extract_draws(
    records: Sequence[Record],
    jobs: int = 2,
    model: Path = MODEL_DIR,
    dask: str | None = None,
) -> tuple[Table, dict[str, str]]:
    """Extract what ``DRAWS`` pages with random layouts show of each record, all first ones first.

    Parameters and errors are those of ``extract_all``.
    """
    found = [
        extract_all(records, InputMode("shown", seed), jobs, model, dask) for seed in range(DRAWS)
    ]
    refused = {record: code for _, codes in found for record, code in codes.items()}
    return Table.join([table for table, _ in found]), refused


@lru_cache
def fingerprint(kind: InputKind, model: Path = MODEL_DIR) -> str:
    """Digest of the code and the networks that features of that kind depend on."""
    package = Path(heartsense.__file__).parent
    parts = ["ecg", "numeric.py", "measurements", "views", "classifier/features.py"]
    files = [model / BACKBONE, Path(extraction.__file__)]
    if kind in PAGE_KINDS:
        parts.append("digitizer")
        files += [path for path in _reading_networks() if path.exists()]
        files += sorted((REPO_DIR / "training" / "render").rglob("*.py"))
    for part in parts:
        path = package / part
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _reading_networks() -> list[Path]:
    """The networks that read pages; they are those of the folder that is served."""
    return [model_folder() / name for name in (ink_network.NETWORK, centreline_network.NETWORK)]


def _extract_chunk(chunk: Sequence[Record], mode: InputMode, network: Path) -> list[FeatureRow]:
    backbone = Backbone(network.read_bytes())
    return [_extract(record, mode, backbone) for record in chunk]


def _extract(record: Record, mode: InputMode, backbone: Backbone) -> FeatureRow:
    try:
        return extract_row(record, mode, backbone)
    except HeartSenseError as error:
        return refused_row(error.code)


def _file(cache: Path, record: Record) -> Path:
    return cache / (record.id.replace("/", "~") + ".npz")


def _save(path: Path, row: FeatureRow) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(
            file,
            embedding=row.embedding,
            signal=row.signal,
            whole=row.whole,
            reading=row.reading,
            refusal=np.array(row.refusal),
        )
    partial.rename(path)  # an interrupted run leaves no half-written row


def _load(path: Path) -> FeatureRow:
    with np.load(path) as row:
        return FeatureRow(
            embedding=row["embedding"],
            signal=row["signal"],
            whole=row["whole"],
            reading=row["reading"],
            refusal=str(row["refusal"]),
        )


def _table(records: Sequence[Record], rows: Sequence[FeatureRow]) -> Table:
    def text(value: Callable[[Record], str]) -> NDArray[np.str_]:
        return np.array([value(record) for record in records], dtype=np.str_)

    return Table(
        record=text(lambda r: r.id),
        source=text(lambda r: r.source),
        patient=text(lambda r: r.patient),
        labels=label_matrix(records),
        embedding=np.array([row.embedding for row in rows]),
        signal=np.array([row.signal for row in rows]),
        whole=np.array([row.whole for row in rows]),
        reading=np.array([row.reading for row in rows]),
    )
