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
from heartsense.digitizer.trace_extraction.row_traces import RowTraces
from heartsense.files import model_folder, of_this_version, read_described_model_file
from heartsense.numeric import Floats, centred_windows, true_runs

NETWORK: Final = "centreline_network.npz"
DESCRIPTION: Final = "centreline_network.json"

RADIUS_PX: Final = 16
"""Columns on each side that the network sees: 2 mm, as wide as a QRS complex."""

_WINDOW: Final = 2 * RADIUS_PX + 1

INPUTS: Final = 3 * _WINDOW + 2
"""The centreline and both edges in the window, whether the ink is the ink network's, the pen."""

MIN_STEP_PENS: Final = 2.0
"""How far the centreline moves within these columns, in radii of the pen; a level trace is right
as it is."""

MAX_CORRECTION_PENS: Final = 8.0
"""A larger correction is none: another trace was followed there."""

TYPICAL_PEN_PX: Final = 4.0
"""By which the pen's radius is divided, so that it is about as large as the other inputs."""

Float32s = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CentrelineNetwork:
    """A multilayer perceptron with rectified linear units.

    Attributes
    ----------
    weights, biases : tuple of float32 arrays
        Of each layer, shapes (inputs, outputs) and (outputs,).
    """

    weights: tuple[Float32s, ...]
    biases: tuple[Float32s, ...]

    def __call__(self, features: Float32s) -> Floats:
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

    def to_arrays(self) -> dict[str, Float32s]:
        """``weight0``, ``bias0`` and so on, as the ``.npz`` has them."""
        weights = {f"weight{i}": weight for i, weight in enumerate(self.weights)}
        return weights | {f"bias{i}": bias for i, bias in enumerate(self.biases)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Float32s]) -> "CentrelineNetwork":
        """The network of what ``to_arrays`` gives; KeyError or ValueError for other arrays."""
        layers = range(len(arrays) // 2)
        weights = tuple(arrays[f"weight{i}"] for i in layers)
        if not weights or weights[0].shape[0] != INPUTS or weights[-1].shape[1] != 1:
            raise ValueError("the arrays are of another network")
        return cls(weights, tuple(arrays[f"bias{i}"] for i in layers))


def correct_centrelines(rows: RowTraces) -> RowTraces:
    """The same rows with centrelines that the network corrected; as they are if there is none."""
    network = released_centreline_network()
    if network is None:
        return rows
    first, last = _signal_columns(rows)
    centrelines = []
    for path, line in zip(rows.paths, rows.centrelines, strict=True):
        edges = ink_edges(rows.runs, path, rows.max_gap_px)
        corrected = corrected_line(network, edges, line, by_network=rows.by_network)
        corrected[:first], corrected[last + 1 :] = line[:first], line[last + 1 :]
        centrelines.append(corrected)
    return replace(rows, centrelines=centrelines)


def _signal_columns(rows: RowTraces) -> tuple[int, int]:
    """First and last column of the signal from which no calibration pulse is seen."""
    first, last = rows.start, rows.end
    if rows.pulse is not None:
        if rows.pulse.left - first < last - rows.pulse.right:
            first = max(first, rows.pulse.right + RADIUS_PX)
        else:
            last = min(last, rows.pulse.left - RADIUS_PX)
    return max(int(first), 0), max(int(last), 0)


def corrected_line(
    network: CentrelineNetwork, edges: InkEdges, centreline: Floats, *, by_network: bool
) -> Floats:
    """A centreline with the network's correction; parameters as for ``column_features``."""
    corrected = centreline.copy()
    for columns, features in column_features(edges, centreline, by_network=by_network):
        corrected[columns] += edges.pen * network(features)
    return corrected


def column_features(
    edges: InkEdges, centreline: Floats, *, by_network: bool
) -> list[tuple[NDArray[np.int64], Float32s]]:
    """Arrange the columns of a trace in which it is not level as the network's input.

    Parameters
    ----------
    edges : InkEdges
        Of the row.
    centreline : float64 array, shape (columns,)
        Pixels downwards; NaN where there is no trace.
    by_network : bool
        Whether the ink is what the ink network takes for a trace: its edges are softer.

    Returns
    -------
    list of (int64 array, shape (n,); float32 array, shape (n, INPUTS))
        For each stretch of trace without a long gap its columns, and for each of them the edges
        of the ink and the centreline about it, relative to its own height.
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
        features = np.empty((len(chosen), INPUTS), np.float32)
        seen = features[:, :-2]
        for i, windows in enumerate((own, top, bottom)):
            seen[:, i * _WINDOW : (i + 1) * _WINDOW] = windows[chosen]
        seen -= lines[0][begin + chosen, None]
        np.copysign(np.log1p(np.abs(seen)), seen, out=seen)
        features[:, -2:] = float(by_network), edges.pen / TYPICAL_PEN_PX
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
    with of_this_version(NETWORK), np.load(BytesIO(content), allow_pickle=False) as arrays:
        return CentrelineNetwork.from_arrays(arrays)
