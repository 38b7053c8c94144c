"""The centreline network: where the pen went, by the edges of the ink around each column.

Eroding the ink by the pen (``centreline``) rounds what is narrower than the pen: tips are cut, and
small waves beside a steep flank are filled. A small network (a multilayer perceptron) has seen the
edges of many drawn complexes with their true curves, and says how far each column is off.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.trace_extraction.centreline import InkEdges, ink_edges
from heartsense.digitizer.trace_extraction.path_following import BENT_PAGE, FLAT_PAGE
from heartsense.digitizer.trace_extraction.row_traces import RowTraces
from heartsense.files import model_folder, read_described_model_file
from heartsense.numeric import Floats, centred_windows, true_runs

NETWORK: Final = "centreline_network.npz"
DESCRIPTION: Final = "centreline_network.json"

RADIUS_PX: Final = 16
"""Columns on each side that the network sees: 2 mm, as wide as a QRS complex."""

_WINDOW: Final = 2 * RADIUS_PX + 1

MIN_STEP_PENS: Final = 2.0
"""How far the centreline moves within these columns, in radii of the pen; a level trace is right
as it is."""

MAX_CORRECTION_PENS: Final = 8.0

Features = NDArray[np.float32]
"""One row for each column of a trace."""


@dataclass(frozen=True, slots=True)
class CentrelineNetwork:
    """A multilayer perceptron with rectified linear units.

    Attributes
    ----------
    weights, biases : tuple of float32 arrays
        Of each layer, shapes (inputs, outputs) and (outputs,).
    """

    weights: tuple[Features, ...]
    biases: tuple[Features, ...]

    def __call__(self, features: Features) -> Floats:
        """How far each column is off, in radii of the pen.

        Parameters
        ----------
        features : float32 array, shape (n, inputs)
            As ``column_features`` arranges them.

        Returns
        -------
        float64 array, shape (n,)
        """
        values = features
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            values = values @ weight
            values += bias
            np.maximum(values, 0.0, out=values)
        answer = (values @ self.weights[-1] + self.biases[-1])[:, 0].astype(np.float64)
        return np.clip(answer, -MAX_CORRECTION_PENS, MAX_CORRECTION_PENS)

    def to_arrays(self) -> dict[str, Features]:
        """As the ``.npz`` has it."""
        weights = {f"weight{i}": weight for i, weight in enumerate(self.weights)}
        return weights | {f"bias{i}": bias for i, bias in enumerate(self.biases)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Features]) -> "CentrelineNetwork":
        layers = range(len(arrays) // 2)
        weights = tuple(arrays[f"weight{i}"] for i in layers)
        return cls(weights, tuple(arrays[f"bias{i}"] for i in layers))


def correct_centrelines(rows: RowTraces) -> RowTraces:
    """The same rows with centrelines that the network corrected; as they are if there is none."""
    network = released_centreline_network()
    if network is None:
        return rows
    max_gap_px = (BENT_PAGE if rows.is_bent else FLAT_PAGE).max_gap_px
    lines = zip(rows.paths, rows.centrelines, strict=True)
    corrected = [
        _corrected(network, ink_edges(rows.runs, path, max_gap_px), line, is_bent=rows.is_bent)
        for path, line in lines
    ]
    return replace(rows, centrelines=corrected)


def _corrected(
    network: CentrelineNetwork, edges: InkEdges, centreline: Floats, *, is_bent: bool
) -> Floats:
    corrected = centreline.copy()
    for columns, features in column_features(edges, centreline, is_bent=is_bent):
        corrected[columns] += edges.pen * network(features)
    return corrected


def column_features(
    edges: InkEdges, centreline: Floats, *, is_bent: bool
) -> list[tuple[NDArray[np.int64], Features]]:
    """Arrange the columns of a trace in which it is not level as the network's input.

    Parameters
    ----------
    edges : InkEdges
        Of the row.
    centreline : float64 array, shape (columns,)
        Pixels downwards; NaN where there is no trace.
    is_bent : bool
        Whether the ink is what the ink network sees: its edges are softer.

    Returns
    -------
    list of (int64 array, shape (n,); float32 array, shape (n, 6 * RADIUS_PX + 5))
        For each stretch of trace without a gap the columns, and for each of them the edges of the
        ink and the centreline about it, relative to its own height.
    """
    known = np.isfinite(centreline) & np.isfinite(edges.top) & np.isfinite(edges.bottom)
    lines = [line / edges.pen for line in (centreline, edges.top, edges.bottom)]
    stretches = []
    for begin, end in true_runs(known).tolist():
        own, top, bottom = (
            centred_windows(line[begin:end], RADIUS_PX, fill=None) for line in lines
        )
        chosen = np.flatnonzero(own.max(axis=1) - own.min(axis=1) > MIN_STEP_PENS)
        if not len(chosen):
            continue
        features = np.empty((len(chosen), 3 * _WINDOW + 2), np.float32)
        seen = features[:, :-2]
        for i, windows in enumerate((own, top, bottom)):
            seen[:, i * _WINDOW : (i + 1) * _WINDOW] = windows[chosen]
        seen -= lines[0][begin + chosen, None]
        np.copysign(np.log1p(np.abs(seen)), seen, out=seen)
        features[:, -2:] = float(is_bent), edges.pen / 4
        stretches.append((begin + chosen, features))
    return stretches


def released_centreline_network() -> CentrelineNetwork | None:
    """The network of the model folder; None if that has none.

    Raises
    ------
    ModelMissingError, ModelChangedError
        If a file cannot be read, or is not the one that the other names.
    """
    return _read_network(model_folder())


@cache
def _read_network(folder: Path) -> CentrelineNetwork | None:
    content = read_described_model_file(folder, NETWORK, DESCRIPTION)
    if content is None:
        return None
    with np.load(BytesIO(content)) as arrays:
        return CentrelineNetwork.from_arrays(arrays)
