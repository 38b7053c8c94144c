"""Fidelity of the digitizer on rendered pages, and accuracy of the measurements."""

from training.benchmark.fidelity import Fidelity, compare_signals

__all__ = ["Fidelity", "compare_signals"]
