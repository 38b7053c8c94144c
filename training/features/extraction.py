"""Feature extraction from a record, by one of five input modes."""

import zlib
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.classifier.backbone import Backbone
from heartsense.classifier.features import extract_features
from heartsense.digitizer import digitize
from heartsense.ecg import ECG, LEADS
from heartsense.measurements import FEATURE_GROUPS
from heartsense.views import VIEW_SIZE
from training.render import LAYOUTS, PageSpec, random_spec, render_page
from training.render.layout import columns_of
from training.sources import Record

InputKind = Literal["signal", "shown", "clean", "photo", "one-look"]
PAGE_KINDS: Final = ("clean", "photo", "one-look")
NOT_TWELVE_LEADS: Final = "not_twelve_leads"
"""Refusal of a page on which twelve named leads were not found; it is not classified."""
TWELVE_LEAD_LAYOUTS: Final = tuple(name for name in LAYOUTS if name not in ("strip", "beat"))
SOURCE_WITHOUT_MILLIVOLTS: Final = "ptbxl-zscored"
_VOLTAGE: Final = np.array([group == "voltage" for group in FEATURE_GROUPS])


@dataclass(frozen=True, slots=True)
class InputMode:
    """How a record reaches the classifier.

    Attributes
    ----------
    kind : {"signal", "shown", "clean", "photo", "one-look"}
        ``signal``: the record as it is. ``shown``: the part of it that a page with a random
        12-lead layout shows. ``clean``, ``photo``: rendered on such a page and digitized.
        ``one-look``: on a page that looks like every other, for the original method, which reads
        the page as it is; not digitized.
    seed : int
        With the record's id it determines every random choice.
    """

    kind: InputKind
    seed: int = 0


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One record's features, or the error code if its page was refused.

    ``embedding`` float32 (e,), ``signal`` float64 (m,), ``whole`` float32 (1280,) and ``reading``
    float64 (3,) as in ``Table``.
    """

    embedding: NDArray[np.float32]
    signal: NDArray[np.float64]
    whole: NDArray[np.float32]
    reading: NDArray[np.float64]
    refusal: str = ""


def refused_row(code: str) -> FeatureRow:
    """The row of a page that cannot be read."""
    empty = np.zeros(0)
    small = empty.astype(np.float32)
    return FeatureRow(small, empty, small, empty, code)


def page_spec(record: Record, mode: InputMode) -> PageSpec:
    """The look of the record's page; the mode's seed and the record's id determine it."""
    rng = _generator(record, mode)
    layout = str(rng.choice(TWELVE_LEAD_LAYOUTS))
    if mode.kind == "one-look":
        return PageSpec()
    return random_spec(rng, "photo" if mode.kind == "photo" else "clean", layout)


def extract_row(record: Record, mode: InputMode, backbone: Backbone) -> FeatureRow:
    """Extract the features of one record.

    Raises
    ------
    HeartSenseError
        If its page cannot be digitized.
    """
    ecg = record.read()
    if mode.kind in PAGE_KINDS:
        return _page_row(render_page(ecg, page_spec(record, mode)).pixels, mode, backbone)
    if mode.kind == "shown":
        ecg = mask_to_layout(ecg, str(_generator(record, mode).choice(TWELVE_LEAD_LAYOUTS)))
    features, _ = extract_features(ecg, backbone)
    signal = features.signal
    if record.source == SOURCE_WITHOUT_MILLIVOLTS:
        signal = np.where(_VOLTAGE, np.nan, signal)
    whole = np.zeros(1280, dtype=np.float32)
    return FeatureRow(features.embedding, signal, whole, np.array([1.0, len(ecg.leads), 1.0]))


def _page_row(page: NDArray[np.uint8], mode: InputMode, backbone: Backbone) -> FeatureRow:
    whole, _ = backbone(_downscaled(page))
    if mode.kind == "one-look":
        unread = np.full(len(FEATURE_GROUPS), np.nan)
        return FeatureRow(np.zeros(0, np.float32), unread, whole, np.full(3, np.nan))
    digitized = digitize(page)
    if digitized.ecg.leads != LEADS:
        return refused_row(NOT_TWELVE_LEADS)
    features, _ = extract_features(digitized.ecg, backbone)
    leads = sum(share > 0 for share in digitized.ecg.coverage().values())
    quality = digitized.quality
    reading = np.array([quality.score, leads, not quality.reasons], dtype=np.float64)
    return FeatureRow(features.embedding, features.signal, whole, reading)


def _generator(record: Record, mode: InputMode) -> np.random.Generator:
    return np.random.default_rng([mode.seed, zlib.crc32(record.id.encode())])


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
