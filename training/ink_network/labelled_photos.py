"""Training pages from photographs with known signals."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, map_coordinates

from heartsense.digitizer.ink.network import released_ink_network
from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.digitizer.page_layout.hypotheses import fit_layouts
from heartsense.digitizer.photo_rectification import rectify_photo, reduce_photo
from heartsense.digitizer.rectified_page import RectifiedPage
from heartsense.digitizer.trace_extraction.row_traces import (
    RowTraces,
    extract_row_traces,
    with_trace_probability,
)
from heartsense.ecg import ECG
from heartsense.images import open_page
from heartsense.numeric import Floats
from training.benchmark.real.pictures import read_pictures, read_truth
from training.ink_network.patches import TrainingPage, as_bytes
from training.true_lines import TrueLine, true_lines

PEN_PX: Final = 1.9
"""Half the width of a printed trace, with its soft edge."""

MIN_INK: Final = 0.35
"""Mean ink under a true line below which it is not known where it was printed."""

MIN_GOOD: Final = 0.5
"""Share of the leads that must have been read right: else the leads of another layout were read."""

GOOD_SHIFT_PX: Final = 3.0
BAD_SHIFT_PX: Final = 14.0
"""How far a line is moved to the ink; more where the line that was read did not fit."""

SIDE_PX: Final = 60
"""Right of the truth traces may go on; left of it stands a pulse."""


def labelled_photos(folder: Path) -> Iterator[TrainingPage]:
    """Label the traces of each photograph of a folder with ``truth.csv`` that can be read."""
    for picture in read_pictures(folder):
        if picture.record is None:
            continue
        pixels = open_page(picture.path.read_bytes()).pixels
        rectified = rectify_photo(pixels, reduce_photo(pixels))
        if rectified is None:
            continue
        page = label_page(picture.path.stem, rectified[0], read_truth(picture.record).ecg)
        if page is not None:
            yield page


def label_page(name: str, page: RectifiedPage, truth: ECG) -> TrainingPage | None:
    """Draw the true signals over a rectified page; None where the page cannot be read."""
    network = released_ink_network()
    seen = page if network is None else with_trace_probability(page, network)
    rows = extract_row_traces(seen)
    hypotheses = fit_layouts(seen, rows, has_grid=True) if rows is not None else []
    if rows is None or not hypotheses:
        return None
    ink = np.minimum(page.ink / max(page.threshold, 1e-6) / 2, 1.0).astype(np.float32)
    label, weight = np.zeros_like(ink), np.ones(ink.shape, np.uint8)
    lines = []
    placed = true_lines(truth, rows, hypotheses[0].layout)
    if sum(line.is_good for line in placed) < MIN_GOOD * len(placed):
        return None
    for line in placed:
        x, y, inked = _moved_to_ink(line, ink)
        if inked < MIN_INK:
            weight[_around(x, y, 120)] = 0
        _paint(label, x, y)
        lines.append((x, y))
    if not lines:
        return None
    left, right = (int(edge(np.concatenate([x for x, _ in lines]))) for edge in (np.min, np.max))
    _label_pulse(label, weight, ink, rows, left)
    for path in rows.paths:
        weight[int(path.baseline) - 40 : int(path.baseline) + 40, right : right + SIDE_PX] = 0
    y = np.concatenate([y for _, y in lines])
    box = (max(left - 100, 0), right + SIDE_PX, max(int(y.min()) - 60, 0), int(y.max()) + 60)
    return TrainingPage(
        name, as_bytes(page.with_grid), as_bytes(page.ink), as_bytes(label), weight, box
    )


def _moved_to_ink(line: TrueLine, ink: FloatImage) -> tuple[Floats, Floats, float]:
    """The line where most ink lies under it, and how much that is."""
    reach = GOOD_SHIFT_PX if line.is_good else BAD_SHIFT_PX
    x, y = line.x[::2], line.y[::2]
    shifts = [
        (dx, dy) for dx in np.arange(-1.5, 2, 0.5) for dy in np.arange(-reach, reach + 0.5, 0.5)
    ]

    def inked(shift: tuple[float, float]) -> float:
        dx, dy = shift
        under = map_coordinates(ink, [y + dy, x + dx], order=1)
        return float(under.mean()) - 0.002 * (abs(dx) + abs(dy))

    dx, dy = max(shifts, key=inked)
    x, y = line.x + dx, line.y + dy
    return x, y + _drift(x, y, ink), inked((dx, dy))


def _drift(x: Floats, y: Floats, ink: FloatImage) -> Floats:
    """How far the ink of level stretches lies below the line: paper is not flattened exactly."""
    offsets = np.arange(-5, 6)
    profile = np.stack([map_coordinates(ink, [y + offset, x], order=1) for offset in offsets])
    total = profile.sum(axis=0)
    centre = (profile * offsets[:, None]).sum(axis=0) / np.maximum(total, 1e-6)
    is_clear = (np.abs(np.gradient(y)) < 0.4) & (total > 1) & (total < 6)
    share = gaussian_filter1d(is_clear.astype(float), 60)
    drift = gaussian_filter1d(np.where(is_clear, np.clip(centre, -3, 3), 0.0), 60)
    return np.asarray(np.clip(drift / np.maximum(share, 0.05), -2, 2))


def _label_pulse(
    label: FloatImage, weight: NDArray[np.uint8], ink: FloatImage, rows: RowTraces, left: int
) -> None:
    """Left of the signal stands the pulse, as it was read; what other ink is there is not known."""
    side = np.s_[:, max(left - 90, 0) : max(left - 1, 0)]
    weight[side] = np.where(ink[side] > 0.4, 0, weight[side])
    pulse = np.zeros_like(label)
    columns = np.arange(side[1].start, side[1].stop)
    for centreline in rows.centrelines:
        is_read = np.isfinite(centreline[columns])
        if is_read.sum() > 4:
            _paint(pulse, columns[is_read].astype(float), centreline[columns[is_read]])
    np.maximum(label, pulse, out=label)
    weight[pulse > 0.2] = 1


def _paint(label: FloatImage, x: Floats, y: Floats) -> None:
    """Draw a line with soft edges, in place."""
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    at = np.arange(0.0, length[-1], 0.4)
    px, py = np.interp(at, length, x), np.interp(at, length, y)
    column, row = np.floor(px).astype(int), np.floor(py).astype(int)
    for down in range(-3, 5):
        for across in range(-3, 5):
            to_x, to_y = column + across, row + down
            is_on = (to_x >= 0) & (to_x < label.shape[1]) & (to_y >= 0) & (to_y < label.shape[0])
            covered = np.clip(PEN_PX + 0.5 - np.hypot(to_x - px, to_y - py), 0, 1)
            np.maximum.at(label, (to_y[is_on], to_x[is_on]), covered[is_on].astype(np.float32))


def _around(x: Floats, y: Floats, reach: int) -> tuple[slice, slice]:
    middle = int(np.median(y))
    return np.s_[max(middle - reach, 0) : middle + reach, max(int(x.min()), 0) : int(x.max())]
