"""The ``doubts`` step: what doubts about an answer are worth, on held-out patients."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer

from heartsense.classifier.backbone import Backbone
from heartsense.classifier.features import extract_features
from heartsense.classifier.model_artifact import BACKBONE
from heartsense.ecg import LEADS
from training import DATA_DIR, DOCS_DIR, MODEL_DIR
from training.doubts.measure import (
    PageFinding,
    Told,
    held_out_models,
    page_findings,
    unlike_ecgs,
)
from training.doubts.strange import STRANGE
from training.evaluate.command import PAGES, draw
from training.evaluate.cross_validation import FOLDS
from training.evaluate.folds import fit_folds
from training.features import InputMode, Table, extract_all, extract_draws
from training.features.extraction import mask_to_layout, page_spec
from training.fit.ensemble import has_millivolts
from training.records import TEST_SOURCES, development_records
from training.results_page import write_section
from training.sources import Record

HEADING: Final = "## Doubt about an answer"
_SHOWN: Final = "what a page shows"
_DRAWN: Final = "drawn pages, read back"
_INTRODUCTION: Final = """\
Written by `python -m training doubts{options}`: {folds} folds by patient. The ensemble, the reading
errors, the main directions of the known ECGs and the limit all come from the other folds' patients.
"""
_READING: Final = """\
Each page is judged as it was read, and 32 times more with the errors of other pages of like quality
(`reading_error`). {inside:.0f} % of the true signals' probabilities lie in the interval, of which
nine in ten are wanted. A status on which fewer than three in five of these readings agree becomes
`possible`: {moved} of {findings} statuses, on {pages_moved:.0f} % of {pages} pages. `as the signal
says` is the share that has the true signal's status; `had it` is by the labels.
"""
_UNLIKE: Final = """\
An ECG is told to be unlike those in training (`unlike_training`) where 40 principal components
leave over more of its measurements than of 97.5 % of training ECGs. From the third row on,
{strange} held-out records are changed.
"""


def doubts(
    data: Annotated[Path, typer.Option(help="The data folder.")] = DATA_DIR,
    results: Annotated[Path, typer.Option(help="Page whose section is replaced.")] = (
        DOCS_DIR / "results.md"
    ),
    sample: Annotated[
        int | None, typer.Option(help="Only so many of the test records through pages.")
    ] = None,
    strange: Annotated[int, typer.Option(help="Records that are changed.")] = 80,
    folds: Annotated[int, typer.Option(help="Folds of the patients.")] = FOLDS,
    jobs: Annotated[int, typer.Option(help="Processes for features.")] = 2,
) -> None:
    """Measure reading errors and unlike ECGs on held-out patients."""
    records = development_records(data)
    draws, _ = extract_draws(records, jobs)
    learned = draws[draws.firsts]
    drawn = draw([r for r in records if r.source in TEST_SOURCES], sample, seed=0)
    pages, _ = extract_all(drawn, InputMode(PAGES), jobs)
    pages = pages[has_millivolts(pages) & (pages.reading[:, 2] > 0)]
    signals = learned[has_millivolts(learned)]
    pages = pages[np.isin(pages.record, signals.record)]
    models = held_out_models(fit_folds(draws, folds), learned, pages)
    groups = {_SHOWN: signals, _DRAWN: pages, **changed(drawn[:strange], signals)}
    text = section(
        list(page_findings(models, pages, rows_of(signals, pages))),
        list(unlike_ecgs(models, groups)),
        f" --sample {sample}" if sample else "",
        folds,
    )
    write_section(results, HEADING, text)
    typer.echo(text)


def rows_of(table: Table, like: Table) -> Table:
    """The rows of `table` with the records of `like`, in their order."""
    row = {record: number for number, record in enumerate(table.record.tolist())}
    return table[np.array([row[record] for record in like.record.tolist()], dtype=np.intp)]


def changed(records: Sequence[Record], like: Table) -> dict[str, Table]:
    """Records in each of the ways of ``STRANGE``, as a page shows them."""
    known = set(like.record.tolist())
    ecgs = {r: r.read() for r in records if r.id in known}
    ecgs = {record: ecg for record, ecg in ecgs.items() if ecg.leads == LEADS}
    ids = np.array([record.id for record in ecgs])
    rows = rows_of(like, replace(like, record=ids))
    backbone = Backbone((MODEL_DIR / BACKBONE).read_bytes())
    found = {}
    for name, change in STRANGE.items():
        features = []
        for record, whole in ecgs.items():
            ecg = replace(whole, signal=np.ascontiguousarray(change(whole.signal)))
            layout = page_spec(record, InputMode("shown")).layout
            features.append(extract_features(mask_to_layout(ecg, layout), backbone)[0])
        found[name] = replace(
            rows,
            embedding=np.array([f.embedding for f in features]),
            signal=np.array([f.signal for f in features]),
        )
    return found


def section(findings: Sequence[PageFinding], told: Sequence[Told], options: str, folds: int) -> str:
    """The section of the results."""
    pages = {f.record for f in findings}
    moved = [f for f in findings if f.moved]
    reading = _READING.format(
        inside=100 * float(np.mean([f.inside for f in findings])),
        moved=len(moved),
        findings=len(findings),
        pages_moved=100 * len({f.record for f in moved}) / len(pages),
        pages=len(pages),
    )
    strange = {name: [t for t in told if t.group == name] for name in STRANGE}
    changed_records = max(len(group) for group in strange.values())
    return "\n".join(
        [
            HEADING,
            "",
            _INTRODUCTION.format(options=options, folds=folds),
            reading,
            *_reading_table(findings),
            "",
            _UNLIKE.format(strange=changed_records),
            *_unlike_table(told),
            "",
        ]
    )


def _reading_table(findings: Sequence[PageFinding]) -> list[str]:
    lines = [
        "| status as it was read | readings agree | findings | as the signal says | had it |",
        "|---|---|---|---|---|",
    ]
    for status in ("likely", "unlikely"):
        for moved, name in ((False, "stays"), (True, "becomes `possible`")):
            rows = [f for f in findings if f.status == status and f.moved == moved]
            if rows:
                same = np.mean([f.true_status == f.status for f in rows])
                had_it = np.mean([f.had_it for f in rows])
                shares = f"{100 * same:.0f} % | {100 * had_it:.1f} %"
                lines.append(f"| {status} | {name} | {len(rows)} | {shares} |")
    return lines


def _unlike_table(told: Sequence[Told]) -> list[str]:
    groups: Mapping[str, list[Told]] = {
        name: [t for t in told if t.group == name] for name in dict.fromkeys(t.group for t in told)
    }
    lines = [
        "| ECGs | records | told to be unlike | likely ones right, unlike | others |",
        "|---|---|---|---|---|",
    ]
    for name, group in groups.items():
        cells = [
            _right([t for t in group if t.unlike is unlike]) if name in (_SHOWN, _DRAWN) else "-"
            for unlike in (True, False)
        ]
        share = 100 * float(np.mean([t.unlike for t in group]))
        lines.append(f"| {name} | {len(group)} | {share:.1f} % | {cells[0]} | {cells[1]} |")
    return lines


def _right(told: Sequence[Told]) -> str:
    return f"{sum(t.right for t in told)} of {sum(t.likely for t in told)}"
