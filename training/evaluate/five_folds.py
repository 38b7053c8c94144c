"""All figures of the folds, from features to tables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from training.evaluate.figures import (
    EXTERNAL,
    ORIGINAL,
    RELEASED,
    SAME_SIGNALS,
    SHOWN,
    SOURCES,
    evaluate_parts,
)
from training.evaluate.folds import LEARNED, Held, fit_folds, is_external, predict
from training.evaluate.guarantees import bounds, calibration_errors
from training.evaluate.original import original_method
from training.evaluate.subgroups import page_groups, patient_groups
from training.evaluate.urgencies import urgencies
from training.features import Table
from training.fit.tiers import Scored, database_of
from training.render import PageSpec
from training.sources.people import people_of_records


def evaluate_folds(
    data: Path,
    learned: Table,
    pages: Table,
    signals: Table,
    one_look: Table,
    specs: Mapping[str, PageSpec],
    folds: int,
) -> tuple[dict[str, Any], Held]:
    """The tables of ``page.Evaluation``, and what is said of the tested pages.

    Parameters
    ----------
    data : Path
        The data folder.
    learned : Table
        All records, as several pages show them.
    pages, signals : Table
        Tested and external records through pages, and their true signals, in the same order.
    one_look : Table
        Tested records on pages of one look, for the original method.
    specs : mapping of str to PageSpec
        The look of each tested record's page.
    folds : int
        Folds of the patients.
    """
    fitted = fit_folds(learned, folds)
    learned = learned[learned.firsts]
    held = predict(fitted, learned, {RELEASED: pages, SAME_SIGNALS: signals})
    ours = {way: h[~is_external(h.table)] for way, h in held.items()}
    others = {way: h[is_external(h.table)] for way, h in held.items()}
    named = {RELEASED: RELEASED, SAME_SIGNALS: SAME_SIGNALS, LEARNED: SHOWN}
    metrics = [
        part
        for way, name in named.items()
        for part in evaluate_parts(name, ours[way].table, ours[way].predictions, _sources(way))
    ]
    metrics += evaluate_parts(ORIGINAL, one_look, original_method(one_look, folds))
    scored = {way: _scored(h) for way, h in ours.items()}
    page_specs = [specs[id] for id in ours[RELEASED].table.record.tolist()]
    people = people_of_records(data)
    ways = {"through pictures": RELEASED, "what a page shows": LEARNED}
    return {
        "metrics": metrics,
        "external": [
            part
            for way in (RELEASED, SAME_SIGNALS)
            for part in evaluate_parts(
                named[way], others[way].table, others[way].predictions, EXTERNAL
            )
        ],
        "calibration": {name: calibration_errors(scored[way]) for name, way in ways.items()},
        "bounds": bounds(scored[LEARNED]),
        "urgencies": {
            name: urgencies(scored[way], ours[way].predictions) for name, way in ways.items()
        },
        "patients": patient_groups(ours[LEARNED], people),
        "pages": page_groups(ours[RELEASED], page_specs),
    }, ours[RELEASED]


def _sources(way: str) -> dict[str, str]:
    more = {"ptbxl-more": "further PTB-XL records"} if way == LEARNED else {}
    return {**SOURCES, **more}


def _scored(held: Held) -> Scored:
    table = held.table
    return Scored(
        held.predictions.probability,
        np.asarray(held.predictions.predicted, dtype=np.bool_),
        table.labels,
        database_of(table.source),
        table.patient,
    )
