"""The time that folding saves: a convolutional net with its normalizations against the folded one.

Both run in inference mode, traced by `tf.function`. The depthwise blocks are those of small nets
for telephones, in which a normalization follows every convolution.
"""

import keras
import tensorflow as tf
from keras import layers

from benchmarks.table import Row
from benchmarks.timing import interleaved
from local.folding import fold_model
from local.gradients import relative_error
from local.layers import BatchNormalization

PIXELS, CHANNELS, BLOCKS, IMAGES = 32, 32, 4, 64
REPEATS = 10


def plain(channels):
    return [layers.Conv2D(channels, 3, padding="same", use_bias=False)]


def depthwise(channels):
    return [
        layers.DepthwiseConv2D(3, padding="same", use_bias=False),
        layers.Conv2D(channels, 1, use_bias=False),
    ]


def net(block):
    """Some blocks of convolutions, a normalization and ReLU after each of them."""
    model = keras.Sequential([keras.Input((PIXELS, PIXELS, CHANNELS))])
    for _ in range(BLOCKS):
        for convolution in block(CHANNELS):
            model.add(convolution)
            model.add(BatchNormalization())
            model.add(layers.ReLU())
    return model


def run_of(model, x):
    infer = tf.function(lambda x: model(x, training=False))

    def run():
        for _ in range(REPEATS):
            y = infer(x)
        return y.numpy()

    return run


def measure():
    """For plain and for depthwise convolutions: the ratio of times, and how far they are apart."""
    x = tf.random.stateless_normal((IMAGES, PIXELS, PIXELS, CHANNELS), [0, 0])
    for block in (plain, depthwise):
        model = net(block)
        model(x, training=True)  # averages that are not those of the start
        ours, peer = run_of(fold_model(model), x), run_of(model, x)
        ratio = interleaved(ours, peer)
        yield Row(f"folded against not folded, {block.__name__} convolutions", ratio, ">=", 1)
        yield Row("  their relative difference", relative_error(ours(), peer()), "<=", 1e-5)
