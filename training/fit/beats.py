"""The ``beats`` step: fit an ensemble to a folder of pictures of single beats."""

import pickle
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from joblib import Parallel, delayed
from sklearn.metrics import roc_auc_score

from heartsense.classifier.backbone import Backbone
from heartsense.classifier.encoder import Features
from heartsense.classifier.features import extract_features
from heartsense.classifier.model_artifact import BACKBONE, BEATS
from heartsense.conditions import CONDITION_IDS
from heartsense.digitizer import digitize
from heartsense.errors import HeartSenseError
from heartsense.images import open_source
from training import MODEL_DIR
from training.features import Table
from training.fit.digests import renew_manifest
from training.fit.ensemble import fit_ensemble, out_of_fold_scores
from training.fit.settings import FitSettings
from training.sources import BeatImage, read_beat_images

_CHUNK: Final = 16
_MIN_PICTURES: Final = 20
"""Pictures that a condition needs: fewer cannot be split into folds."""


def beats(
    folder: Annotated[Path, typer.Argument(help="Folder with the folders N S V F Q M.")],
    out: Annotated[Path, typer.Option(help="Model folder to write; a copy of the released one.")],
    jobs: Annotated[int, typer.Option(help="Processes.")] = 2,
) -> None:
    """Train on pictures of single beats, as the original HeartSense did.

    Each picture is read like any other; pictures that are refused are listed. Classes above 4,000
    pictures are undersampled. `HEARTSENSE_MODEL=OUT heartsense classify PICTURE` uses the model.
    """
    table, refused = read_pictures(read_beat_images(folder), jobs)
    for picture, code in refused.items():
        typer.echo(f"{picture}: {code}")
    ids = tuple(
        id
        for id, count in zip(CONDITION_IDS, table.labels.sum(axis=0), strict=True)
        if _MIN_PICTURES <= count < len(table)
    )
    if not ids:
        raise typer.BadParameter(f"no condition has {_MIN_PICTURES} pictures, and not all of them")
    labels = table.labels[:, [CONDITION_IDS.index(id) for id in ids]]
    table = replace(table, labels=labels)[np.flatnonzero(labels.any(axis=1))]
    settings = FitSettings()
    scores = out_of_fold_scores(table, settings)[0].mean(axis=1)
    for number, id in enumerate(ids):
        truth = table.labels[:, number]
        auroc = roc_auc_score(truth, scores[:, number])
        typer.echo(f"{id}: {int(truth.sum())} pictures, AUROC out of fold {auroc:.3f}")
    trained = fit_ensemble(table, settings, ids)
    if out.resolve() != MODEL_DIR.resolve():
        shutil.copytree(MODEL_DIR, out, dirs_exist_ok=True)
    (out / BEATS).write_bytes(pickle.dumps(trained.ensemble.to_state(), protocol=5))
    renew_manifest(out)
    typer.echo(f"trained on {len(table)} pictures, {len(refused)} refused: {out / BEATS}")


def read_pictures(pictures: Sequence[BeatImage], jobs: int) -> tuple[Table, dict[str, str]]:
    """Features and labels of pictures, and the error codes of those that are refused.

    Raises
    ------
    ValueError
        If none can be read.
    """
    chunks = [pictures[i : i + _CHUNK] for i in range(0, len(pictures), _CHUNK)]
    work = Parallel(n_jobs=jobs)(delayed(_read_chunk)(chunk) for chunk in chunks)
    pairs = list(zip(pictures, [row for chunk in work for row in chunk], strict=True))
    refused = {picture.id: row for picture, row in pairs if isinstance(row, str)}
    read = [(picture, row) for picture, row in pairs if not isinstance(row, str)]
    if not read:
        raise ValueError(f"none of {len(pictures)} pictures can be read")
    table = Table(
        record=np.array([p.id for p, _ in read]),
        source=np.array([p.source for p, _ in read]),
        patient=np.array([p.patient for p, _ in read]),
        labels=np.array([[id in p.labels for id in CONDITION_IDS] for p, _ in read]),
        embedding=np.array([row.embedding for _, row in read]),
        signal=np.array([row.signal for _, row in read]),
        whole=np.zeros((len(read), 0), dtype=np.float32),
        reading=np.tile([1.0, 1.0, 1.0], (len(read), 1)),
    )
    return table, refused


def _read_chunk(pictures: Sequence[BeatImage]) -> list[Features | str]:
    backbone = Backbone((MODEL_DIR / BACKBONE).read_bytes())
    return [_read_picture(picture, backbone) for picture in pictures]


def _read_picture(picture: BeatImage, backbone: Backbone) -> Features | str:
    try:
        ecg = digitize(open_source(picture.path).pixels).ecg
    except HeartSenseError as error:
        return error.code
    return extract_features(ecg, backbone)[0]
