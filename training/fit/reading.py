"""The ``reading`` step: what reading errors do to codes, and which ECGs are like those in training.

Both belong to one ensemble: after ``fit`` this step is run again.
"""

import io
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.model_selection import GroupKFold

from heartsense.classifier.encoder import LEVELS
from heartsense.classifier.ensemble import Ensemble
from heartsense.classifier.model_artifact import load_model
from heartsense.classifier.reading import ARRAYS, KnownEcgs, ReadingErrors, ReadingModel
from training import DATA_DIR, MODEL_DIR
from training.evaluate.command import PAGES, draw
from training.features import InputMode, Table, extract_all
from training.fit.digests import renew_manifest
from training.fit.encoding import encode
from training.fit.ensemble import has_millivolts
from training.records import (
    TEST_SOURCES,
    development_records,
    training_records,
    without_photographed,
)
from training.sources import Record

_COMPONENTS: Final = 40
_FOLDS: Final = 4
LIKE: Final = 0.975
"""Share of the training ECGs that are not told, each by components of other patients."""

Codes = NDArray[np.uint8]


def reading(
    data: Annotated[Path, typer.Option(help="The data folder.")] = DATA_DIR,
    out: Annotated[Path, typer.Option(help="Model folder; holds an ensemble.")] = MODEL_DIR,
    pages: Annotated[int, typer.Option(help="Records drawn as pages and read back.")] = 240,
    jobs: Annotated[int, typer.Option(help="Processes for features.")] = 2,
) -> None:
    """Draw training records as pages, read them back, and write reading.npz."""
    shown, _ = extract_all(training_records(data), InputMode("shown"), jobs, out)
    drawn = records_of_pages(data, pages)
    read, refused = extract_all(drawn, InputMode(PAGES), jobs, out)
    model = fit_reading(load_model(out).ensemble, shown, read)
    write_model(model, out)
    typer.echo(
        f"{len(model.errors.quality)} pages, {len(refused)} refused; "
        f"ECGs are unlike from {model.known.limit:.3f}"
    )


def records_of_pages(data: Path, count: int) -> list[Record]:
    """Training records to draw: the first that ``evaluate`` draws, so that it is done only once."""
    tested = [r for r in development_records(data) if r.source in TEST_SOURCES]
    return without_photographed(draw(tested, None, seed=0), data)[:count]


def fit_reading(ensemble: Ensemble, shown: Table, pages: Table) -> ReadingModel:
    """Fit to training records.

    Parameters
    ----------
    ensemble : Ensemble
        Its sub-models' encoders make the codes; the last one reads millivolts.
    shown : Table
        The records as a page shows them.
    pages : Table
        Some of them through drawn pages.
    """
    return ReadingModel(fit_errors(ensemble, shown, pages), fit_known(ensemble, shown))


def fit_errors(ensemble: Ensemble, shown: Table, pages: Table) -> ReadingErrors:
    """The codes of pages that were read well enough, less those of the signals on them."""
    shown = shown[has_millivolts(shown)]
    row = {record: number for number, record in enumerate(shown.record.tolist())}
    usable = has_millivolts(pages) & (pages.reading[:, 2] > 0) & np.isin(pages.record, shown.record)
    pages = pages[usable]
    pages = pages[np.argsort(pages.reading[:, 0], kind="stable")]
    true = shown[np.array([row[record] for record in pages.record.tolist()], dtype=np.intp)]
    errors = tuple(
        encode(submodel.encoder, pages).astype(np.int16) - encode(submodel.encoder, true)
        for submodel in ensemble.submodels
    )
    return ReadingErrors(pages.reading[:, 0], errors)


def fit_known(ensemble: Ensemble, shown: Table) -> KnownEcgs:
    """Main directions of the training ECGs, and a limit from folds of their patients."""
    shown = shown[has_millivolts(shown)]
    codes = encode(ensemble.submodels[-1].encoder, shown)
    distances = np.zeros(len(codes))
    folds = GroupKFold(_FOLDS, shuffle=True, random_state=0)
    for train, test in folds.split(codes, groups=shown.patient):
        known = _components(codes[train], np.inf)
        distances[test] = [known.distance(row) for row in codes[test]]
    return _components(codes, float(np.quantile(distances, LIKE)))


def _components(codes: Codes, limit: float) -> KnownEcgs:
    found = PCA(_COMPONENTS, svd_solver="full").fit(codes / LEVELS)
    center, axes = (values.astype(np.float32) for values in (found.mean_, found.components_))
    return KnownEcgs(center, axes, limit)


def write_model(model: ReadingModel, out: Path) -> None:
    """Write reading.npz and name it in the manifest."""
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **model.to_arrays())
    (out / ARRAYS).write_bytes(content.getvalue())
    renew_manifest(out)
