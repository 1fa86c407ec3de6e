"""One call of a layer and all that comes of it, to compare two layers that should be the same."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from local import layers

TOLERANCE = {"float16": 2e-3, "bfloat16": 2e-2, "float32": 1e-6, "float64": 1e-13}
EAGER, GRAPH, XLA = None, {}, {"jit_compile": True}
MODES = pytest.mark.parametrize("mode", [EAGER, GRAPH, XLA], ids=["eager", "graph", "xla"])


def batch(shape, seed=0):
    """Entries of different means and deviations, both about 1, and a gradient of that shape."""
    rng = np.random.default_rng(seed)
    scale, shift = rng.uniform(1, 3, shape[1:]), rng.normal(size=shape[1:])
    return rng.normal(size=shape) * scale + shift, rng.normal(size=shape)


def step(layer, x, dy, mode=EAGER, dtype="float32", **call):
    """Everything one call gives: output, gradients, and the weights after it, in float64."""

    def run(x, dy):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, **call)
        sources = [x, *layer.trainable_variables]
        return y, *tape.gradient(y, sources, tf.cast(dy, y.dtype), unconnected_gradients="zero")

    run = run if mode is EAGER else tf.function(run, **mode)
    results = run(tf.cast(x, dtype), tf.cast(dy, dtype))
    return [np.asarray(tf.cast(value, "float64")) for value in [*results, *layer.weights]]


def assert_equal(ours, theirs, tolerance=1e-6):
    """Equal to `tolerance` of the largest entry of each array."""
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * max(np.abs(b).max(), 1e-30))


def pair(shape, seed=1, **options):
    """Our layer and Keras's, built and holding the same arbitrary weights."""
    rng = np.random.default_rng(seed)
    ours, theirs = layers.BatchNormalization(**options), keras.layers.BatchNormalization(**options)
    for layer in (ours, theirs):
        layer.build((None, *shape[1:]))
    weights = [rng.uniform(0.5, 2, w.shape) for w in theirs.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    return ours, theirs
