"""What was read -> findings: features, the ensemble, the heat-map, the result."""

from heartsense.classifier.model_artifact import model_version
from heartsense.classifier.result import Finding, Result
from heartsense.classifier.service import Classifier, classify, released

__all__ = ["Classifier", "Finding", "Result", "classify", "model_version", "released"]
