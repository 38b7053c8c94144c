"""Write the original stack's files: MobileNetV2 as .h5 and three pickled multi-label classifiers.

They are fitted to image features of the samples with noise and labels drawn at random: that takes
as long to load and to ask as any other fit of this size, and says nothing about ECGs.
"""

import pickle
import sys
from pathlib import Path

import numpy as np
from features import SIDE, image_of
from keras.applications import MobileNetV2
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC
from skmultilearn.adapt import MLARAM
from skmultilearn.problem_transform import BinaryRelevance

RECORDS, LABELS, POSITIVE = 1000, 6, 0.2


def main(samples: Path, weights: Path, out: Path) -> None:
    """Write features.h5 and classifiers.pkl to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    stored = str(weights) if weights.is_file() else "imagenet"
    network = MobileNetV2(
        weights=stored, include_top=False, pooling="avg", input_shape=(SIDE, SIDE, 3)
    )
    network.save(out / "features.h5")
    images = [
        image_of(path) for path in sorted(samples.iterdir()) if path.suffix in (".png", ".jpg")
    ]
    found = network.predict(np.concatenate(images), verbose=0)
    rng = np.random.default_rng(0)
    features = found[rng.integers(len(found), size=RECORDS)]
    features = np.abs(features + rng.normal(0, 0.1, features.shape))
    labels = (rng.random((RECORDS, LABELS)) < POSITIVE).astype(int)
    classifiers = [
        BinaryRelevance(LogisticRegression(max_iter=200)).fit(features, labels),
        MLARAM(neurons=[]).fit(features / features.max(), labels.copy()),
        OneVsRestClassifier(SVC()).fit(features, labels),
    ]
    (out / "classifiers.pkl").write_bytes(pickle.dumps((features.max(), classifiers)))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
