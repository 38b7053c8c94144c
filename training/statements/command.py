"""The ``statements`` step: fit the statements, measure them, write those that earn it."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
from numpy.typing import NDArray
from rich.progress import track

from heartsense.classifier.statements import (
    ARRAYS,
    PACED,
    SETTINGS,
    STATEMENTS,
    further_features,
    load_statement_model,
)
from heartsense.classifier.strip.model import load_strip_model
from heartsense.ecg import ECG
from heartsense.measurements import analyse
from training import DATA_DIR, DOCS_DIR, MODEL_DIR
from training.features import InputMode, Table, extract_all
from training.features.extraction import mask_to_layout, page_spec
from training.fit.digests import renew_manifest
from training.fit.ensemble import has_millivolts
from training.records import development_records
from training.results_page import write_section
from training.sources import Record
from training.statements.fit import Examples, Score, fit, measure, served_trees
from training.statements.pages import SaidOnPages, paced_on_pages
from training.statements.truth import TARGETS, Target, pacing_of_ludb, scp_codes_of_records

HEADING: Final = "## Statements beside the conditions"
_INTRODUCTION: Final = """\
Written by `python -m training statements`, on the part of each PTB-XL record that a page with a
random layout shows. Boosted trees over the measurements; trees and threshold come from four folds
of patients, the figures from the fifth; intervals are 95 % over patients. Truth are SCP codes,
whatever their likelihood. Only what earns it is said. Not measured through pictures, but for
pacing.
"""
_PACED: Final = """\
A paced rhythm has no trees: needles of a few milliseconds, on the mean of the three leads in which
they are highest, stand out before wide complexes; the mean is at most twice the second highest, so
that no lead tells it alone. Its records are those of PTB-XL in millivolts and LUDB. On drawn pages,
read back, it is said of {paced_said} of {paced} paced records and of {others_said} of
{others} others; pages that could not be read are not counted. The threshold is from the signals
of the same records."""


def statements(
    data: Annotated[Path, typer.Option(help="The data folder.")] = DATA_DIR,
    out: Annotated[Path, typer.Option(help="Model folder; holds an ensemble.")] = MODEL_DIR,
    results: Annotated[Path, typer.Option(help="Page whose section is replaced.")] = (
        DOCS_DIR / "results.md"
    ),
    jobs: Annotated[int, typer.Option(help="Processes for features.")] = 2,
) -> None:
    """Fit the statements and measure them on held-out patients of PTB-XL."""
    codes = scp_codes_of_records(data) | pacing_of_ludb(data)
    records = [record for record in development_records(data) if record.id in codes]
    table, _ = extract_all(records, InputMode("shown"), jobs, out)
    scores = release(with_further_features(table, records, out), codes, out)
    model = load_statement_model(out)
    threshold = model.thresholds.get(PACED) if model else None
    on_pages = None if threshold is None else paced_on_pages(records, codes, threshold)
    write_section(results, HEADING, section(scores, on_pages))


def with_further_features(table: Table, records: Sequence[Record], model: Path) -> Table:
    """The table with all of ``STATEMENT_FEATURES`` of what a page shows of each record."""
    strips = load_strip_model(model)
    further = {
        record.id: further_features(analyse(_shown(record)), strips)
        for record in track(records, "early beats, P waves, spikes")
    }
    rows = np.array([further[id] for id in table.record.tolist()])
    return replace(table, signal=np.concatenate((table.signal, rows), axis=1))


def _shown(record: Record) -> ECG:
    """What ``extract_all`` measured of it."""
    return mask_to_layout(record.read(), page_spec(record, InputMode("shown")).layout)


def release(table: Table, codes: dict[str, frozenset[str]], out: Path) -> dict[str, Score]:
    """Measure every statement, and write the model of those that earn it."""
    scores: dict[str, Score] = {}
    arrays: dict[str, NDArray[Any]] = {}
    said: dict[str, Any] = {}
    for id, target in TARGETS.items():
        examples = examples_of(table, codes, target)
        scores[id] = score = measure(examples, target)
        typer.echo(_row(id, score, target))
        if not score.earns(target):
            continue
        model, threshold = fit(examples, target)
        if model is not None:
            arrays |= served_trees(model, target).to_arrays(id)
        worth = {
            "sensitivity": round(score.sensitivity[0], 3),
            "ppv": round(score.ppv[0], 3),
            "said": score.said,
        }
        said[id] = {"threshold": threshold, "worth": worth}
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    (out / ARRAYS).write_bytes(content.getvalue())
    (out / SETTINGS).write_text(json.dumps({"statements": said}, indent=2) + "\n")
    renew_manifest(out)
    return scores


def examples_of(table: Table, codes: dict[str, frozenset[str]], target: Target) -> Examples:
    """The records that a target can be told on."""
    usable = has_millivolts(table) if target.voltages else np.ones(len(table), np.bool_)
    rows = np.flatnonzero(usable & (target.ludb | (table.source != "ludb")))
    of_rows = [codes[str(record)] for record in table.record[rows]]
    return Examples(
        features=table.signal[rows],
        patient=table.patient[rows],
        learned=np.array([bool(c & target.learned) for c in of_rows]),
        right=np.array([bool(c & target.right) for c in of_rows]),
    )


def section(scores: dict[str, Score], on_pages: SaidOnPages | None = None) -> str:
    """The section of the results."""
    lines = [
        HEADING,
        "",
        _INTRODUCTION,
        "| statement | records | sensitivity | PPV | said | asked | is said |",
        "|---|---|---|---|---|---|---|",
        *(_row(id, score, TARGETS[id]) for id, score in scores.items()),
        "",
        "Codes (sensitivity counts the first, PPV all):",
        "",
        *(f"- `{id}`: {_codes(target)}" for id, target in TARGETS.items()),
        *(["", _PACED.format(**asdict(on_pages))] if on_pages else []),
    ]
    return "\n".join(lines) + "\n"


def _codes(target: Target) -> str:
    learned, also = (
        " ".join(sorted(target.learned)),
        " ".join(sorted(target.right - target.learned)),
    )
    return f"{learned} ({also})" if also else learned


def _row(id: str, score: Score, target: Target) -> str:
    title = next(text.title for text in STATEMENTS if text.id == id)
    rates = " | ".join(
        f"**{v:.2f}** ({a:.2f} to {b:.2f})" for v, a, b in (score.sensitivity, score.ppv)
    )
    asked = f"{target.sensitivity:.2f} / {target.ppv:.2f}"
    earned = "yes" if score.earns(target) else "no"
    return f"| {title} | {score.positives} | {rates} | {score.said} | {asked} | {earned} |"
