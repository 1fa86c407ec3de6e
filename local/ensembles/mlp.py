"""Dense nets side by side: many small models that compute in one graph.

Every array begins with the axes (S, K): S seeds, and K variants of each, which differ in learning
rate or initial scale and see the same batches. One product of matrices then serves all of them.
`local.ensembles.sweeps` trains such nets; `local.ensembles.keras_model` takes one out.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from local.ensembles.kernels import check_hook, forward_kernel, initial_kernels
from local.ensembles.renormalization import renormalize
from local.ensembles.statistics import AXES, mean_and_variance
from local.layers import normalize_batch, standardize

GROUPS = 8
"""Into how many groups `normalization="group"` splits the features of a layer."""

OF_STATISTICS = {kind for kind in AXES if kind != "instance"}  # which needs pixels
NORMALIZATIONS = sorted({*OF_STATISTICS, "renorm", "dynamic_tanh"})

ALPHA = 0.5
"""Where dynamic tanh begins: Zhu et al. (2025), section 6.3."""


@dataclass(frozen=True)
class MLP:
    """A multilayer perceptron: `depth` hidden layers of `width` units, then softmax.

    A hidden layer computes z = a W, normalizes it to y = gamma z_hat + beta, and hands f(y) on.
    Without normalization y = z = a W + b: there, and in the last layer, beta is the bias b.

    activation     a name that `keras.activations` knows
    normalization  None, "batch", "layer", "group" (of 8), "rms"; "renorm" is "batch" with
                   `renormalize` in training (Ioffe 2017); "dynamic_tanh" takes no statistics:
                   z_hat = tanh(alpha z), with one alpha a layer that is learnt (Zhu et al. 2025).
                   Or a function of your own: z (S, K, N, width) -> mean, variance, which
                   broadcast to z. Where the variance has length 1 along N, it is a statistic of
                   the batch, and inference uses moving averages. (Instance normalization needs
                   pixels, which these nets lack.)
    momentum       0 to 1, the weight of the old moving average, as in Keras
    epsilon        >= 0, in units of the variance
    noise          None, or a function (y, uniform) -> y that disturbs what the activation receives
                   in training. `uniform(low, high)` gives fresh numbers, one for each example and
                   feature, and `uniform(low, high, batch=True)` one for each feature of the batch.
    kernel         None, or a function from the trained kernel of a hidden layer to the W of the
                   forward pass, both (S, K, inputs, width). Weight standardization (Qiao et al.
                   2019) is `lambda w: standardize(w, *moments(w, [-2]), 1e-5)[0]`, with the two
                   functions of `local.layers`. The last layer uses its kernel as it is.
    skips          whether each hidden layer but the first adds its z to the z of the layer below:
                   a residual net whose branches normalize first (He et al. 2016, figure 4e)
    branch         None, or what a factor before each branch begins with, one number a layer that
                   is learnt; 0 is SkipInit (De & Smith 2020). Needs `skips`.

    Raises ValueError, naming it, for what no net can be.
    """

    depth: int = 8
    width: int = 64
    activation: str = "relu"
    normalization: str | Callable | None = None
    momentum: float = 0.9
    epsilon: float = 1e-3
    noise: Callable | None = None
    kernel: Callable | None = None
    skips: bool = False
    branch: float | None = None

    def __post_init__(self):
        if self.depth < 1 or self.width < 1:
            raise ValueError(
                f"depth and width must be at least 1; received {self.depth} and {self.width}."
            )
        named = self.normalization is not None and not callable(self.normalization)
        if named and self.normalization not in NORMALIZATIONS:
            raise ValueError(
                f"normalization must be None, one of {NORMALIZATIONS} or a function; "
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
        if self.branch is not None and not (self.skips and np.isfinite(self.branch)):
            raise ValueError(
                "branch must be None or a finite number, and needs skips=True; "
                f"received {self.branch} with skips={self.skips}."
            )
        check_hook(self.kernel)
        keras.activations.get(self.activation)  # names what is wrong with it, if anything is

    def statistics(self, z):
        """Mean and variance with which the normalization standardizes z (S, K, N, width)."""
        if callable(self.normalization):
            return self.normalization(z)
        kind = "batch" if self.normalization == "renorm" else self.normalization
        return mean_and_variance(kind, z, groups=GROUPS)

    def initial_kernels(self, features, classes, seed):
        """One array (inputs, units) float32 a layer: see `kernels.initial_kernels`."""
        sizes = [features, *[self.width] * self.depth, classes]
        return initial_kernels(itertools.pairwise(sizes), self.activation, seed)


class LayerValues(NamedTuple):
    """What one layer of every net makes of a batch.

    z (S, K, N, units) before normalization, the sum where there are skips; y what the activation
    receives, a what it returns; statistics: mean and variance (S, K, 1, units) if they are of the
    batch, else None.
    """

    z: tf.Tensor
    y: tf.Tensor
    a: tf.Tensor
    statistics: tuple | None


class MLPEnsemble:
    """The weights of S x K nets of one description, and their forward pass.

    net: an `MLP`.  features, classes: length of an example, number of labels.  seeds: S integers
    >= 0.  scales: (K,), what the initial kernels of each variant are multiplied by.
    """

    def __init__(self, net, features, classes, seeds, scales):
        self.net, self.seeds, self.variants = net, seeds, len(scales)
        self.activation = keras.activations.get(net.activation)
        of_seeds = [net.initial_kernels(features, classes, seed) for seed in seeds]
        kernels = [
            np.stack(kernel)[:, None] * np.asarray(scales, np.float32)[:, None, None]
            for kernel in zip(*of_seeds, strict=True)
        ]
        # (S, K, inputs, units), but the first (S, inputs, K * units): a batch that the variants of
        # a seed share meets all their kernels in one large product, the costliest of the step.
        self.kernels = [tf.Variable(self.fold(kernels[0])), *map(tf.Variable, kernels[1:])]
        widths = [net.width] * net.depth
        self.betas = [self._variable(tf.zeros, units) for units in (*widths, classes)]
        self.gammas = [self._variable(tf.ones, units) for units in widths if net.normalization]
        squashed = widths if net.normalization == "dynamic_tanh" else []
        self.alphas = [self._variable(partial(tf.fill, value=ALPHA), 1) for _ in squashed]
        branches = widths[1:] if net.branch is not None else []
        self.branches = [self._variable(partial(tf.fill, value=net.branch), 1) for _ in branches]
        self.trainable = [*self.kernels, *self.betas, *self.gammas]
        self.trainable += [*self.alphas, *self.branches]
        moving = widths if self._normalizes_over_batch() else []
        self.moving = [(self._variable(tf.zeros, w), self._variable(tf.ones, w)) for w in moving]

    def _variable(self, initial, units):
        return tf.Variable(initial((len(self.seeds), self.variants, 1, units)))

    def _normalizes_over_batch(self):
        """Are the net's statistics those of a batch, so that inference needs averages of them?"""
        if self.net.normalization in (None, "dynamic_tanh"):
            return False
        _, variance = self.net.statistics(tf.ones((1, 1, 2, self.net.width)))
        return variance.shape[-2] == 1

    def fold(self, apart):
        """(S, K, n, width) -> (S, n, K * width), the shape of the first kernel."""
        shape = (len(self.seeds), -1, self.variants * self.net.width)
        return tf.reshape(tf.transpose(apart, [0, 2, 1, 3]), shape)

    def unfold(self, folded):
        """(S, n, K * width) -> (S, K, n, width)."""
        shape = (len(self.seeds), -1, self.variants, self.net.width)
        return tf.transpose(tf.reshape(folded, shape), [0, 2, 1, 3])

    def forward_kernels(self):
        """The kernels that the forward pass uses, in the shapes of `self.kernels`."""
        hook = self.net.kernel
        if hook is None:
            return self.kernels
        first, *hidden, last = self.kernels
        first = self.fold(forward_kernel(self.unfold(first), hook))
        return [first, *(forward_kernel(kernel, hook) for kernel in hidden), last]

    @tf.autograph.experimental.do_not_convert
    def forward(self, x, statistics=None, uniform=None):
        """Logits (S, K, N, classes), and the `LayerValues` of every layer, the logits' as the last.

        x: (S, N, features), or (1, N, features) for all seeds.  statistics: None to take them from
        this batch, as training does, or the (mean, variance) of every layer to use in their stead.
        uniform: the source of the noise in training; None for a pass that is no step of it, so
        without noise, and without what batch renormalization corrects.
        """
        kernels, values, a = self.forward_kernels(), [], x
        for layer in range(self.net.depth):
            product = tf.matmul(a, kernels[layer])
            if not layer:
                z = self.unfold(product)
            elif self.net.skips:
                z += self.branches[layer - 1] * product if self.branches else product
            else:
                z = product
            if self.net.normalization is None:
                z += self.betas[layer]
            y, used = self._normalized(layer, z, statistics, training=uniform is not None)
            if uniform and self.net.noise:
                y = self.net.noise(y, uniform)
            a = self.activation(y)
            values.append(LayerValues(z, y, a, used if self.moving else None))
        logits = tf.matmul(a, kernels[-1]) + self.betas[-1]
        return logits, [*values, LayerValues(logits, logits, logits, None)]

    def _normalized(self, layer, z, statistics, training):
        """y, and the mean and variance that lie between z and y, if any do."""
        kind, beta, epsilon = self.net.normalization, self.betas[layer], self.net.epsilon
        if kind is None:
            return z, None
        gamma = self.gammas[layer]
        if kind == "dynamic_tanh":
            return gamma * tf.tanh(self.alphas[layer] * z) + beta, None
        if statistics is None and kind == "batch":
            y, *used = normalize_batch(z, gamma, beta, [-2], epsilon)
            return y, used
        used = statistics[layer] if statistics else self.net.statistics(z)
        z_hat, _ = standardize(z, *used, epsilon)
        if kind == "renorm" and training:
            z_hat = renormalize(z_hat, used, self.moving[layer], epsilon)
        return gamma * z_hat + beta, used

    def move_averages(self, values):
        """Move the averages of every layer towards the statistics of the latest batch: (5.1)."""
        m = self.net.momentum
        for averages, layer in zip(self.moving, values, strict=False):
            for average, latest in zip(averages, layer.statistics, strict=True):
                average.assign(m * average + (1 - m) * latest)

    def weights(self):
        """One dict a layer: kernel (S, K, inputs, units), and (S, K, units) of beta and, with
        normalization, gamma, moving_mean, moving_variance; (S, K, 1) of alpha and branch where the
        net learns them. The kernel is that of the forward pass.
        """
        first, *others = self.forward_kernels()
        found = [{"kernel": kernel.numpy()} for kernel in (self.unfold(first), *others)]
        for name, variables in {
            "beta": self.betas,
            "gamma": self.gammas,
            "moving_mean": [mean for mean, _ in self.moving],
            "moving_variance": [variance for _, variance in self.moving],
            "alpha": self.alphas,
            "branch": self.branches,
        }.items():
            layers = found[1:] if name == "branch" else found
            for layer, variable in zip(layers, variables, strict=False):
                layer[name] = variable.numpy()[:, :, 0]
        return found
