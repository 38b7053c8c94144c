"""The ``benchmark-digitizer`` step."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from joblib import Parallel, delayed
from rich.console import Console
from rich.progress import track
from rich.table import Table

from training.benchmark.digitizing import PageScore, render_and_digitize, score_record
from training.benchmark.overlay import save_overlay
from training.benchmark.real.command import benchmark_real
from training.benchmark.summary import PageMetrics, Summary, summarize
from training.render import LAYOUTS
from training.render.spec import PageKind
from training.sources import Record, read_manifest

DEFAULT_OUT: Final = Path("out/worst")


def benchmark_digitizer(
    data: Annotated[Path | None, typer.Option(help="Folder of the records.")] = None,
    manifest: Annotated[Path | None, typer.Option(help="CSV that lists the records.")] = None,
    real: Annotated[
        Path | None, typer.Option(help="Folder of real pictures with truth.csv, instead.")
    ] = None,
    page: Annotated[
        PageKind, typer.Option(help="Good scans and screen shots, office scans, or phone photos.")
    ] = "clean",
    source: Annotated[str | None, typer.Option(help="Only this source's records.")] = None,
    limit: Annotated[int | None, typer.Option(help="So many records, drawn by the seed.")] = None,
    seed: Annotated[int, typer.Option(help="Chooses records and pages.")] = 0,
    layout: Annotated[str | None, typer.Option(help="One layout; mixed by default.")] = None,
    jobs: Annotated[int, typer.Option(help="Processes; -1 for one a core.")] = 1,
    worst: Annotated[int, typer.Option(help="Save so many of the worst pages.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the worst pages, out/worst by default; with --real, of a sheet."
        ),
    ] = None,
    lines: Annotated[
        Path | None, typer.Option(help="JSON lines of the pages, written as they are read.")
    ] = None,
    without_laws: Annotated[
        bool,
        typer.Option(
            "--without-laws", help="With --real: choose no layout by Einthoven's law and the like."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Draw records on pages, read them, and compare the signals.

    With --real, read the pictures of a folder instead: see docs/digitizer.md. Of a record that
    has no missing samples, only what a 3x4+1 page shows counts.
    """
    if real is not None:
        _only_with_records(data, manifest, page != "clean", source, limit, layout, worst, lines)
        benchmark_real(real, seed, jobs, out, as_json, without_laws=without_laws)
        return
    if data is None or manifest is None:
        raise typer.BadParameter("give --data and --manifest, or --real")
    if layout is not None and layout not in LAYOUTS:
        raise typer.BadParameter(f"{layout!r} is none of {', '.join(LAYOUTS)}")
    records = _choose(read_manifest(data, manifest), source, limit, seed)
    work = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(score_record)(record, page, layout, seed) for record in records
    )
    bar = track(work, "Reading pages", total=len(records), console=Console(stderr=True))
    scores = [_noted(score, lines) for score in bar]
    for score in sorted(scores, key=lambda s: s.fidelity.ratio)[:worst]:
        record = next(r for r in records if r.id == score.record)
        rendered, read, _ = render_and_digitize(record, page, layout, seed)
        name = f"{10 * np.log10(score.fidelity.ratio):.1f}dB-{score.layout}-{record.path.name}.png"
        save_overlay(rendered, read, (out or DEFAULT_OUT) / name)
    summary = summarize(scores)
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        _print(summary, scores)


def _only_with_records(*options: object) -> None:
    if any(options):
        names = "--data, --manifest, --page, --source, --limit, --layout, --worst and --lines"
        raise typer.BadParameter(f"{names} are not for --real")


def _noted(score: PageScore, lines: Path | None) -> PageScore:
    if lines is not None:
        with lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps(score.to_dict()) + "\n")
    return score


def _choose(
    records: list[Record], source: str | None, limit: int | None, seed: int
) -> list[Record]:
    if source is not None:
        records = [r for r in records if r.source == source]
    if limit is None or limit >= len(records):
        return records
    chosen = np.random.default_rng(seed).permutation(len(records))[:limit]
    return [records[i] for i in sorted(chosen)]


def _print(summary: Summary, scores: Sequence[PageScore]) -> None:
    table = Table(title="What the digitizer read")
    columns = ("pages", "refused", "failed", "uncertain", "layout_found")
    heads = ("SNR dB", "capped", "median", "< 10 dB", "Pearson", "RMSE mV", *columns)
    for head in ("layout", *heads):
        table.add_column(head, justify="left" if head == "layout" else "right")
    rows: dict[str, PageMetrics] = {
        **summary["by_layout"],
        **summary["by_hardship"],
        "all": summary,
    }
    for name, f in rows.items():
        levels = (f["snr_db"], f["capped_snr_db"], f["median_snr_db"], f["below_10_db"])
        values = (*levels, f["pearson"], f["rmse_mv"], f["pages"], f["refused"], f["failed"])
        cells = (*values, f["uncertain"], f["layout_found"])
        table.add_row(name, *(str(v) for v in cells))
    console = Console()
    console.print(table)
    for score in scores:
        if score.code:
            console.print(f"{score.record} ({score.layout}): {score.code}")
