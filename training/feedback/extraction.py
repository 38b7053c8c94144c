"""Feature extraction from corrected pictures, labelled by the doctor.

Corrections accumulate over time, so the features are cached by the picture's content.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from joblib import Parallel, delayed

from heartsense.classifier.backbone import Backbone
from heartsense.classifier.encoder import Features
from heartsense.classifier.features import extract_features
from heartsense.classifier.model_artifact import BACKBONE
from heartsense.conditions import CONDITION_IDS
from heartsense.digitizer import digitize
from heartsense.ecg import LEADS
from heartsense.errors import HeartSenseError
from heartsense.files import sha256
from heartsense.images import open_page
from training import BUILD_DIR, MODEL_DIR
from training.features import Table
from training.features.cache import fingerprint
from training.feedback.export import Correction, Skipped

SOURCE: Final = "feedback"
_CHUNK: Final = 16
_NO_FEATURES: Final = Features(np.zeros(0, np.float32), np.zeros(0))


def extract_corrections(
    corrections: Sequence[Correction], pictures: Path, jobs: int = 2, model: Path = MODEL_DIR
) -> tuple[Table, Skipped]:
    """Extract features and labels of corrected pictures.

    Each has the weight of any other record, since MLARAM takes no weights. Each content counts as
    a patient of its own.

    Parameters
    ----------
    pictures : Path
        Folder that the keys are relative to, as in the bucket.

    Returns
    -------
    table : Table
        The corrections that could be used, in order.
    skipped : dict
        ``picture_missing``; ``leads_missing`` where not all twelve leads were read; else the error
        code or the quality code for which the released model would not classify it either.
    """
    cache = BUILD_DIR / "features" / f"feedback-{fingerprint('clean', model)}"
    cache.mkdir(parents=True, exist_ok=True)
    chunks = [corrections[i : i + _CHUNK] for i in range(0, len(corrections), _CHUNK)]
    work = Parallel(n_jobs=jobs)(
        delayed(_extract_chunk)(chunk, pictures, cache, model / BACKBONE) for chunk in chunks
    )
    pairs = list(zip(corrections, [row for chunk in work for row in chunk], strict=True))
    skipped = {c.prediction: found for c, found in pairs if isinstance(found, str)}
    return _table([(c, found) for c, found in pairs if not isinstance(found, str)]), skipped


def _extract_chunk(
    corrections: Sequence[Correction], pictures: Path, cache: Path, network: Path
) -> list[Features | str]:
    backbone = Backbone(network.read_bytes())
    return [_extract(correction, pictures, cache, backbone) for correction in corrections]


def _extract(
    correction: Correction, pictures: Path, cache: Path, backbone: Backbone
) -> Features | str:
    """Features of one picture, or the code for why there are none; cached."""
    path = (pictures / correction.picture).resolve()
    if not path.is_relative_to(pictures.resolve()) or not path.is_file():
        return "picture_missing"
    data = path.read_bytes()
    cached = cache / f"{sha256(data)}-{correction.page}.npz"
    if not cached.is_file():
        try:
            found: Features | str = _features(data, correction.page, backbone)
        except HeartSenseError as error:
            found = error.code
        _save(cached, found)
    with np.load(cached) as row:
        return str(row["reason"]) or Features(row["embedding"], row["signal"])


def _features(data: bytes, wanted: int, backbone: Backbone) -> Features | str:
    page = open_page(data)
    if page.pages > 1:  # the kept file is the classified page or the whole document
        page = open_page(data, page=wanted)
    digitized = digitize(page.pixels)
    if digitized.ecg.leads != LEADS or not all(digitized.ecg.coverage().values()):
        return "leads_missing"
    if digitized.quality.reasons:
        return digitized.quality.reasons[0]
    return extract_features(digitized.ecg, backbone)[0]


def _save(path: Path, found: Features | str) -> None:
    features, reason = (found, "") if isinstance(found, Features) else (_NO_FEATURES, found)
    draft = path.with_suffix(f".{os.getpid()}.partial")
    with draft.open("wb") as file:
        np.savez(
            file,
            embedding=features.embedding,
            signal=features.signal,
            reason=np.array(reason),
        )
    draft.rename(path)  # an interrupted run leaves no half-written row


def _table(rows: Sequence[tuple[Correction, Features]]) -> Table:
    contents = [f"{SOURCE}-{correction.content}" for correction, _ in rows]
    labels = [[name in correction.labels for name in CONDITION_IDS] for correction, _ in rows]
    return Table(
        record=np.array(contents, dtype=np.str_),
        source=np.full(len(rows), SOURCE),
        patient=np.array(contents, dtype=np.str_),
        labels=np.array(labels, dtype=np.bool_).reshape(len(rows), len(CONDITION_IDS)),
        embedding=np.array([features.embedding for _, features in rows]),
        signal=np.array([features.signal for _, features in rows]),
        whole=np.zeros((len(rows), 1280), dtype=np.float32),
        reading=np.tile([1.0, len(LEADS), 1.0], (len(rows), 1)),
    )
