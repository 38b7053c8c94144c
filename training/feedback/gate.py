"""The gate: a model fitted with corrections must not be worse than the released one.

Both are cross-validated on the same five folds by patient, through pages: the baseline with the
released hyperparameters and without corrections, the candidate with all corrections in every
training fold. Corrections are never tested on, so they cannot confirm themselves. The released
files cannot be compared directly, since both have seen the test records.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import heartsense
from training import BUILD_DIR, REPO_DIR
from training.evaluate.cross_validation import (
    EvaluationData,
    Predictions,
    cross_validate,
    fit_and_predict,
)
from training.evaluate.metrics import calibration_error, macro_auroc
from training.features import Table
from training.fit.settings import FitSettings

AUROC_LOSS: Final = 0.01
"""Largest accepted decrease of the pooled macro AUROC."""
CALIBRATION_LOSS: Final = 0.02
"""Largest accepted increase of the pooled calibration error."""


@dataclass(frozen=True, slots=True)
class GateMetrics:
    """Metrics of one model on one part of the tested records."""

    records: int
    macro_auroc: float
    calibration_error: float


@dataclass(frozen=True, slots=True)
class GateResult:
    """Metrics of both models by part, ``pooled`` first; ``reasons`` is empty if it passed."""

    released: dict[str, GateMetrics]
    candidate: dict[str, GateMetrics]
    corrections: int
    reasons: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.reasons

    def to_dict(self) -> dict[str, Any]:
        """Names and values for JSON."""
        limits = {"macro_auroc_loss": AUROC_LOSS, "calibration_error_rise": CALIBRATION_LOSS}
        return {"passed": self.passed, "limits": limits, **asdict(self)}

    def lines(self) -> list[str]:
        """Lines for the console."""
        shown = [
            f"{part}, {before.records} records: macro AUROC {before.macro_auroc:.4f} -> "
            f"{after.macro_auroc:.4f}, calibration error {before.calibration_error:.4f} -> "
            f"{after.calibration_error:.4f}"
            for (part, before), after in zip(
                self.released.items(), self.candidate.values(), strict=True
            )
        ]
        end = "passed" if self.passed else f"refused: {'; '.join(self.reasons)}"
        return [*shown, f"gate: {end}"]


def run_gate(
    eval_data: EvaluationData,
    corrections: Table,
    settings: FitSettings,
    jobs: int,
    released: FitSettings | None = None,
) -> GateResult:
    """Compare a fit with `corrections` and `settings` to the released fit without corrections."""
    before = _cached_baseline(eval_data, released or FitSettings(), jobs)
    method = partial(_predict, corrections=corrections, settings=settings)
    after = cross_validate(eval_data, method, "with corrections", jobs)
    figures = _gate_metrics(eval_data.tested, before), _gate_metrics(eval_data.tested, after)
    return GateResult(*figures, len(corrections), _refusal_reasons(*(f["pooled"] for f in figures)))


def _predict(
    eval_data: EvaluationData,
    train: NDArray[np.bool_],
    test: NDArray[np.intp],
    settings: FitSettings,
    corrections: Table | None = None,
) -> Predictions:
    parts = [eval_data.train[train], *([] if corrections is None else [corrections])]
    return fit_and_predict(Table.join(parts), eval_data.tested[test], settings)


def _cached_baseline(eval_data: EvaluationData, settings: FitSettings, jobs: int) -> Predictions:
    """Predictions of the baseline, cached until records, features or code change."""
    path = BUILD_DIR / "gate" / f"released-{_digest(eval_data, settings)}.npz"
    if not path.is_file():
        predictions = cross_validate(
            eval_data, partial(_predict, settings=settings), "released", jobs
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        partial_path = path.with_suffix(".partial")
        with partial_path.open("wb") as file:
            np.savez(file, **asdict(predictions))
        partial_path.rename(path)
    with np.load(path) as kept:
        return Predictions(kept["probability"], kept["predicted"], kept["tier"])


def _digest(eval_data: EvaluationData, settings: FitSettings) -> str:
    digest = hashlib.sha256(repr(settings).encode())
    for table in (eval_data.train, eval_data.tested):
        for values in (table.record, table.patient, table.labels, table.embedding, table.signal):
            digest.update(np.ascontiguousarray(values).tobytes())
    for file in _source_files():
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _source_files() -> Sequence[Path]:
    """Source files, beside the features, that the predictions depend on."""
    training = REPO_DIR / "training"
    folders = [training / "fit", Path(heartsense.__file__).parent / "classifier"]
    files = [training / "undersampling.py", training / "evaluate" / "cross_validation.py"]
    return files + [file for folder in folders for file in sorted(folder.rglob("*.py"))]


def _gate_metrics(tested: Table, predictions: Predictions) -> dict[str, GateMetrics]:
    sources = np.unique(tested.source).tolist()
    parts = {"pooled": np.ones(len(tested), np.bool_), **{s: tested.source == s for s in sources}}
    return {
        name: GateMetrics(
            records=int(rows.sum()),
            macro_auroc=macro_auroc(tested.labels[rows], predictions.probability[rows]),
            calibration_error=calibration_error(tested.labels[rows], predictions.probability[rows]),
        )
        for name, rows in parts.items()
    }


def _refusal_reasons(before: GateMetrics, after: GateMetrics) -> tuple[str, ...]:
    fall = before.macro_auroc - after.macro_auroc
    rise = after.calibration_error - before.calibration_error
    reasons = []
    # Negated, so that NaN refuses.
    if not fall <= AUROC_LOSS:
        reasons.append(f"macro AUROC falls by {fall:.4f}, more than {AUROC_LOSS}")
    if not rise <= CALIBRATION_LOSS:
        reasons.append(f"calibration error rises by {rise:.4f}, more than {CALIBRATION_LOSS}")
    return tuple(reasons)
