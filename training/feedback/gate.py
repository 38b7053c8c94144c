"""The gate: with doctors' corrections a model may not be worse than the released one.

Both recipes run on the same five folds by patient, through pictures: the released one without the
corrections, the candidate with all of them in every fold's training part. Corrections are never
tested on, so a correction cannot vouch for itself. Comparing the files themselves would not be
fair: both have seen the test records.
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
from training.evaluate.folds import Material, Outcome, cross_validate, ensemble_outcome
from training.evaluate.metrics import calibration_error, macro_auroc
from training.features import Table
from training.fit.settings import Settings
from training.paths import ROOT, WORKSHOP

AUROC_LOSS: Final = 0.01
"""The most that the pooled macro AUROC may fall."""
CALIBRATION_LOSS: Final = 0.02
"""The most that the pooled calibration error may rise."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one recipe on one part of the tested records."""

    records: int
    macro_auroc: float
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Both recipes' figures by part, ``pooled`` first; ``reasons`` are empty when it passed."""

    released: dict[str, Figures]
    candidate: dict[str, Figures]
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
        """Sentences for a person."""
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


def compare(
    material: Material,
    corrections: Table,
    settings: Settings,
    jobs: int,
    released: Settings | None = None,
) -> Verdict:
    """Judge training with `corrections` and `settings` against the released recipe without."""
    before = _remembered(material, released or Settings(), jobs)
    method = partial(_outcome, corrections=corrections, settings=settings)
    after = cross_validate(material, method, "with corrections", jobs)
    figures = _figures(material.tested, before), _figures(material.tested, after)
    return Verdict(*figures, len(corrections), _reasons(*(f["pooled"] for f in figures)))


def _outcome(
    material: Material,
    train: NDArray[np.bool_],
    test: NDArray[np.intp],
    settings: Settings,
    corrections: Table | None = None,
) -> Outcome:
    parts = [material.train[train], *([] if corrections is None else [corrections])]
    return ensemble_outcome(Table.join(parts), material.tested[test], settings)


def _remembered(material: Material, settings: Settings, jobs: int) -> Outcome:
    """The released recipe's outcome; it is the same until records, features or code change."""
    path = WORKSHOP / "gate" / f"released-{_digest(material, settings)}.npz"
    if not path.is_file():
        outcome = cross_validate(material, partial(_outcome, settings=settings), "released", jobs)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial_path = path.with_suffix(".partial")
        with partial_path.open("wb") as file:
            np.savez(file, **asdict(outcome))
        partial_path.rename(path)
    with np.load(path) as kept:
        return Outcome(kept["probability"], kept["called"], kept["unsure"])


def _digest(material: Material, settings: Settings) -> str:
    digest = hashlib.sha256(repr(settings).encode())
    for table in (material.train, material.tested):
        for values in (table.record, table.patient, table.labels, table.embedding, table.signal):
            digest.update(np.ascontiguousarray(values).tobytes())
    for file in _code():
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _code() -> Sequence[Path]:
    """What a recipe's outcome depends on beside the features."""
    training = ROOT / "training"
    folders = [training / "fit", Path(heartsense.__file__).parent / "classifier"]
    files = [training / "balance.py", training / "evaluate" / "folds.py"]
    return files + [file for folder in folders for file in sorted(folder.rglob("*.py"))]


def _figures(tested: Table, outcome: Outcome) -> dict[str, Figures]:
    sources = np.unique(tested.source).tolist()
    parts = {"pooled": np.ones(len(tested), np.bool_), **{s: tested.source == s for s in sources}}
    return {
        name: Figures(
            records=int(rows.sum()),
            macro_auroc=macro_auroc(tested.labels[rows], outcome.probability[rows]),
            calibration_error=calibration_error(tested.labels[rows], outcome.probability[rows]),
        )
        for name, rows in parts.items()
    }


def _reasons(before: Figures, after: Figures) -> tuple[str, ...]:
    fall = before.macro_auroc - after.macro_auroc
    rise = after.calibration_error - before.calibration_error
    reasons = []
    # Asked this way round, a figure that is not a number refuses.
    if not fall <= AUROC_LOSS:
        reasons.append(f"macro AUROC falls by {fall:.4f}, more than {AUROC_LOSS}")
    if not rise <= CALIBRATION_LOSS:
        reasons.append(f"calibration error rises by {rise:.4f}, more than {CALIBRATION_LOSS}")
    return tuple(reasons)
