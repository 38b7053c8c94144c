"""Parts of an ECG that are hidden from the classifiers one at a time, and what they read then.

A part is a wave of one lead (its signal features and the cells of the network's 7x7 map of the beat
view that cover it), a stretch of the rhythm view, or all rhythm features.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.encoder import Encoder, Features
from heartsense.classifier.features import ModelInputs
from heartsense.classifier.members import Codes
from heartsense.ecg import LEADS, STRIP
from heartsense.measurements import FEATURE_NAMES
from heartsense.measurements.rhythm import RHYTHM_NAMES
from heartsense.views import VIEW_SIZE, Panel

_WAVES: Final = {
    "p": (-0.24, -0.08, ()),
    "qrs": (-0.08, 0.10, ("q", "r", "s")),
    "st_t": (0.10, 0.48, ("j", "st60", "st80", "t_max", "t_min")),
}
"""Start and end in seconds from the R peak, and the amplitudes measured there."""

_MAP_SIZE: Final = 7
_CELL_SIZE: Final = VIEW_SIZE // _MAP_SIZE
_RHYTHM: Final = np.array([name in (*RHYTHM_NAMES, "p_found") for name in FEATURE_NAMES])
_NOTHING: Final = np.zeros(len(FEATURE_NAMES), dtype=np.bool_)
_NO_CELLS: Final = np.zeros((_MAP_SIZE, _MAP_SIZE), dtype=np.bool_)

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of one lead: seconds on the time axis, or from every R peak if ``beats``."""

    lead: str
    start: float
    end: float
    beats: bool


@dataclass(frozen=True, slots=True, eq=False)
class Occlusions:
    """What is hidden: first nothing, then all rhythm features, then a segment at a time.

    Attributes
    ----------
    segments : tuple of Segment
    signal : bool array, shape (2 + segments, signal features)
        Signal features that are hidden.
    cells : bool array, shape (2 + segments, views, cells)
        Cells of the network's maps that are hidden.
    """

    segments: tuple[Segment, ...]
    signal: Flags
    cells: Flags

    @classmethod
    def of(cls, inputs: ModelInputs) -> "Occlusions":
        """The parts of an ECG's views."""
        parts = [*_waves(inputs), *_stretches(inputs)]
        signal = np.array([_NOTHING, _RHYTHM, *(columns for _, columns, _ in parts)])
        of_views = [(_NO_CELLS, _NO_CELLS)] * 2 + [cells for _, _, cells in parts]
        cells = np.array(of_views).reshape(len(signal), len(inputs.views), -1)
        return cls(tuple(segment for segment, _, _ in parts), signal, cells)

    def codes(self, encoder: Encoder, features: Features, inputs: ModelInputs) -> Codes:
        """Codes of what remains of the ECG each time, shape (2 + segments, codes)."""
        raw = np.tile(encoder.raw(features), (len(self.signal), 1))
        views, beats = len(encoder.views.axes), len(encoder.beats.axes)
        seen = self.cells.any(axis=(1, 2))
        raw[seen, :views] = self._view_components(encoder, inputs)[seen]
        hidden = self.signal[:, encoder.beat_columns]
        of_beats = hidden.any(axis=1)
        left = encoder.beats.centred(features.signal[encoder.beat_columns]) * ~hidden[of_beats]
        raw[of_beats, views : views + beats] = left @ encoder.beats.axes.T
        raw[:, views + beats :][self.signal[:, encoder.columns]] = np.nan
        return encoder.scale(raw)

    def _view_components(self, encoder: Encoder, inputs: ModelInputs) -> NDArray[np.float32]:
        """Components of the embedding with each view pooled over the cells that are not hidden."""
        shown = ~self.cells
        share = (shown / shown.sum(axis=2, keepdims=True)).astype(np.float32)
        maps = np.array(inputs.feature_maps).reshape(*shown.shape[1:], -1)
        centred = maps - encoder.views.center.reshape(len(maps), 1, -1)
        axes = encoder.views.axes.reshape(-1, len(maps), centred.shape[2])
        of_cells = [cells @ axes[:, view].T for view, cells in enumerate(centred)]
        return np.asarray(sum(share[:, view] @ cells for view, cells in enumerate(of_cells)))


def _waves(inputs: ModelInputs) -> Iterator[tuple[Segment, Flags, tuple[Flags, Flags]]]:
    """The waves of each lead of the beat view: features and cells."""
    for panel in inputs.views[0].panels:
        for wave, (start, end, _) in _WAVES.items():
            segment = Segment(panel.lead, start, end, True)
            yield segment, _columns()[panel.lead, wave], (_cells_of(panel, start, end), _NO_CELLS)


def _stretches(inputs: ModelInputs) -> Iterator[tuple[Segment, Flags, tuple[Flags, Flags]]]:
    """The stretches of the rhythm view with ink, a column of cells each."""
    size = (_MAP_SIZE, _CELL_SIZE)
    has_ink = (inputs.views[1].pixels < 255).reshape(*size, *size).any(axis=(1, 3))
    for panel in inputs.views[1].panels:
        step = (panel.end - panel.start) / _MAP_SIZE
        for column in range(_MAP_SIZE):
            start = panel.start + column * step
            cells = _cells_of(panel, start, start + step)
            if (cells & has_ink).any():
                segment = Segment(panel.lead, start, start + step, False)
                yield segment, _NOTHING, (_NO_CELLS, cells)


@cache
def _columns() -> dict[tuple[str, str], Flags]:
    """Which signal features are of each lead's waves, by lead and wave."""
    columns = {(lead, wave): _NOTHING.copy() for lead in (*LEADS, STRIP) for wave in _WAVES}
    number = {name: index for index, name in enumerate(FEATURE_NAMES)}
    for wave, (start, end, amplitudes) in _WAVES.items():
        for lead, amplitude, unit in product(LEADS, amplitudes, ("share", "mv")):
            columns[lead, wave][number[f"{amplitude}_{unit}_{lead}"]] = True
        for name in (name for name in FEATURE_NAMES if name.startswith("beat_")):
            _, lead, time = name.split("_")
            columns[lead, wave][number[name]] = start <= int(time.removesuffix("ms")) / 1000 < end
    return columns


@lru_cache(maxsize=256)
def _cells_of(panel: Panel, start: float, end: float) -> Flags:
    """Cells of the 7x7 map whose centre lies between two times of a panel, or the nearest."""
    scale = panel.width / (panel.end - panel.start)
    left = panel.left + (max(start, panel.start) - panel.start) * scale
    right = panel.left + (min(end, panel.end) - panel.start) * scale
    return np.outer(
        _cells_between(panel.top, panel.top + panel.height), _cells_between(left, right)
    )


def _cells_between(low: float, high: float) -> Flags:
    middle = (np.arange(_MAP_SIZE) + 0.5) * _CELL_SIZE
    inside = (middle >= low) & (middle < high)
    if not inside.any():
        inside[min(int((low + high) / 2 // _CELL_SIZE), _MAP_SIZE - 1)] = True
    return inside
