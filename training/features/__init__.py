"""Records -> features, extracted with the very files that are deployed."""

from training.features.extraction import WAYS, Way, extract_all
from training.features.table import Table, label_matrix

__all__ = ["WAYS", "Table", "Way", "extract_all", "label_matrix"]
