"""The ``fit`` step: train on every development record and release the model."""

import json
import pickle
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
from rich.progress import track

from heartsense.classifier.model_artifact import BACKBONE, ENSEMBLE, MANIFEST, load_model, sha256
from heartsense.conditions import CONDITION_IDS
from training.errors import FeedbackError
from training.evaluate.folds import Material
from training.features import Table, Way, extract_all
from training.feedback import Verdict, compare, features_of, read_export
from training.fit.ensemble import Trained, fit_ensemble
from training.fit.settings import Settings
from training.paths import DATA, MODEL, WORKSHOP
from training.records import TESTED, development_records

ROUNDING: Final = 1e-9
"""Difference of scores that sums in another order may make."""

LIMIT: Final = 12_000_000
"""Bytes that the model folder may take."""


def fit(
    data: Annotated[Path, typer.Option(help="The data folder.")] = DATA,
    out: Annotated[Path, typer.Option(help="Model folder; must hold backbone.tflite.")] = MODEL,
    cap: Annotated[int, typer.Option(help="Classes above it are undersampled.")] = Settings().cap,
    jobs: Annotated[int, typer.Option(help="Processes for features.")] = 2,
    feedback: Annotated[
        Path | None, typer.Option(help="JSON lines of GET /feedback/export; needs --pictures.")
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="Folder that the export's picture keys are paths below.")
    ] = None,
) -> None:
    """Train the ensemble and write ensemble.pkl and manifest.json.

    With --feedback a model that is worse than the released one is refused: exit status 1.
    """
    if (feedback is None) != (pictures is None):
        raise typer.BadParameter("--feedback and --pictures belong together")
    table, refused = extract_all(development_records(data), Way("shown"), jobs, out)
    for record, code in refused.items():
        typer.echo(f"{record}: {code}")
    settings = Settings(cap=cap)
    verdict = None
    if feedback is not None and pictures is not None:
        corrections = read_corrections(feedback, pictures, jobs, out)
        verdict = judge(table, corrections, settings, data, jobs, out)
        if not verdict.passed:
            raise typer.Exit(1)
        table = Table.join([table, corrections])
    trained = fit_ensemble(table, settings)
    release(trained, table, settings, out, verdict)
    report(trained, out)
    apart = parity(trained, table, out)
    typer.echo(f"served = trained on {len(table)} records: same votes, scores within {apart:.1e}")


def read_corrections(feedback: Path, pictures: Path, jobs: int, model: Path) -> Table:
    """The corrections of an export that can be trained on; prints what is left out, and why."""
    corrections, skipped = read_export(feedback)
    table, unread = features_of(corrections, pictures, jobs, model)
    for prediction, reason in {**skipped, **unread}.items():
        typer.echo(f"correction of {prediction} not used: {reason}")
    typer.echo(f"{len(table)} corrections used, {len(skipped) + len(unread)} not")
    if not len(table):
        raise FeedbackError(f"{feedback} holds no correction that can be used")
    return table


def judge(
    train: Table, corrections: Table, settings: Settings, data: Path, jobs: int, model: Path
) -> Verdict:
    """Ask the gate; prints both recipes' figures and leaves them in the workshop."""
    tested = [record for record in development_records(data) if record.source in TESTED]
    through, _ = extract_all(tested, Way("clean"), jobs, model)
    verdict = compare(Material(train, through, through), corrections, settings, jobs)
    path = WORKSHOP / "gate.json"
    path.write_text(json.dumps(verdict.to_dict(), indent=2) + "\n")
    for line in verdict.lines():
        typer.echo(line)
    typer.echo(f"figures: {path}")
    return verdict


def release(
    trained: Trained, table: Table, settings: Settings, out: Path, verdict: Verdict | None = None
) -> None:
    """Write the served model to `out`, the library-trained classifiers to the workshop."""
    (out / ENSEMBLE).write_bytes(pickle.dumps(trained.ensemble.to_state(), protocol=5))
    WORKSHOP.mkdir(exist_ok=True)
    (WORKSHOP / "classifiers.pkl").write_bytes(pickle.dumps(trained.members))
    files = {name: (out / name).read_bytes() for name in (BACKBONE, ENSEMBLE)}
    digests = {name: sha256(content) for name, content in files.items()}
    manifest = {
        "version": _version(digests),
        "created": datetime.now(UTC).date().isoformat(),
        "sha256": digests,
        "conditions": list(CONDITION_IDS),
        "data": _data(table),
        "settings": {name: getattr(settings, name) for name in Settings.__slots__},
        "balance": {
            "cap": settings.cap,
            "before": dict(zip(CONDITION_IDS, trained.balance.before.tolist(), strict=True)),
            "after": dict(zip(CONDITION_IDS, trained.balance.after.tolist(), strict=True)),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "scikit-learn", "scikit-multilearn-ng")},
        },
        "metrics": _metrics(),
        **({} if verdict is None else {"gate": verdict.to_dict()}),
    }
    (out / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    size = sum(path.stat().st_size for path in out.iterdir())
    if size > LIMIT:
        raise RuntimeError(f"{out} takes {size} bytes, more than {LIMIT}")


def report(trained: Trained, out: Path) -> None:
    """Print what was released."""
    for path in sorted(out.iterdir()):
        typer.echo(f"{path}: {path.stat().st_size} bytes")
    cut = trained.balance
    for id, before, after in zip(CONDITION_IDS, cut.before, cut.after, strict=True):
        typer.echo(f"{id}: {before} records, {after} after balancing")


def parity(trained: Trained, table: Table, out: Path) -> float:
    """Greatest difference between served and library-trained scores.

    Raises
    ------
    RuntimeError
        If the released ensemble votes differently on any record, or scores further apart than
        rounding can explain.
    """
    served = load_model(out).ensemble
    library = trained.library_scores(table)
    greatest = 0.0
    for row in track(range(len(table)), "served = trained"):
        scores, branches = served.scores(table.features(row))
        thresholds = served.calibrations[branches - 1].votes
        greatest = max(greatest, float(np.abs(scores - library[row]).max()))
        if greatest > ROUNDING or ((scores > thresholds) != (library[row] > thresholds)).any():
            raise RuntimeError(f"served and trained ensemble disagree on {table.record[row]}")
    return greatest


def _version(digests: dict[str, str]) -> str:
    """Changes with any byte of the model."""
    return "1.0.0+" + sha256("".join(sorted(digests.values())).encode())[:8]


def _data(table: Table) -> dict[str, Any]:
    sources = sorted(set(table.source.tolist()))
    return {source: int((table.source == source).sum()) for source in sources}


def _metrics() -> dict[str, Any]:
    """The figures of the last evaluation, if there was one."""
    path = WORKSHOP / "evaluation.json"
    return dict(json.loads(path.read_text())["released"]) if path.is_file() else {}
