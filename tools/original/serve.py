"""Classify a picture as the original stack does, once for each line of standard input."""

import os
import pickle
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
from features import image_of
from keras.models import load_model


def main(picture: Path, folder: Path) -> None:
    """Print the likely labels by the vote of the three."""
    network = load_model(folder / "features.h5", compile=False)
    most, classifiers = pickle.loads((folder / "classifiers.pkl").read_bytes())
    for _ in sys.stdin:
        features = network.predict(image_of(picture), verbose=0)
        # MLARAM takes values between 0 and 1, the others take them as they are.
        inputs = [features, np.clip(features / most, 0, 1), features]
        votes = [c.predict(x) for c, x in zip(classifiers, inputs, strict=True)]
        dense = [v.toarray() if hasattr(v, "toarray") else v for v in votes]
        print(np.flatnonzero(np.sum(dense, axis=0)[0] >= 2).tolist(), flush=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
