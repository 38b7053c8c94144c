"""How much of the true signal the digitizer reads off rendered pages."""

from training.benchmark.fidelity import Fidelity, compare

__all__ = ["Fidelity", "compare"]
