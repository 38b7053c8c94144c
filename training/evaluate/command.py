"""The ``evaluate`` step: five folds through pictures, or the released model on a manifest."""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from training.evaluate.folds import (
    Material,
    Method,
    cross_validate,
    exact_method,
    original_method,
    released_method,
)
from training.evaluate.released import PageKind, score_released
from training.features import Table, Way, extract_all
from training.paths import DATA, DOCS, WORKSHOP
from training.records import TESTED, development_records
from training.sources import read_manifest


def evaluate(
    data: Annotated[Path, typer.Option(help="The data folder.")] = DATA,
    manifest: Annotated[Path | None, typer.Option(help="CSV of records to score.")] = None,
    released: Annotated[bool, typer.Option("--released", help="Score the released model.")] = False,
    page: Annotated[PageKind, typer.Option(help="Scans, or phone photos.")] = "clean",
    limit: Annotated[int | None, typer.Option(help="Only the first records.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the pages' looks.")] = 0,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Five folds by patient into docs/; with --released, the released model on any manifest."""
    if not released:
        if manifest is not None:
            raise typer.BadParameter("--manifest needs --released")
        typer.echo(cross_validation(data, seed, jobs))
        return
    records = read_manifest(data, manifest or data / "manifest.csv")[:limit]
    report = score_released(records, page, seed, jobs)
    typer.echo(json.dumps(report) if as_json else json.dumps(report, indent=2))


def cross_validation(data: Path, seed: int, jobs: int) -> str:
    """Run the folds of all methods; write docs/results.md and its figures; return the former."""
    from training.evaluate.report import (
        EXACT,
        ORIGINAL,
        RELEASED,
        draw_figures,
        figures_of,
        markdown,
        write_json,
    )

    material, refused = prepare(data, seed, jobs)
    methods: dict[str, Method] = {
        RELEASED: released_method,
        ORIGINAL: original_method,
        EXACT: exact_method,
    }
    outcomes = {name: cross_validate(material, run, name, jobs) for name, run in methods.items()}
    figures = [
        f for name, outcome in outcomes.items() for f in figures_of(name, material.tested, outcome)
    ]
    text = markdown(figures, refused)
    (DOCS / "results.md").write_text(text)
    draw_figures(DOCS / "figures", figures, material.tested, outcomes[RELEASED])
    write_json(WORKSHOP / "evaluation.json", figures)
    return text


def prepare(data: Path, seed: int, jobs: int) -> tuple[Material, dict[str, str]]:
    """Features of all records on the ways the methods need, and the pages refused."""
    records = development_records(data)
    tested = [record for record in records if record.source in TESTED]
    train, _ = extract_all(records, Way("shown"), jobs)
    through, refused = extract_all(tested, Way("clean", seed), jobs)
    exact, _ = extract_all(tested, Way("signal"), jobs)
    return Material(train, through, _in_order(exact, through)), refused


def _in_order(table: Table, like: Table) -> Table:
    """The rows of `table` that `like` has, in its order."""
    row = {record: i for i, record in enumerate(table.record.tolist())}
    return table[np.array([row[record] for record in like.record.tolist()], dtype=np.intp)]
