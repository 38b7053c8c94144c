"""The ``strips`` step: fit the model of one lead, test it on DS2, write it and its figures."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
from numpy.typing import NDArray

from heartsense.classifier.strip.model import ARRAYS, BEATS, SETTINGS, StripModel
from training import BUILD_DIR, DATA_DIR, DOCS_DIR, MODEL_DIR
from training.fit.digests import renew_manifest
from training.results_page import write_section
from training.strips.evaluate import predict
from training.strips.examples import Example, from_pictures, from_signals
from training.strips.fit import FittedStrips, fit_strips
from training.strips.other_patients import OtherStrip, read_other_strips
from training.strips.pictures import read_pictures
from training.strips.report import (
    FROM_SIGNALS,
    HEADING,
    THROUGH_PICTURES,
    Methods,
    section,
)
from training.strips.thresholds import (
    beat_thresholds,
    condition_tiers,
    fibrillation_threshold,
    tier_means,
)
from training.strips.windows import TESTING, TRAINING, Window, read_windows

_MAX_DIFFERENCE: Final = 1e-12
"""Difference between served and library probabilities that may come from rounding."""


def strips(
    data: Annotated[Path, typer.Option(help="Folder that holds mitbih/.")] = DATA_DIR,
    out: Annotated[Path, typer.Option(help="Model folder; holds an ensemble.")] = MODEL_DIR,
    results: Annotated[Path, typer.Option(help="Page whose section on strips is replaced.")] = (
        DOCS_DIR / "results.md"
    ),
    cache: Annotated[Path, typer.Option(help="Where pictures that were read are kept.")] = (
        BUILD_DIR / "strips"
    ),
) -> None:
    """Train on MIT-BIH's DS1 and test on its DS2, from signals and through pictures.

    Pictures are drawn of every third window of DS1, and of two windows in three of DS2.
    """
    training = read_windows(data, TRAINING)
    drawn = [w for w in training if w.number % 3 == 0]
    examples = from_signals([w for w in training if w.number % 2 == 0])
    examples += _through_pictures(drawn, cache)
    model = fit_model(examples, read_other_strips(data))
    tested = [w for w in read_windows(data, TESTING) if w.number % 3 != 2]
    release(model, _test(model, tested, cache), out, results)


def fit_model(examples: Sequence[Example], others: Sequence[OtherStrip]) -> StripModel:
    """Fit on DS1 and choose all thresholds on its folds; nothing is known of tiers yet."""
    fitted, out_of_fold = fit_strips(examples, others)
    typer.echo(f"served = trained within {check_parity(fitted, examples):.1e}")
    fibrillation = fibrillation_threshold(examples, out_of_fold)
    return StripModel(
        trees=fitted.trees,
        tiers=condition_tiers(examples, out_of_fold),
        beat_thresholds=beat_thresholds(examples, out_of_fold, fibrillation),
        fibrillation=fibrillation,
        tier_means={},
    )


def release(model: StripModel, tested: Methods, out: Path, results: Path) -> None:
    """Measure what the tiers mean, write the model, and its figures into the page."""
    read = tested[THROUGH_PICTURES]
    truth = np.array([p.truth for p in read])
    means = tier_means(truth, np.array([p.windows for p in read]), model.tiers)
    write_model(out, replace(model, tier_means=means))
    text = section(tested, means)
    write_section(results, HEADING, text)
    typer.echo(text)


def _test(model: StripModel, windows: Sequence[Window], cache: Path) -> Methods:
    return {
        name: [predict(example, model) for example in read]
        for name, read in (
            (FROM_SIGNALS, from_signals(windows)),
            (THROUGH_PICTURES, _through_pictures(windows, cache)),
        )
    }


def _through_pictures(windows: Sequence[Window], cache: Path) -> list[Example]:
    return from_pictures(windows, read_pictures(windows, cache))


def check_parity(fitted: FittedStrips, examples: Sequence[Example]) -> float:
    """Greatest difference between the served and the library's probabilities of beats.

    Raises
    ------
    RuntimeError
        If it is more than rounding.
    """
    features = np.concatenate([example.features for example in examples[::20]])
    served = fitted.trees[BEATS].probabilities(features)
    library = fitted.classifiers[BEATS].predict_proba(features)
    apart = float(np.abs(served - library).max())
    if apart > _MAX_DIFFERENCE:
        raise RuntimeError(f"served and trained trees of the beats differ by {apart}")
    return apart


def write_model(out: Path, model: StripModel) -> None:
    """Write the served arrays and the settings, and name them in the manifest."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, trees in model.trees.items():
        arrays |= trees.to_arrays(name)
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    out.mkdir(parents=True, exist_ok=True)
    (out / ARRAYS).write_bytes(content.getvalue())
    settings = {
        "trained_on": list(TRAINING),
        "tiers": {id: asdict(tiers) for id, tiers in model.tiers.items()},
        "beat_thresholds": model.beat_thresholds,
        "fibrillation": model.fibrillation,
        "tier_means": {
            id: {status: asdict(means) for status, means in of_id.items()}
            for id, of_id in model.tier_means.items()
        },
    }
    (out / SETTINGS).write_text(json.dumps(settings, indent=2) + "\n")
    renew_manifest(out)
