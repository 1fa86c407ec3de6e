"""P3: 14 learning rates x 3 seeds of an eight-layer net at once, against Keras fits in a row.

Both train with batch normalization and plain SGD for a few epochs. The peer writes, compiles and
fits one Keras model after another, as one does; a second row lets it compile only once. To keep
this short, a few of its 42 fits are timed and their time is multiplied: fits do not differ.
"""

import keras
import numpy as np

from benchmarks.table import Row
from benchmarks.timing import Comparison, Spread, interleaved
from local import data, training
from local.ensembles.mlp import MLP
from local.ensembles.sweeps import sweep

RATES, SEEDS, EPOCHS = np.geomspace(1e-3, 1, 14), (0, 1, 2), 5
TIMED = 6
NET = MLP(depth=8, width=64, normalization="batch")


def keras_net():
    """The same net, of Keras's own layers, compiled."""
    model = keras.Sequential()
    for _ in range(NET.depth):
        model.add(keras.layers.Dense(NET.width, use_bias=False))
        model.add(keras.layers.BatchNormalization(momentum=NET.momentum))
        model.add(keras.layers.Activation(NET.activation))
    model.add(keras.layers.Dense(3))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(), loss, metrics=["accuracy"])
    return model


def measure():
    """The rows of P3."""
    x, _, y, _ = training.split(*data.load_mini_cifar())
    pairs = [(rate, seed) for seed in SEEDS for rate in RATES]
    few = pairs[:: len(pairs) // TIMED]
    share = len(pairs) / len(few)

    def ours():
        sweep(NET, x, y, learning_rates=RATES, seeds=SEEDS, epochs=EPOCHS)

    def fit(model, rate, seed):
        keras.utils.set_random_seed(seed)
        model.optimizer.learning_rate = rate
        model.fit(x, y, batch_size=64, epochs=EPOCHS, verbose=0)

    def one_after_another():
        for rate, seed in few:
            fit(keras_net(), rate, seed)

    compiled = keras_net()
    compiled.build(x.shape)
    initial = compiled.get_weights()

    def compiled_once():
        for rate, seed in few:
            compiled.set_weights(initial)
            fit(compiled, rate, seed)

    timed = f"({len(few)} timed, x{share:g})"
    whole = multiplied(interleaved(ours, one_after_another), share)
    yield Row(f"P3 42 nets at once: 42 Keras fits {timed}", whole, ">=", 12)
    once = multiplied(interleaved(ours, compiled_once), share)
    yield Row(f"P3 the same, Keras compiling once {timed}", once)


def multiplied(comparison, factor):
    """The comparison with a peer that takes `factor` times as long."""
    peer = Spread(*(factor * seconds for seconds in comparison.peer))
    return Comparison(factor * comparison.ratio, comparison.ours, peer)
