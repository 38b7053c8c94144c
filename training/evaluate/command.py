"""The ``evaluate`` step: five folds through pages, or the released model on a manifest."""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from training import BUILD_DIR, DATA_DIR, DOCS_DIR
from training.evaluate.cross_validation import (
    EvaluationData,
    Method,
    cross_validate,
    released_method,
    true_signal_baseline,
    whole_page_baseline,
)
from training.evaluate.pictures import labelled_pictures, score_pictures
from training.evaluate.released import compare_with_clean, score_released
from training.features import InputMode, Table, extract_all
from training.records import TEST_SOURCES, development_records
from training.render.spec import PageKind
from training.sources import read_manifest


def evaluate(
    data: Annotated[Path, typer.Option(help="The data folder.")] = DATA_DIR,
    manifest: Annotated[Path | None, typer.Option(help="CSV of records to score.")] = None,
    released: Annotated[bool, typer.Option("--released", help="Score the released model.")] = False,
    page: Annotated[
        PageKind,
        typer.Option(help="With --released: other than clean ones, clean ones are scored beside."),
    ] = "clean",
    real: Annotated[
        Path | None, typer.Option(help="With --released: a folder of labelled pictures, instead.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first records.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the pages' looks.")] = 0,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Five folds by patient into docs/; with --released, the released model on any manifest."""
    if real is not None:
        if not released:
            raise typer.BadParameter("--real needs --released")
        found = score_pictures(labelled_pictures(real)[:limit], jobs)
        typer.echo(json.dumps(found) if as_json else json.dumps(found, indent=2))
        return
    if not released:
        if manifest is not None:
            raise typer.BadParameter("--manifest needs --released")
        typer.echo(cross_validation(data, seed, jobs))
        return
    records = read_manifest(data, manifest or data / "manifest.csv")[:limit]
    score = score_released if page == "clean" else compare_with_clean
    report = score(records, page, seed, jobs)
    typer.echo(json.dumps(report) if as_json else json.dumps(report, indent=2))


def cross_validation(data: Path, seed: int, jobs: int) -> str:
    """Cross-validate all methods; write docs/results.md and its figures; return the former."""
    from training.evaluate.report import (
        RELEASED,
        TRUE_SIGNAL,
        WHOLE_PAGE,
        draw_figures,
        evaluate_parts,
        markdown,
        write_json,
    )

    eval_data, refused = load_data(data, seed, jobs)
    methods: dict[str, Method] = {
        RELEASED: released_method,
        WHOLE_PAGE: whole_page_baseline,
        TRUE_SIGNAL: true_signal_baseline,
    }
    predictions = {
        name: cross_validate(eval_data, method, name, jobs) for name, method in methods.items()
    }
    metrics = [
        part
        for name, predicted in predictions.items()
        for part in evaluate_parts(name, eval_data.tested, predicted)
    ]
    text = markdown(metrics, refused)
    (DOCS_DIR / "results.md").write_text(text)
    draw_figures(DOCS_DIR / "figures", metrics, eval_data.tested, predictions[RELEASED])
    write_json(BUILD_DIR / "evaluation.json", metrics)
    return text


def load_data(data: Path, seed: int, jobs: int) -> tuple[EvaluationData, dict[str, str]]:
    """Features of all records in the modes the methods need, and the refused pages."""
    records = development_records(data)
    tested = [record for record in records if record.source in TEST_SOURCES]
    train, _ = extract_all(records, InputMode("shown"), jobs)
    pages, refused = extract_all(tested, InputMode("clean", seed), jobs)
    true_signal, _ = extract_all(tested, InputMode("signal"), jobs)
    return EvaluationData(train, pages, _reordered(true_signal, pages)), refused


def _reordered(table: Table, like: Table) -> Table:
    """The rows of `table` whose records `like` has, in the order of `like`."""
    row = {record: i for i, record in enumerate(table.record.tolist())}
    return table[np.array([row[record] for record in like.record.tolist()], dtype=np.intp)]
