"""Fit the network to patches of pages whose traces are known."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from training.ink_network.network import build_network
from training.ink_network.patches import Batch, TrainingPage, random_batch

BATCH: Final = 8
DRAWN: Final = 2
"""Patches of a batch that show drawn pages: other looks, but not as real as photographs."""

PEAK_RATE: Final = 3e-3
INK_WEIGHT: Final = 3.0
"""Weight of ink against paper: a page has a hundred times as much paper."""

WARM_UP: Final = 30
REPORT_STEPS: Final = 50


def fit_network(
    photos: list[TrainingPage],
    drawn: list[TrainingPage],
    steps: int,
    seed: int,
    checkpoint: Path,
    report: Callable[[str], None],
) -> Any:
    """Train a network from scratch.

    Cross-entropy and the soft Dice coefficient (Milletari et al. 2016), Adam with a cosine
    schedule. The weights are saved to `checkpoint` as it goes on.
    """
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model = build_network()
    schedule = keras.optimizers.schedules.CosineDecay(
        1e-4, steps - WARM_UP, warmup_target=PEAK_RATE, warmup_steps=WARM_UP
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
        losses.append(float(compiled(*_mixed_batch(photos, drawn, rng))))
        if number % REPORT_STEPS == 0 or number == steps:
            mean = float(np.mean(losses[-REPORT_STEPS:]))
            report(f"step {number}: loss {mean:.4f}, {time.monotonic() - start:.0f} s")
            model.save_weights(checkpoint)
    return model


def _mixed_batch(
    photos: list[TrainingPage], drawn: list[TrainingPage], rng: np.random.Generator
) -> Batch:
    if not drawn:
        return random_batch(photos, BATCH, rng)
    parts = random_batch(photos, BATCH - DRAWN, rng), random_batch(drawn, DRAWN, rng)
    cells, label, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
    return cells, label, weight


def _loss(tf: Any, logits: Any, label: Any, weight: Any) -> Any:
    entropy = tf.nn.weighted_cross_entropy_with_logits(label, logits, INK_WEIGHT)
    entropy = tf.reduce_sum(weight * entropy) / (tf.reduce_sum(weight) + 1.0)
    probability = weight * tf.sigmoid(logits)
    common = tf.reduce_sum(probability * label)
    total = tf.reduce_sum(probability) + tf.reduce_sum(weight * label)
    return entropy + 0.3 * (1.0 - (2.0 * common + 1.0) / (total + 1.0))
