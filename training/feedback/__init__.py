"""Doctors' corrections: back into training, and a gate that a model trained with them must pass."""

from training.feedback.export import Correction, Skipped, read_export
from training.feedback.gate import Verdict, compare
from training.feedback.pictures import features_of

__all__ = ["Correction", "Skipped", "Verdict", "compare", "features_of", "read_export"]
