"""Doctors' corrections as training records, and the gate that a new model must pass."""

from training.feedback.export import Correction, Skipped, read_export
from training.feedback.extraction import extract_corrections
from training.feedback.gate import GateResult, run_gate

__all__ = ["Correction", "GateResult", "Skipped", "extract_corrections", "read_export", "run_gate"]
