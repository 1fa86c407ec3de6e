"""Deep nets along leading axes: many small models that compute side by side in one graph.

Every array begins with the axes (S, K): S seeds, and K variants of each, which differ in learning
rate or initial scale and see the same batches. One product of matrices then serves all of them.
`local.ensembles.sweeps` trains such nets; `keras_model` takes one out, to be looked at on its own.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from local.layers import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    moments,
    normalize_batch,
    standardize,
)

GROUPS = 8
"""Into how many groups `normalization="group"` splits the features of a layer."""

GAINS = {"linear": 1.0, "tanh": 1.0, "sigmoid": 1.0}
RECTIFIERS_GAIN = 2**0.5
"""Gains of the initial kernels: sqrt(2) keeps the size of signals behind a rectifier (He et al.
2015), 1 where the activation is near a straight line (Glorot & Bengio 2010)."""


def of_batch(z):
    """Mean and variance of every feature over the batch: chapter 2."""
    return moments(z, [-2])


def of_example(z):
    """Mean and variance of every example over its features: layer normalization."""
    return moments(z, [-1])


def of_groups(z):
    """Mean and variance of every example over each group of features: group normalization."""
    width = z.shape[-1]
    groups = tf.reshape(z, tf.concat([tf.shape(z)[:-1], [GROUPS, width // GROUPS]], axis=0))
    return [tf.repeat(m[..., 0], width // GROUPS, axis=-1) for m in moments(groups, [-1])]


def of_squares(z):
    """Zero, and the mean square of every example: RMS normalization."""
    square = tf.reduce_mean(tf.square(z), [-1], keepdims=True)
    return tf.zeros_like(square), square


STATISTICS = {"batch": of_batch, "layer": of_example, "group": of_groups, "rms": of_squares}


@dataclass(frozen=True)
class DeepNet:
    """What the nets of a sweep look like: `depth` hidden layers of `width` units, then softmax.

    A hidden layer computes z = a W, normalises it to y = gamma z_hat + beta, and hands f(y) on.
    Without normalization y = z = a W + b: there, and in the last layer, beta is the bias b.

    activation     a name that `keras.activations` knows
    normalization  None, "batch", "layer", "group" (of 8), "rms", or a function of your own:
                   z (S, K, N, width) -> mean, variance, which broadcast to z. Where the variance
                   has length 1 along N, it is a statistic of the batch, and inference uses moving
                   averages. (Instance normalization needs pixels, which these nets lack.)
    momentum       0 to 1, the weight of the old moving average, as in Keras
    epsilon        >= 0, in units of the variance
    noise          None, or a function (y, uniform) -> y that disturbs what the activation receives
                   in training. `uniform(low, high)` gives fresh numbers, one for each example and
                   feature, and `uniform(low, high, batch=True)` one for each feature of the batch.

    Raises ValueError, naming it, for what no net can be.
    """

    depth: int = 8
    width: int = 64
    activation: str = "relu"
    normalization: str | Callable | None = None
    momentum: float = 0.9
    epsilon: float = 1e-3
    noise: Callable | None = None

    def __post_init__(self):
        if self.depth < 1 or self.width < 1:
            raise ValueError(
                f"depth and width must be at least 1; received {self.depth} and {self.width}."
            )
        named = self.normalization is not None and not callable(self.normalization)
        if named and self.normalization not in STATISTICS:
            raise ValueError(
                f"normalization must be None, one of {sorted(STATISTICS)} or a function; "
                f"received {self.normalization!r}."
            )
        if self.normalization == "group" and self.width % GROUPS:
            raise ValueError(
                f"width must be a multiple of the {GROUPS} groups; received {self.width}."
            )
        if not 0 <= self.momentum <= 1 or not 0 <= self.epsilon < float("inf"):
            raise ValueError(
                "momentum must lie in 0..1 and epsilon be finite and >= 0; "
                f"received {self.momentum} and {self.epsilon}."
            )
        keras.activations.get(self.activation)  # names what is wrong with it, if anything is

    @property
    def statistics(self):
        """The function that takes mean and variance, or None."""
        return STATISTICS.get(self.normalization, self.normalization)

    def initial_kernels(self, features, classes, seed):
        """One array (inputs, units) a layer, float32, normal with deviation gain / sqrt(inputs)."""
        sizes = [features, *[self.width] * self.depth, classes]
        gain = GAINS.get(self.activation, RECTIFIERS_GAIN)
        random = np.random.default_rng([seed, 1])  # not the stream that shuffles
        return [
            random.standard_normal(shape, np.float32) * np.float32(gain / shape[0] ** 0.5)
            for shape in itertools.pairwise(sizes)
        ]


class Values(NamedTuple):
    """What one layer of every net makes of a batch.

    z (S, K, N, units) before normalization, y what the activation receives, a what it returns;
    statistics: mean and variance (S, K, 1, units) if they are of the batch, else None.
    """

    z: tf.Tensor
    y: tf.Tensor
    a: tf.Tensor
    statistics: tuple | None


class Nets:
    """The weights of S x K nets of one description, and their forward pass.

    scales: (K,), what the initial kernels of each variant are multiplied by.
    """

    def __init__(self, net, features, classes, seeds, scales):
        self.net, self.seeds, self.variants = net, seeds, len(scales)
        self.activation = keras.activations.get(net.activation)
        of_seeds = [net.initial_kernels(features, classes, seed) for seed in seeds]
        # (S, K, inputs, outputs), but the first (S, inputs, K * outputs): a batch that the variants
        # of a seed share meets all their kernels in one large product, the costliest of the step.
        kernels = [
            np.stack(kernel)[:, None] * np.asarray(scales, np.float32)[:, None, None]
            for kernel in zip(*of_seeds, strict=True)
        ]
        kernels[0] = kernels[0].transpose(0, 2, 1, 3).reshape(len(seeds), features, -1)
        self.kernels = [tf.Variable(kernel) for kernel in kernels]
        widths = [net.width] * net.depth
        self.betas = [self._variable(tf.zeros, units) for units in (*widths, classes)]
        self.gammas = [self._variable(tf.ones, units) for units in widths if net.normalization]
        self.trainable = [*self.kernels, *self.betas, *self.gammas]
        moving = widths if self._over_batch() else []
        self.moving = [(self._variable(tf.zeros, w), self._variable(tf.ones, w)) for w in moving]

    def _variable(self, initial, units):
        return tf.Variable(initial((len(self.seeds), self.variants, 1, units)))

    def _over_batch(self):
        """Are the net's statistics those of a batch, so that inference needs averages of them?"""
        if self.net.normalization is None:
            return False
        _, variance = self.net.statistics(tf.ones((1, 1, 2, self.net.width)))
        return variance.shape[-2] == 1

    def variants_apart(self, folded):
        """(S, n, K * units) -> (S, K, n, units)."""
        shape = (len(self.seeds), tf.shape(folded)[1], self.variants, self.net.width)
        return tf.transpose(tf.reshape(folded, shape), [0, 2, 1, 3])

    @tf.autograph.experimental.do_not_convert
    def forward(self, x, statistics=None, uniform=None):
        """Logits (S, K, N, classes), and the `Values` of every layer, the logits' own as the last.

        x: (S, N, features), or (1, N, features) for all seeds.  statistics: None to take them from
        this batch, as training does, or the (mean, variance) of every layer to use in their stead.
        uniform: the source of the noise, or None for a pass without it.
        """
        values, a = [], x
        for layer in range(self.net.depth):
            z = tf.matmul(a, self.kernels[layer])
            z, y, own = self._normalized(layer, z if layer else self.variants_apart(z), statistics)
            if uniform and self.net.noise:
                y = self.net.noise(y, uniform)
            a = self.activation(y)
            values.append(Values(z, y, a, own if self.moving else None))
        logits = tf.matmul(a, self.kernels[-1]) + self.betas[-1]
        return logits, [*values, Values(logits, logits, logits, None)]

    def _normalized(self, layer, z, statistics):
        """z, y and the mean and variance that lie between them."""
        beta, epsilon = self.betas[layer], self.net.epsilon
        if self.net.normalization is None:
            return z + beta, z + beta, None
        gamma = self.gammas[layer]
        if statistics is None and self.net.normalization == "batch":
            y, *own = normalize_batch(z, gamma, beta, [-2], epsilon)
            return z, y, own
        own = statistics[layer] if statistics else self.net.statistics(z)
        z_hat, _ = standardize(z, *own, epsilon)
        return z, gamma * z_hat + beta, own

    def move_averages(self, values):
        """Move the averages of every layer towards the statistics of the latest batch: (5.1)."""
        m = self.net.momentum
        for averages, layer in zip(self.moving, values, strict=False):
            for average, latest in zip(averages, layer.statistics, strict=True):
                average.assign(m * average + (1 - m) * latest)

    def weights(self):
        """One dict a layer: kernel (S, K, inputs, outputs), and (S, K, units) of beta and, with
        normalization, gamma, moving_mean, moving_variance.
        """
        kernels = [self.variants_apart(self.kernels[0]), *self.kernels[1:]]
        found = [{"kernel": kernel.numpy()} for kernel in kernels]
        for name, variables in {
            "beta": self.betas,
            "gamma": self.gammas,
            "moving_mean": [mean for mean, _ in self.moving],
            "moving_variance": [variance for _, variance in self.moving],
        }.items():
            for layer, variable in zip(found, variables, strict=False):
                layer[name] = variable.numpy()[:, :, 0]
        return found


