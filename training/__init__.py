"""Everything that makes and evaluates the released model: ``python -m training STEP``."""

import os
from pathlib import Path
from typing import Final

REPO_DIR: Final = Path(__file__).parents[1]
DATA_DIR: Final = Path(
    os.environ.get("HEARTSENSE_DATA", REPO_DIR / ".." / "shared" / "data")
).resolve()
"""Real records: the folder that ``HEARTSENSE_DATA`` names, or the one beside the checkout."""

MODEL_DIR: Final = REPO_DIR / "layers" / "inference" / "model"
DOCS_DIR: Final = REPO_DIR / "docs"
BUILD_DIR: Final = REPO_DIR / "build"
"""Uncommitted output: feature caches, the library-trained classifiers, the Keras model."""


class ManifestError(ValueError):
    """A manifest lacks a column or names a label that is none of the six."""


class FeedbackError(ValueError):
    """A feedback export cannot be read, or nothing in it can be trained on."""
