"""Where the training steps read and write unless told otherwise."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
DATA: Final = ROOT / ".." / "shared" / "data"
MODEL: Final = ROOT / "layers" / "inference" / "model"
WORKSHOP: Final = ROOT / "build"
"""Uncommitted products: caches, the library-trained classifiers, the Keras model."""
DOCS: Final = ROOT / "docs"
