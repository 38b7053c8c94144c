"""Statements that a cardiologist expects beside the six conditions, with their evidence.

Each is said where boosted trees over the measurements are sure enough, a paced rhythm where spikes
stand out before wide complexes. The trees, the thresholds
and what the statements were worth on patients that they had not seen are in the model folder.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.gradient_boosting import GradientBoosting
from heartsense.classifier.model_artifact import read_optional_files
from heartsense.classifier.strip.early_beats import EARLY_BEAT_NAMES, early_beats
from heartsense.classifier.strip.model import StripModel
from heartsense.files import model_folder, of_this_version
from heartsense.measurements import (
    FEATURE_NAMES,
    P_COHERENCE_NAMES,
    P_PROFILE_NAMES,
    PACING_SPIKES,
    Analysis,
    p_coherence,
    p_profile,
    pacing_spikes,
)

ARRAYS: Final = "statements.npz"
SETTINGS: Final = "statements.json"

_CONDUCTION: Final = "AHA/ACCF/HRS 2009 part III (Surawicz et al., Circulation 2009;119:e235-40)"
_HYPERTROPHY: Final = "AHA/ACCF/HRS 2009 part V (Hancock et al., Circulation 2009;119:e251-61)"
_TERMS: Final = "AHA/ACC/HRS 2007 part II (Mason et al., Circulation 2007;115:1325-32)"


@dataclass(frozen=True, slots=True)
class StatementEvidence:
    """A measurement that a statement rests on: its name, its value in words, and the leads."""

    name: str
    value: str
    leads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A feature that is shown as evidence, and how its value is written."""

    title: str
    feature: str
    form: str
    leads: tuple[str, ...] = ()
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class StatementText:
    """A statement: its id, its words, where its criteria come from, and its evidence."""

    id: str
    title: str
    source: str
    evidence: tuple[Measured, ...]


_LEFT_ANTERIOR: Final = "left_anterior_fascicular_block"
_BUNDLE_BRANCHES: Final = ("left_bundle_branch_block", "right_bundle_branch_block")
PACED: Final = "paced_rhythm"
_WIDE_QRS_MS: Final = 120.0
_PACED_QRS_MS: Final = 110.0
"""A stimulus in a ventricle makes a wide complex: before a narrow one a needle means nothing."""
_QRS: Final = Measured("QRS duration", "qrs_ms", "{:.0f} ms")
_RR: Final = Measured("RR variation", "rr_variation", "{:.0f} %", ("II",), 100.0)
_AXIS: Final = Measured("QRS axis", "qrs_axis_deg", "{:.0f}°", ("I", "aVF"))


def _r_part(lead: str) -> Measured:
    return Measured("R / (R + S)", f"r_part_{lead}", "{:.0f} %", (lead,), 100.0)


STATEMENTS: Final = (
    StatementText(
        "regular_with_p_waves",
        "Regular rhythm with P waves",
        _TERMS,
        (
            Measured("Heart rate", "heart_rate", "{:.0f} /min"),
            _RR,
            Measured("PR interval", "pr_ms", "{:.0f} ms"),
        ),
    ),
    StatementText(
        "atrial_fibrillation_or_flutter",
        "Atrial fibrillation or flutter",
        _TERMS,
        (
            _RR,
            Measured(
                "Change from one RR interval to the next", "rr_step_rms", "{:.0f} %", (), 100.0
            ),
            Measured("Scatter of the P peaks between leads", "p_scatter", "{:.0f} ms", (), 1000.0),
        ),
    ),
    StatementText(
        "left_bundle_branch_block",
        "Left bundle branch block",
        _CONDUCTION,
        (_QRS, _r_part("V1"), _r_part("V6"), _r_part("I")),
    ),
    StatementText(
        "right_bundle_branch_block",
        "Right bundle branch block, complete or incomplete",
        _CONDUCTION,
        (
            _QRS,
            _r_part("V1"),
            Measured("Time to the R peak", "activation_ms_V1", "{:.0f} ms", ("V1",)),
            _r_part("I"),
        ),
    ),
    StatementText(
        _LEFT_ANTERIOR,
        "Left anterior fascicular block",
        _CONDUCTION,
        (_AXIS, _QRS, _r_part("II")),
    ),
    StatementText(
        PACED,
        "Paced rhythm",
        _TERMS,
        (
            Measured("Spikes before the beats", PACING_SPIKES, "{:.0f} times what is beside them"),
            _QRS,
        ),
    ),
    StatementText("wide_qrs", "Wide QRS complexes", _CONDUCTION, (_QRS,)),
    StatementText(
        "long_pr",
        "Long PR interval (first-degree AV block)",
        _TERMS,
        (Measured("PR interval", "pr_ms", "{:.0f} ms"),),
    ),
    StatementText(
        "wide_early_beats",
        "Early wide beats",
        _TERMS,
        (
            Measured("Beats unlike the others", "odd_share", "{:.0f} %", (), 100.0),
            Measured("Earliest beat, of the usual RR", "earliest_prematurity", "{:.0f} %", (), 100),
        ),
    ),
    StatementText(
        "left_ventricular_hypertrophy",
        "Voltages of a thick left ventricle",
        _HYPERTROPHY,
        (
            Measured("Sokolow-Lyon voltage", "sokolow_lyon_mv", "{:.1f} mV", ("V1", "V5", "V6")),
            Measured("Cornell voltage", "cornell_mv", "{:.1f} mV", ("aVL", "V3")),
        ),
    ),
)
"""All that were tried; a model says those that earned it."""

