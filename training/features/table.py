"""Features and labels of many records, row by row; a record may have several rows, its draws."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.encoder import Features
from heartsense.conditions import CONDITION_IDS
from training.sources import Record


@dataclass(frozen=True, slots=True)
class Table:
    """Features and labels, one row per record.

    Attributes
    ----------
    record, source, patient : str arrays, shape (n,)
    labels : bool array, shape (n, 6), in the order of ``CONDITION_IDS``
    embedding : float32 array, shape (n, e)
        Pooled image features of the views.
    signal : float64 array, shape (n, m)
        Signal features, NaN where missing.
    whole : float32 array, shape (n, 1280)
        Pooled image features of the whole page at 224x224 (the original method); zeros without
        a page.
    reading : float64 array, shape (n, 3)
        How the page was read: quality score, number of leads read, 1 if its quality allows an
        answer. A record that is no page has 1, its leads, 1.
    """

    record: NDArray[np.str_]
    source: NDArray[np.str_]
    patient: NDArray[np.str_]
    labels: NDArray[np.bool_]
    embedding: NDArray[np.float32]
    signal: NDArray[np.float64]
    whole: NDArray[np.float32]
    reading: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.record)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Table":
        return Table(*(getattr(self, field.name)[rows] for field in fields(self)))

    @property
    def firsts(self) -> NDArray[np.bool_]:
        """Rows that are the first of their record, shape (n,)."""
        first = np.zeros(len(self), dtype=np.bool_)
        first[np.unique(self.record, return_index=True)[1]] = True
        return first

    @property
    def shares(self) -> NDArray[np.float64]:
        """One over the rows of each row's record, shape (n,)."""
        _, record, rows = np.unique(self.record, return_inverse=True, return_counts=True)
        return np.asarray(1.0 / rows[record])

    def features(self, row: int) -> Features:
        """One row as the ensemble takes it."""
        return Features(self.embedding[row], self.signal[row])

    def digest(self) -> str:
        """SHA-256 of the records, their labels and their features."""
        found = hashlib.sha256()
        for field in fields(self):
            found.update(np.ascontiguousarray(getattr(self, field.name)).tobytes())
        return found.hexdigest()

    @staticmethod
    def join(tables: Sequence["Table"]) -> "Table":
        """Concatenate the rows of several tables."""
        return Table(*(np.concatenate([getattr(t, f.name) for t in tables]) for f in fields(Table)))


def label_matrix(records: Sequence[Record]) -> NDArray[np.bool_]:
    """Labels of records, shape (n, 6), in the order of ``CONDITION_IDS``."""
    rows = [[condition in record.labels for condition in CONDITION_IDS] for record in records]
    return np.array(rows, dtype=np.bool_).reshape(len(records), len(CONDITION_IDS))
