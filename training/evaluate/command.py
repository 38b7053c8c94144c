"""The ``evaluate`` step: five folds through pages, or the released model on a manifest."""

import json
import random
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer

from training import BUILD_DIR, DATA_DIR, DOCS_DIR, MODEL_DIR
from training.evaluate.cross_validation import FOLDS
from training.evaluate.page import Evaluation, markdown, write_part
from training.evaluate.pictures import labelled_pictures, score_pictures
from training.evaluate.released import compare_with_clean, score_released
from training.features import InputMode, Table, extract_all, extract_draws
from training.features.extraction import page_spec
from training.fit.digests import renew_manifest
from training.model_card import PAGE as MODEL_CARD
from training.model_card import model_card
from training.records import EXTERNAL_SOURCES, TEST_SOURCES, development_records
from training.render.spec import PageKind
from training.sources import Record, read_manifest

PAGES: Final = "clean"
SIGNALS: Final = "signal"
ONE_LOOK: Final = "one-look"


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
    sample: Annotated[
        int | None, typer.Option(help="Render only so many of the test records, drawn at random.")
    ] = None,
    folds: Annotated[int, typer.Option(help="Folds of the patients.")] = FOLDS,
    seed: Annotated[int, typer.Option(help="Seed of the pages' looks.")] = 0,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 2,
    dask: Annotated[str | None, typer.Option(help="Dask scheduler for features.")] = None,
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
        typer.echo(cross_validation(data, folds, sample, seed, jobs, dask))
        return
    records = read_manifest(data, manifest or data / "manifest.csv")[:limit]
    score = score_released if page == "clean" else compare_with_clean
    report = score(records, page, seed, jobs)
    typer.echo(json.dumps(report) if as_json else json.dumps(report, indent=2))


def cross_validation(
    data: Path, folds: int, sample: int | None, seed: int, jobs: int, dask: str | None = None
) -> str:
    """Evaluate in folds of patients; write and return the part of docs/results.md.

    Features and fitted folds are kept below ``BUILD_DIR``: it resumes where it was stopped.
    """
    from training.evaluate.figures import draw_figures, write_json
    from training.evaluate.five_folds import evaluate_folds

    records = development_records(data)
    tested = [record for record in records if record.source in TEST_SOURCES]
    drawn = draw(tested, sample, seed)
    external = [record for record in records if record.source in EXTERNAL_SOURCES]
    mode = InputMode(PAGES, seed)
    extract = partial(extract_all, jobs=jobs, dask=dask)
    learned, _ = extract_draws(records, jobs, dask=dask)
    pages, refused = extract([*drawn, *external], mode)
    signals, _ = extract([*drawn, *external], InputMode(SIGNALS))
    one_look, _ = extract(tested, InputMode(ONE_LOOK, seed))
    specs = {record.id: page_spec(record, mode) for record in drawn}
    found, judged = evaluate_folds(
        data, learned, pages, _reordered(signals, pages), one_look, specs, folds
    )
    text = markdown(
        Evaluation(folds=folds, asked=len(drawn), records=len(tested), refused=refused, **found)
    )
    write_part(DOCS_DIR / "results.md", text)
    draw_figures(DOCS_DIR / "figures", found["metrics"], judged.table, judged.predictions)
    metrics = write_json(BUILD_DIR / "evaluation.json", found["metrics"])
    renew_manifest(MODEL_DIR, metrics=metrics)
    model_card(MODEL_DIR, MODEL_CARD)
    return text


def draw(records: list[Record], sample: int | None, seed: int) -> list[Record]:
    """Some of the records, drawn at random; a larger sample holds the smaller ones."""
    drawn = list(records)
    random.Random(seed).shuffle(drawn)
    return drawn[:sample]


def _reordered(table: Table, like: Table) -> Table:
    """The rows of `table` whose records `like` has, in the order of `like`."""
    row = {record: i for i, record in enumerate(table.record.tolist())}
    return table[np.array([row[record] for record in like.record.tolist()], dtype=np.intp)]
