"""The ``features`` step: fill the cache that ``fit`` and ``evaluate`` read."""

from pathlib import Path
from typing import Annotated

import typer

from training.features.extraction import Kind, Way, extract_all
from training.paths import DATA
from training.records import development_records


def features(
    data: Annotated[Path, typer.Option(help="The data folder.")] = DATA,
    way: Annotated[Kind, typer.Option(help="How records reach the classifier.")] = "shown",
    seed: Annotated[int, typer.Option(help="Seed of layouts and pages.")] = 0,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 2,
) -> None:
    """Extract the features of every development record; resumes where it stopped."""
    table, refused = extract_all(development_records(data), Way(way, seed), jobs)
    typer.echo(f"{len(table)} records, {len(refused)} refused")
    for record, code in refused.items():
        typer.echo(f"  {record}: {code}")
