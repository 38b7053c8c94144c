"""Digitized -> Classification: features, the ensemble, the decision, the heat-maps."""

from heartsense.classifier.classification import Classification, Finding
from heartsense.classifier.classifier import Classifier, released
from heartsense.classifier.model_artifact import model_version

__all__ = ["Classification", "Classifier", "Finding", "model_version", "released"]
