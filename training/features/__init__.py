"""Features of training records, extracted with the code and network that are deployed."""

from training.features.cache import extract_all, extract_draws
from training.features.extraction import InputMode
from training.features.table import Table, label_matrix

__all__ = ["InputMode", "Table", "extract_all", "extract_draws", "label_matrix"]
