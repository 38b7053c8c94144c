"""Record -> features on one of three ways, cached by everything they depend on."""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

import heartsense
from heartsense.classifier.backbone import Backbone
from heartsense.classifier.features import extract_features
from heartsense.classifier.model_artifact import BACKBONE
from heartsense.digitizer import digitize
from heartsense.ecg import ECG
from heartsense.errors import HeartSenseError
from heartsense.measurements import FEATURE_GROUPS
from heartsense.views import VIEW_SIZE
from training.features.table import Table, label_matrix
from training.paths import MODEL, ROOT, WORKSHOP
from training.render import LAYOUTS, random_spec, render_page
from training.render.layout import columns_of
from training.sources import Record

Kind = Literal["signal", "shown", "clean", "photo"]
WAYS: Final[tuple[Kind, ...]] = ("signal", "shown", "clean", "photo")
TWELVE_LEADS: Final = tuple(name for name in LAYOUTS if name not in ("strip", "beat"))
NO_MILLIVOLTS: Final = "ptbxl-zscored"
_VOLTAGE: Final = np.array([group == "voltage" for group in FEATURE_GROUPS])
_CHUNK: Final = 16


@dataclass(frozen=True, slots=True)
class Way:
    """How a record reaches the classifier.

    ``signal``: the record as it is; ``shown``: the part of the true signal that a page with a
    random 12-lead layout shows; ``clean`` and ``photo``: drawn on such a page at random, then
    read off its pixels. ``seed`` and the record's id fix every random choice.
    """

    kind: Kind
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One record's features, or the code of the refusal."""

    embedding: NDArray[np.float32]
    signal: NDArray[np.float64]
    whole: NDArray[np.float32]
    refusal: str = ""


def extract_all(
    records: Sequence[Record], way: Way, jobs: int = 2, model: Path = MODEL
) -> tuple[Table, dict[str, str]]:
    """Features of many records, on several processes, resumable.

    Returns
    -------
    table : Table
        The records that could be read, in order.
    refused : dict
        Record id to refusal code of those that could not.
    """
    cache = WORKSHOP / "features" / f"{way.kind}-{way.seed}-{fingerprint(way.kind, model)}"
    cache.mkdir(parents=True, exist_ok=True)
    missing = [r for r in records if not _file(cache, r).is_file()]
    chunks = [missing[i : i + _CHUNK] for i in range(0, len(missing), _CHUNK)]
    done: Iterable[None] = Parallel(n_jobs=jobs, return_as="generator_unordered")(
        delayed(_work)(chunk, way, cache, model / BACKBONE) for chunk in chunks
    )
    for _ in track(done, f"features ({way.kind})", total=len(chunks), disable=not chunks):
        pass
    rows = [_load(_file(cache, record)) for record in records]
    read = [i for i, row in enumerate(rows) if not row.refusal]
    refused = {r.id: row.refusal for r, row in zip(records, rows, strict=True) if row.refusal}
    return _table([records[i] for i in read], [rows[i] for i in read]), refused


def row_of(record: Record, way: Way, backbone: Backbone) -> Row:
    """Features of one record. HeartSenseError when its page is refused."""
    rng = np.random.default_rng([way.seed, zlib.crc32(record.id.encode())])
    whole = np.zeros(1280, dtype=np.float32)
    ecg = record.read()
    layout = str(rng.choice(TWELVE_LEADS))
    if way.kind == "shown":
        ecg = shown_part(ecg, layout)
    elif way.kind in ("clean", "photo"):
        page = render_page(ecg, random_spec(rng, way.kind, layout)).pixels
        whole, _ = backbone(_shrunk(page))
        ecg = digitize(page).ecg
    features, _ = extract_features(ecg, backbone)
    signal = features.signal
    if record.source == NO_MILLIVOLTS:
        signal = np.where(_VOLTAGE, np.nan, signal)
    return Row(features.embedding, signal, whole)


def shown_part(ecg: ECG, layout: str) -> ECG:
    """What a page of that layout shows of the first ten seconds: NaN elsewhere."""
    samples = ecg.signal[: round(10 * ecg.rate)]
    columns = columns_of(layout, "II")
    edges = np.linspace(0, len(samples), len(columns) + 1).round().astype(int)
    shown = np.full_like(samples, np.nan)
    for column, names in enumerate(columns):
        part = slice(edges[column], edges[column + 1])
        at = [ecg.leads.index(name) for name in names if name in ecg.leads]
        shown[part, at] = samples[part, at]
    strips = {"+1": ("II",), "+3": ("V1", "II", "V5")}.get(layout[-2:], ())
    for name in strips:
        if name in ecg.leads:
            shown[:, ecg.leads.index(name)] = samples[:, ecg.leads.index(name)]
    return replace(ecg, signal=shown)


@lru_cache
def fingerprint(kind: Kind, model: Path = MODEL) -> str:
    """Digest of the code and the network that features of that way depend on."""
    package = Path(heartsense.__file__).parent
    parts = ["ecg.py", "numeric.py", "measurements", "views", "classifier/features.py"]
    files = [model / BACKBONE, Path(__file__)]
    if kind in ("clean", "photo"):
        parts.append("digitizer")
        files += sorted((ROOT / "training" / "render").rglob("*.py"))
    for part in parts:
        path = package / part
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _shrunk(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The whole page as the original method saw it: grey, 224x224."""
    picture = (
        Image.fromarray(page).convert("L").resize((VIEW_SIZE, VIEW_SIZE), Image.Resampling.BILINEAR)
    )
    return np.asarray(picture)


def _work(records: Sequence[Record], way: Way, cache: Path, network: Path) -> None:
    backbone = Backbone(network.read_bytes())
    for record in records:
        empty = np.zeros(0, dtype=np.float32)
        try:
            row = row_of(record, way, backbone)
        except HeartSenseError as error:
            row = Row(empty, empty.astype(np.float64), empty, error.code)
        _save(_file(cache, record), row)


def _file(cache: Path, record: Record) -> Path:
    return cache / (record.id.replace("/", "~") + ".npz")


def _save(path: Path, row: Row) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(
            file,
            embedding=row.embedding,
            signal=row.signal,
            whole=row.whole,
            refusal=np.array(row.refusal),
        )
    partial.rename(path)  # an interrupted run leaves no half-written row


def _load(path: Path) -> Row:
    with np.load(path) as row:
        return Row(row["embedding"], row["signal"], row["whole"], str(row["refusal"]))


def _table(records: Sequence[Record], rows: Sequence[Row]) -> Table:
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
    )
