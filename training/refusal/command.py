"""The ``benchmark-refusal`` step: pictures without an ECG are refused, those with one are read."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, TypedDict

import numpy as np
import typer
from joblib import Parallel, delayed
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from heartsense.digitizer import digitize
from heartsense.errors import HeartSenseError
from heartsense.images import open_page
from training.benchmark.digitizing import page_spec_for
from training.refusal.degraded import DEGRADATIONS, degrade_page
from training.refusal.kinds import KINDS, draw_picture
from training.render import render_page
from training.sources import Record, read_manifest

PICTURE_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp", ".pdf", ".tiff", ".heic"})


class RefusalSummary(TypedDict):
    """What `benchmark-refusal` prints with ``--json``.

    ``taken`` are pictures without an ECG that were read as one: kind and seed. ``refused`` are
    pages with an ECG by their code.
    """

    pictures: int
    taken: list[str]
    taken_share: float
    codes: dict[str, int]
    advice: dict[str, int]
    pages: int
    refused: dict[str, str]
    refused_share: float


def benchmark_refusal(
    pictures: Annotated[int, typer.Option(help="Pictures without an ECG.")] = 200,
    seed: Annotated[int, typer.Option(help="Draws the pictures and pages.")] = 0,
    ecg: Annotated[
        list[Path] | None, typer.Option(help="A folder of pictures that show an ECG; repeatable.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the records.")] = None,
    manifest: Annotated[Path | None, typer.Option(help="CSV that lists the records.")] = None,
    degraded: Annotated[
        bool, typer.Option(help="Spoil the pictures of --ecg in every way, and count the advice.")
    ] = False,
    limit: Annotated[int, typer.Option(help="So many rendered pages of the records.")] = 100,
    jobs: Annotated[int, typer.Option(help="Processes; -1 for one a core.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Count drawn pictures without an ECG that are taken for one, and ECGs that are refused."""
    if degraded:
        paths = [path for folder in ecg or [] for path in _pictures_in(folder)]
        typer.echo(json.dumps(count_advice(paths, jobs)))
        return
    kinds = list(KINDS)
    work = [
        delayed(_read_drawn)(kinds[i % len(kinds)], seed + i // len(kinds)) for i in range(pictures)
    ]
    work += [delayed(_read_file)(path) for folder in ecg or [] for path in _pictures_in(folder)]
    if data is not None and manifest is not None:
        records = read_manifest(data, manifest)
        chosen = np.random.default_rng(seed).permutation(len(records))[:limit]
        work += [delayed(_read_record)(records[i], seed) for i in chosen]
    done = Parallel(n_jobs=jobs, return_as="generator")(work)
    bar = track(done, "Reading pictures", total=len(work), console=Console(stderr=True))
    results: list[tuple[str, str | None, str | None]] = list(bar)
    summary = summarize(results[:pictures], results[pictures:])
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        _print(summary)


def count_advice(paths: Sequence[Path], jobs: int = 1) -> dict[str, dict[str, int]]:
    """For each way to spoil a page: how many were read well, and how often which advice came."""
    work = [(name, path) for name in DEGRADATIONS for path in paths]
    done = Parallel(n_jobs=jobs)(delayed(_read_degraded)(*item) for item in work)
    counts: dict[str, Counter[str]] = {name: Counter() for name in DEGRADATIONS}
    for (name, _), (_, code, advice) in zip(work, done, strict=True):
        counts[name][advice or code or "read well"] += 1
    return {name: dict(found.most_common()) for name, found in counts.items()}


def summarize(
    drawn: Sequence[tuple[str, str | None, str | None]],
    pages: Sequence[tuple[str, str | None, str | None]],
) -> RefusalSummary:
    """Count; each picture is its name, the code of its refusal or None, and its advice or None."""
    taken = [name for name, code, _ in drawn if code is None]
    refused = {name: code for name, code, _ in pages if code is not None}
    return RefusalSummary(
        pictures=len(drawn),
        taken=taken,
        taken_share=round(len(taken) / max(len(drawn), 1), 4),
        codes=dict(Counter(code for _, code, _ in drawn if code is not None)),
        advice=dict(Counter(advice for _, _, advice in drawn if advice is not None)),
        pages=len(pages),
        refused=refused,
        refused_share=round(len(refused) / max(len(pages), 1), 4),
    )


def _print(summary: RefusalSummary) -> None:
    console = Console()
    taken, refused = summary["taken"], summary["refused"]
    console.print(
        f"{len(taken)} of {summary['pictures']} pictures without an ECG were taken for one; "
        f"{len(refused)} of {summary['pages']} pages with one were refused."
    )
    for name in taken:
        console.print(f"taken: {name}")
    for name, code in refused.items():
        console.print(f"refused: {name} ({code})")


def _pictures_in(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.suffix.lower() in PICTURE_SUFFIXES)


def _read_drawn(kind: str, seed: int) -> tuple[str, str | None, str | None]:
    return _read(f"{kind} {seed}", draw_picture(kind, seed))


def _read_file(path: Path) -> tuple[str, str | None, str | None]:
    return _read(path.name, open_page(path.read_bytes()).pixels)


def _read_degraded(name: str, path: Path) -> tuple[str, str | None, str | None]:
    return _read(path.name, degrade_page(open_page(path.read_bytes()).pixels, name))


def _read_record(record: Record, seed: int) -> tuple[str, str | None, str | None]:
    ecg = record.read()
    spec = page_spec_for(record.id, ecg, "clean", None, seed)
    return _read(f"{record.id} {spec.layout}", render_page(ecg, spec).pixels)


def _read(name: str, pixels: NDArray[np.uint8]) -> tuple[str, str | None, str | None]:
    """The picture's name, the code of its refusal or None, and the advice or None."""
    try:
        advice = digitize(pixels).advice
    except HeartSenseError as refusal:
        return name, refusal.code, refusal.advice.code if refusal.advice else None
    except Exception as defect:  # a defect on one picture is reported, the benchmark goes on
        return name, f"crashed:{type(defect).__name__}", None
    return name, None, advice.code if advice else None
