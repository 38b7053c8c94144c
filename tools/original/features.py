"""What the original stack looks at: the whole picture in grey, 224 x 224."""

from pathlib import Path

import numpy as np
from keras.applications.mobilenet_v2 import preprocess_input
from PIL import Image

SIDE = 224


def image_of(path: Path) -> np.ndarray:
    """The network's input, shape (1, 224, 224, 3)."""
    grey = Image.open(path).convert("L").resize((SIDE, SIDE))
    return preprocess_input(np.stack([np.asarray(grey, np.float32)] * 3, axis=-1)[None])
