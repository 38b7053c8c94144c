"""Fit the network to patches of pages whose traces are known."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from training.ink_network.network import build_network
from training.ink_network.patches import Batch, TrainingPage, random_batch
from training.ink_network.released_weights import set_released_weights

Mixture = Sequence[tuple[list[TrainingPage], int]]
"""Pages of each kind, and how many patches of a batch show them."""

PEAK_RATE: Final = 3e-3
PEAK_RATE_FROM_RELEASED: Final = 1e-3
INK_WEIGHT: Final = 3.0
"""Weight of ink against paper: a page has a hundred times as much paper."""

FIRST_RATE: Final = 1e-4
WARM_UP: Final = 30
CALIBRATION_BATCHES: Final = 12
"""Batches on which the means and variances of the released network are measured."""

REPORT_STEPS: Final = 50


def fit_network(
    mixture: Mixture,
    steps: int,
    seed: int,
    checkpoint: Path,
    report: Callable[[str], None],
    released: bytes | None = None,
) -> Any:
    """Train a network, from scratch or from the released one.

    Cross-entropy and the soft Dice coefficient (Milletari et al. 2016), Adam with a cosine
    schedule. The weights are saved to `checkpoint` as it goes on.
    """
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model = build_network()
    if released is not None:
        batches = [_mixed_batch(mixture, rng)[0] for _ in range(CALIBRATION_BATCHES)]
        set_released_weights(model, released, batches)
    peak = PEAK_RATE if released is None else PEAK_RATE_FROM_RELEASED
    schedule = keras.optimizers.schedules.CosineDecay(
        FIRST_RATE, steps - WARM_UP, warmup_target=peak, warmup_steps=WARM_UP
    )
    optimizer = keras.optimizers.Adam(schedule)

    def step(cells: Any, label: Any, weight: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = _loss(tf, model(cells, training=True), label, weight)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    compiled = tf.function(step)
    start, losses = time.monotonic(), []
    for number in range(1, steps + 1):
        losses.append(float(compiled(*_mixed_batch(mixture, rng))))
        if number % REPORT_STEPS == 0 or number == steps:
            mean = float(np.mean(losses[-REPORT_STEPS:]))
            report(f"step {number}: loss {mean:.4f}, {time.monotonic() - start:.0f} s")
            model.save_weights(checkpoint)
    return model


def _mixed_batch(mixture: Mixture, rng: np.random.Generator) -> Batch:
    parts = [random_batch(pages, count, rng) for pages, count in mixture if pages]
    cells, label, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
    return cells, label, weight


def _loss(tf: Any, logits: Any, label: Any, weight: Any) -> Any:
    entropy = tf.nn.weighted_cross_entropy_with_logits(label, logits, INK_WEIGHT)
    entropy = tf.reduce_sum(weight * entropy) / (tf.reduce_sum(weight) + 1.0)
    probability = weight * tf.sigmoid(logits)
    common = tf.reduce_sum(probability * label)
    total = tf.reduce_sum(probability) + tf.reduce_sum(weight * label)
    return entropy + 0.3 * (1.0 - (2.0 * common + 1.0) / (total + 1.0))