OTHER_CHANGES: Final = frozenset(
    {
        *_BUNDLE_BRANCHES,
        *("wide_qrs", "long_pr", PACED, _LEFT_ANTERIOR),
    }
)
"""Statements that say which change the condition ``fusion_or_miscellaneous`` is."""

_FURTHER: Final = (*EARLY_BEAT_NAMES, *P_PROFILE_NAMES, *P_COHERENCE_NAMES, PACING_SPIKES)
STATEMENT_FEATURES: Final = (*FEATURE_NAMES, *_FURTHER)
"""What statements are made from: ``signal_features``, then ``further_features``."""
_TEXTS: Final = {text.id: text for text in STATEMENTS}
_COLUMN: Final = {name: number for number, name in enumerate(STATEMENT_FEATURES)}


@dataclass(frozen=True, slots=True)
class Worth:
    """What a statement was worth on patients that it was not learned from."""

    sensitivity: float
    ppv: float
    said: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement on one ECG. ``worth`` is that on the records of PTB-XL."""

    id: str
    title: str
    evidence: tuple[StatementEvidence, ...]
    source: str
    worth: Worth


@dataclass(frozen=True, slots=True, eq=False)
class StatementModel:
    """Threshold and worth of each statement that is said, and its trees, by its id.

    ``PACED`` has no trees.
    """

    trees: Mapping[str, GradientBoosting]
    thresholds: Mapping[str, float]
    worth: Mapping[str, Worth]


def further_features(found: Analysis, strips: StripModel | None) -> NDArray[np.float64]:
    """What statements are made from beside ``signal_features``; NaN where it is unknown."""
    return np.concatenate(
        (
            early_beats(found.ecg, strips),
            p_profile(found),
            p_coherence(found),
            [pacing_spikes(found)],
        )
    )


def statements_of(features: NDArray[np.float64], model: StatementModel) -> tuple[Statement, ...]:
    """What can be said of twelve leads.

    Parameters
    ----------
    features : float64 array, shape (len(STATEMENT_FEATURES),)
    model : StatementModel
    """
    said = [id for id, least in model.thresholds.items() if _score(id, features, model) >= least]
    return tuple(
        Statement(id, _TEXTS[id].title, _evidence(id, features), _TEXTS[id].source, model.worth[id])
        for id in said
        if not _excluded(id, said, float(features[_COLUMN[_QRS.feature]]))
    )


def _score(id: str, features: NDArray[np.float64], model: StatementModel) -> float:
    if id == PACED:
        return float(paced_score(features))
    return float(model.trees[id].probabilities(features[None, :])[0, 1])


def paced_score(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """The score of ``PACED``, shape (...), of features of shape (..., features).

    ``pacing_spikes`` where the complexes are wide, else 0: too few records are paced for trees.
    """
    spikes, qrs_ms = (features[..., _COLUMN[name]] for name in (PACING_SPIKES, _QRS.feature))
    return np.where(qrs_ms >= _PACED_QRS_MS, np.nan_to_num(spikes), 0.0)


def _excluded(id: str, said: Sequence[str], qrs_ms: float) -> bool:
    """Whether the published criteria exclude a statement that the trees would make.

    A left anterior fascicular block alone has a QRS duration under 120 ms (AHA/ACCF/HRS 2009); a
    longer one is another block or a paced beat, or both fascicular and right bundle branch block.
    What a stimulus makes wide, or turns the axis of, is no block.
    """
    if PACED in said and id in (*_BUNDLE_BRANCHES, _LEFT_ANTERIOR):
        return True
    if id != _LEFT_ANTERIOR or "right_bundle_branch_block" in said:
        return False
    return "left_bundle_branch_block" in said or qrs_ms >= _WIDE_QRS_MS


def _evidence(id: str, features: NDArray[np.float64]) -> tuple[StatementEvidence, ...]:
    """What is known of a statement's measurements."""
    values = [(m, float(features[_COLUMN[m.feature]])) for m in _TEXTS[id].evidence]
    return tuple(
        StatementEvidence(m.title, m.form.format(m.scale * value), m.leads)
        for m, value in values
        if np.isfinite(value)
    )


def load_statement_model(folder: Path | None = None) -> StatementModel | None:
    """Read the model of the statements; None from a model folder that has none.

    Raises
    ------
    ModelMissingError
        If one of its files is not there.
    ModelChangedError
        If a file is not the one that the manifest names, or cannot be read.
    """
    files = read_optional_files(folder or model_folder(), SETTINGS, ARRAYS)
    if files is None:
        return None
    settings, content = files
    with of_this_version(SETTINGS):
        said = json.loads(settings)["statements"]
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            ids = [id for id in said if id in _TEXTS]
            trees = {id: GradientBoosting.from_arrays(arrays, id) for id in ids if id != PACED}
        return StatementModel(
            trees=trees,
            thresholds={id: float(said[id]["threshold"]) for id in ids},
            worth={id: Worth(**said[id]["worth"]) for id in ids},
        )
