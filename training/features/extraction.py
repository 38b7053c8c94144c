"""Feature extraction from a record, by one of four input modes."""

import zlib
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.classifier.backbone import Backbone
from heartsense.classifier.features import extract_features
from heartsense.digitizer import digitize
from heartsense.ecg import ECG
from heartsense.measurements import FEATURE_GROUPS
from heartsense.views import VIEW_SIZE
from training.render import LAYOUTS, random_spec, render_page
from training.render.layout import columns_of
from training.sources import Record

InputKind = Literal["signal", "shown", "clean", "photo"]
TWELVE_LEAD_LAYOUTS: Final = tuple(name for name in LAYOUTS if name not in ("strip", "beat"))
SOURCE_WITHOUT_MILLIVOLTS: Final = "ptbxl-zscored"
_VOLTAGE: Final = np.array([group == "voltage" for group in FEATURE_GROUPS])


@dataclass(frozen=True, slots=True)
class InputMode:
    """How a record reaches the classifier.

    Attributes
    ----------
    kind : {"signal", "shown", "clean", "photo"}
        ``signal``: the record as it is. ``shown``: the part of it that a page with a random
        12-lead layout shows. ``clean``, ``photo``: rendered on such a page and digitized.
    seed : int
        With the record's id it determines every random choice.
    """

    kind: InputKind
    seed: int = 0


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One record's features, or the error code if its page was refused.

    ``embedding`` float32 (e,), ``signal`` float64 (m,) and ``whole`` float32 (1280,) as in
    ``Table``.
    """

    embedding: NDArray[np.float32]
    signal: NDArray[np.float64]
    whole: NDArray[np.float32]
    refusal: str = ""


def extract_row(record: Record, mode: InputMode, backbone: Backbone) -> FeatureRow:
    """Extract the features of one record.

    Raises
    ------
    HeartSenseError
        If its page cannot be digitized.
    """
    rng = np.random.default_rng([mode.seed, zlib.crc32(record.id.encode())])
    whole = np.zeros(1280, dtype=np.float32)
    ecg = record.read()
    layout = str(rng.choice(TWELVE_LEAD_LAYOUTS))
    if mode.kind == "shown":
        ecg = mask_to_layout(ecg, layout)
    elif mode.kind in ("clean", "photo"):
        page = render_page(ecg, random_spec(rng, mode.kind, layout)).pixels
        whole, _ = backbone(_downscaled(page))
        ecg = digitize(page).ecg
    features, _ = extract_features(ecg, backbone)
    signal = features.signal
    if record.source == SOURCE_WITHOUT_MILLIVOLTS:
        signal = np.where(_VOLTAGE, np.nan, signal)
    return FeatureRow(features.embedding, signal, whole)


def mask_to_layout(ecg: ECG, layout: str) -> ECG:
    """The first ten seconds of an ECG, with NaN where a page of that layout shows nothing."""
    samples = ecg.signal[: round(10 * ecg.rate)]
    columns = columns_of(layout, "II")
    edges = np.linspace(0, len(samples), len(columns) + 1).round().astype(int)
    shown = np.full_like(samples, np.nan)
    for column, names in enumerate(columns):
        part = slice(edges[column], edges[column + 1])
        leads = [ecg.leads.index(name) for name in names if name in ecg.leads]
        shown[part, leads] = samples[part, leads]
    strips = {"+1": ("II",), "+3": ("V1", "II", "V5")}.get(layout[-2:], ())
    for name in strips:
        if name in ecg.leads:
            shown[:, ecg.leads.index(name)] = samples[:, ecg.leads.index(name)]
    return replace(ecg, signal=shown)


def _downscaled(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The whole page in grey at 224x224, the input of the original method."""
    size = (VIEW_SIZE, VIEW_SIZE)
    return np.asarray(Image.fromarray(page).convert("L").resize(size, Image.Resampling.BILINEAR))