def keras_model(net, weights):
    """One net as a Keras model that returns logits, without the noise of the training.

    weights: one dict a layer, as `Nets.weights` names them, without the leading axes. Raises
    ValueError for a normalization that no layer of ours fits: "rms" (it has no beta), functions.
    """
    options = {"epsilon": net.epsilon}
    normalizers = {
        "batch": lambda: BatchNormalization(momentum=net.momentum, **options),
        "layer": lambda: LayerNormalization(**options),
        "group": lambda: GroupNormalization(GROUPS, **options),
    }
    if net.normalization not in (None, *normalizers):
        raise ValueError(
            f"A Keras model can be made for None and {sorted(normalizers)}; "
            f"received normalization={net.normalization!r}."
        )
    model = keras.Sequential([keras.Input(weights[0]["kernel"].shape[:1])])
    for number, layer in enumerate(weights):
        biased = "gamma" not in layer
        dense = keras.layers.Dense(layer["kernel"].shape[1], use_bias=biased)
        model.add(dense)
        dense.set_weights([layer["kernel"], layer["beta"]] if biased else [layer["kernel"]])
        if not biased:
            model.add(normalizers[net.normalization]())
            names = ("gamma", "beta", "moving_mean", "moving_variance")
            model.layers[-1].set_weights([layer[name] for name in names if name in layer])
        if number < net.depth:
            model.add(keras.layers.Activation(net.activation))
    return model
