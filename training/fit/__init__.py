"""Features -> the ensemble: trained with libraries, packed into plain arrays."""

from training.fit.ensemble import Trained, fit_ensemble
from training.fit.settings import Settings

__all__ = ["Settings", "Trained", "fit_ensemble"]
