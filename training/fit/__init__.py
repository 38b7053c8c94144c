"""Training of the ensemble with libraries, exported as plain arrays."""

from training.fit.ensemble import TrainedEnsemble, fit_ensemble
from training.fit.settings import FitSettings

__all__ = ["FitSettings", "TrainedEnsemble", "fit_ensemble"]
