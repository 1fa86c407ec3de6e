"""P4: one training step of the layer, forward and backward, against Keras's layer.

Traced by `tf.function`, moving averages included, gradients of input, gamma and beta. Two further
rows time the layer's formula with its closed-form gradient against the same formula by tape.
"""

import keras
import tensorflow as tf

from benchmarks.table import Row
from benchmarks.timing import interleaved
from local import layers

SHAPES = {"dense, 64 x 512": (64, 512), "images, 32 x 16 x 16 x 64": (32, 16, 16, 64)}
VALUES = 8_000_000
"""How many values a timed run normalizes: enough to measure, and over before the load changes."""

PAIRS = 25


def run_of(function, sources, dy, weights=()):
    """A function of many traced steps, each `function` of the sources and all gradients for dy."""

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            tape.watch(sources)
            y = function(*sources)
        return y, tape.gradient(y, [*sources, *weights], dy)

    def run():
        for _ in range(VALUES // int(tf.size(dy))):
            last = step()
        return last[0].numpy()

    return run


def training_run(layer, x, dy):
    layer.build(x.shape)
    return run_of(lambda x: layer(x, training=True), [x], dy, layer.trainable_variables)


def by_hand(x, gamma, beta):
    return layers.normalize_batch(x, gamma, beta, list(range(x.ndim - 1)), 1e-3)[0]


def by_tape(x, gamma, beta):
    x_hat, _ = layers.standardize(x, *layers.moments(x, list(range(x.ndim - 1))), 1e-3)
    return gamma * x_hat + beta


def measure():
    """The rows of P4; each ratio is ours over the other's."""
    for name, shape in SHAPES.items():
        x, dy = tf.random.normal((2, *shape))
        ours = training_run(layers.BatchNormalization(), x, dy)
        keras_layer = training_run(keras.layers.BatchNormalization(), x, dy)
        ratio = interleaved(keras_layer, ours, pairs=PAIRS)
        yield Row(f"P4 layer against Keras's, {name}", ratio, "<=", 1.05)

        gamma, beta = tf.random.normal((2, *[1] * (x.ndim - 1), shape[-1]))
        sources = [x, gamma, beta]
        closed, tape = run_of(by_hand, sources, dy), run_of(by_tape, sources, dy)
        yield Row(f"P4 closed form against tape, {name}", interleaved(tape, closed, pairs=PAIRS))
