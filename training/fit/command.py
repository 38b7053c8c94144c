"""The ``fit`` step: fit the ensemble to every development record and write the model."""

import json
import pickle
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
from rich.progress import track

from heartsense.classifier import reading
from heartsense.classifier.model_artifact import ENSEMBLE, MANIFEST, load_model
from heartsense.conditions import CONDITION_IDS
from training import BUILD_DIR, DATA_DIR, MODEL_DIR, FeedbackError
from training.evaluate.cross_validation import EvaluationData
from training.features import InputMode, Table, extract_all, extract_draws
from training.feedback import GateResult, extract_corrections, read_export, run_gate
from training.fit.digests import file_digests, version_of
from training.fit.ensemble import TrainedEnsemble, fit_ensemble
from training.fit.settings import FitSettings
from training.records import TEST_SOURCES, development_records, training_records

MAX_SCORE_DIFFERENCE: Final = 1e-9
"""Difference of scores that may come from summation in another order."""

MAX_MODEL_BYTES: Final = 12_000_000
"""Limit of the model folder."""


def fit(
    data: Annotated[Path, typer.Option(help="The data folder.")] = DATA_DIR,
    out: Annotated[Path, typer.Option(help="Model folder; must hold backbone.tflite.")] = MODEL_DIR,
    cap: Annotated[
        int, typer.Option(help="Classes above it are undersampled.")
    ] = FitSettings().cap,
    jobs: Annotated[int, typer.Option(help="Processes for features.")] = 2,
    dask: Annotated[str | None, typer.Option(help="Dask scheduler for features.")] = None,
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
    table, refused = extract_draws(training_records(data), jobs, out, dask)
    for record, code in refused.items():
        typer.echo(f"{record}: {code}")
    settings = FitSettings(cap=cap)
    gate_result = None
    if feedback is not None and pictures is not None:
        corrections = read_corrections(feedback, pictures, jobs, out)
        gate_result = apply_gate(table, corrections, settings, data, jobs, out)
        if not gate_result.passed:
            raise typer.Exit(1)
        table = Table.join([table, corrections])
    trained = fit_ensemble(table, settings)
    release(trained, table, settings, out, gate_result)
    print_summary(trained, out)
    first = table[table.firsts]
    apart = check_parity(trained, first, out)
    typer.echo(f"served = trained on {len(first)} records: same votes, scores within {apart:.1e}")


def read_corrections(feedback: Path, pictures: Path, jobs: int, model: Path) -> Table:
    """Read the usable corrections of an export; print those left out, with the reason.

    Raises
    ------
    FeedbackError
        If none is usable.
    """
    corrections, skipped = read_export(feedback)
    table, unread = extract_corrections(corrections, pictures, jobs, model)
    for prediction, reason in {**skipped, **unread}.items():
        typer.echo(f"correction of {prediction} not used: {reason}")
    typer.echo(f"{len(table)} corrections used, {len(skipped) + len(unread)} not")
    if not len(table):
        raise FeedbackError(f"{feedback} holds no correction that can be used")
    return table


def apply_gate(
    train: Table, corrections: Table, settings: FitSettings, data: Path, jobs: int, model: Path
) -> GateResult:
    """Run the gate; print the metrics of both and write them to ``build/gate.json``."""
    tested = [record for record in development_records(data) if record.source in TEST_SOURCES]
    pages, _ = extract_all(tested, InputMode("clean"), jobs, model)
    gate_result = run_gate(EvaluationData(train, pages, pages), corrections, settings, jobs)
    path = BUILD_DIR / "gate.json"
    path.write_text(json.dumps(gate_result.to_dict(), indent=2) + "\n")
    for line in gate_result.lines():
        typer.echo(line)
    typer.echo(f"figures: {path}")
    return gate_result


def release(
    trained: TrainedEnsemble,
    table: Table,
    settings: FitSettings,
    out: Path,
    gate_result: GateResult | None = None,
) -> None:
    """Write the model to `out` and the library classifiers to the build folder.

    The codes in ``reading.npz`` are those of the ensemble before: it is removed.
    """
    (out / reading.ARRAYS).unlink(missing_ok=True)
    (out / ENSEMBLE).write_bytes(pickle.dumps(trained.ensemble.to_state(), protocol=5))
    BUILD_DIR.mkdir(exist_ok=True)
    (BUILD_DIR / "classifiers.pkl").write_bytes(pickle.dumps(trained.classifiers))
    manifest = _manifest(trained, table, settings, file_digests(out))
    manifest["metrics"] = _metrics(out)
    if gate_result is not None:
        manifest["gate"] = gate_result.to_dict()
    (out / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    size = sum(path.stat().st_size for path in out.iterdir())
    if size > MAX_MODEL_BYTES:
        raise RuntimeError(f"{out} takes {size} bytes, more than {MAX_MODEL_BYTES}")


def print_summary(trained: TrainedEnsemble, out: Path) -> None:
    """Print file sizes and class counts."""
    for path in sorted(out.iterdir()):
        typer.echo(f"{path}: {path.stat().st_size} bytes")
    balanced = trained.balance
    for id, before, after in zip(CONDITION_IDS, balanced.before, balanced.after, strict=True):
        typer.echo(f"{id}: {before} records, {after} after balancing")


def check_parity(trained: TrainedEnsemble, table: Table, out: Path) -> float:
    """Greatest difference between the scores of inference and of the libraries.

    Raises
    ------
    RuntimeError
        If a vote differs on any record, or a score by more than ``MAX_SCORE_DIFFERENCE``.
    """
    served = load_model(out).ensemble
    library = trained.library_scores(table)
    greatest = 0.0
    for row in track(range(len(table)), "served = trained"):
        scores, count = served.scores(table.features(row))
        thresholds = served.calibrations[count - 1].votes
        greatest = max(greatest, float(np.abs(scores - library[row]).max()))
        same_votes = ((scores > thresholds) == (library[row] > thresholds)).all()
        if greatest > MAX_SCORE_DIFFERENCE or not same_votes:
            raise RuntimeError(f"served and trained ensemble disagree on {table.record[row]}")
    return greatest


def _manifest(
    trained: TrainedEnsemble, table: Table, settings: FitSettings, digests: dict[str, str]
) -> dict[str, Any]:
    """The manifest: version, digests, data, hyperparameters, library versions, metrics."""
    return {
        "version": version_of(digests),
        "sha256": digests,
        "conditions": list(CONDITION_IDS),
        "data": _data(table[table.firsts]),
        "data_sha256": table.digest(),
        "settings": {name: getattr(settings, name) for name in FitSettings.__slots__},
        "balance": {
            "cap": settings.cap,
            "before": dict(zip(CONDITION_IDS, trained.balance.before.tolist(), strict=True)),
            "after": dict(zip(CONDITION_IDS, trained.balance.after.tolist(), strict=True)),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "scikit-learn", "scikit-multilearn-ng")},
        },
    }


def _data(table: Table) -> dict[str, Any]:
    sources = sorted(set(table.source.tolist()))
    return {source: int((table.source == source).sum()) for source in sources}


def _metrics(folder: Path) -> dict[str, Any]:
    """The metrics of the last evaluation here, else those of the model that is replaced."""
    path = BUILD_DIR / "evaluation.json"
    if path.is_file():
        return dict(json.loads(path.read_text())["released"])
    path = folder / MANIFEST
    return dict(json.loads(path.read_text()).get("metrics", {})) if path.is_file() else {}
