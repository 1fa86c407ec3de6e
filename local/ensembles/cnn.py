"""Convolutional nets side by side, which differ in normalization and in seed.

Every array begins with the axes (S, K): S seeds, and K kinds of normalization of each, which see
the same batches from the same initial weights. Two ideas keep this fast. A convolution whose
windows do not overlap is a product of matrices, once the image is cut into patches. And every kind
of statistics can be had from one small table: see `local.ensembles.statistics`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import numpy as np
import tensorflow as tf

from local.arrays import refuse_not_finite
from local.ensembles.kernels import check_hook, forward_kernel, initial_kernels
from local.ensembles.statistics import AXES, mean_and_variance
from local.examples import batches, check_batch_size, check_labels

GROUPS = 2
"""Into how many groups "group" splits the channels of a layer."""

MOMENTUM, EPSILON = 0.9, 1e-3
"""As in `MLP`: a memory of about ten steps, and the epsilon of Keras."""

KINDS = (None, *AXES)


@dataclass(frozen=True)
class CNN:
    """Convolutional nets: some hidden layers, and a last one that sees all that is left.

    layers   one (side, channels) a hidden layer: it cuts its input into patches of side x side
             pixels, computes `channels` numbers z of each, normalizes them to
             y = gamma z_hat + beta, and hands on max(y, 0). On one pixel it is a dense layer.
    kinds    of normalization: None (y = z + beta), "batch", "layer", "group" (of 2), "instance"
             or "rms"; "layer" and "rms" average over pixels and channels, as in Wu & He (2018).
    kernel   None, or a function from the trained kernel of a hidden layer to that of the forward
             pass, both (S, K, inputs, channels), inputs being side² times the channels of what is
             cut: as in `MLP`. The last layer uses its kernel as it is.

    Raises ValueError, naming it, for what no net can be.
    """

    layers: tuple = ((4, 8), (2, 16), (1, 16))
    kinds: tuple = KINDS
    kernel: Callable | None = None

    def __post_init__(self):
        if not self.layers or any(side < 1 or channels < 1 for side, channels in self.layers):
            raise ValueError(f"layers must be (side, channels) from 1 up; received {self.layers}.")
        if not self.kinds or any(kind not in KINDS for kind in self.kinds):
            raise ValueError(f"kinds must be some of {KINDS}; received {self.kinds}.")
        if "group" in self.kinds and any(channels % GROUPS for _, channels in self.layers):
            raise ValueError(f"channels must be multiples of {GROUPS}; received {self.layers}.")
        check_hook(self.kernel)

    def shapes(self, side, channels, classes):
        """(patch side, patches across, inputs, outputs) of every layer, the last one included.

        side, channels: of the square input images. Raises ValueError where they cannot be cut.
        """
        found = []
        for patch, outputs in (*self.layers, (None, classes)):
            patch = patch or side
            if side % patch:
                raise ValueError(f"side {patch} of a patch must divide {side}: change layers.")
            side //= patch
            if side == 1 and "instance" in self.kinds and len(found) < len(self.layers):
                raise ValueError(
                    f'"instance" needs pixels; layer {len(found) + 1} has one: leave it out.'
                )
            found.append((patch, side, patch * patch * channels, outputs))
            channels = outputs
        return found


def cut(images, side):
    """Cut images (n, H, H, C) into patches of side x side pixels: (n, positions, side² C)."""
    _, height, _, channels = images.shape
    across = height // side
    blocks = tf.reshape(images, (-1, across, side, across, side, channels))
    patches = tf.transpose(blocks, [0, 1, 3, 2, 4, 5])
    return tf.reshape(patches, (-1, across * across, side * side * channels))


class CNNEnsemble:
    """S x K nets of one description, to be trained and then asked for their logits.

    net: a `CNN`.  shape: (H, H, C) of an image.  classes: how many labels there are.  seeds: S
    integers >= 0. Raises ValueError where such images cannot be cut as `net` says.
    """

    def __init__(self, net, shape, classes, seeds):
        if shape[0] != shape[1]:
            raise ValueError(f"shape must be (H, H, C); received {tuple(shape)}: crop the images.")
        self.net, self.image, self.classes, self.seeds = net, tuple(shape), classes, tuple(seeds)
        self.models = len(self.seeds), len(net.kinds)
        self.shapes = net.shapes(shape[0], shape[2], classes)
        sizes = [kernel for _, _, *kernel in self.shapes]
        of_seeds = [initial_kernels(sizes, "relu", seed) for seed in self.seeds]
        self.kernels = [
            tf.Variable(np.repeat(np.stack(kernel)[:, None], len(net.kinds), axis=1))
            for kernel in zip(*of_seeds, strict=True)  # each (S, K, inputs, outputs)
        ]
        outputs = [units for *_, units in self.shapes]
        hidden = outputs[:-1]
        self.betas = [tf.Variable(tf.zeros((*self.models, 1, units))) for units in outputs]
        self.gammas = [tf.Variable(tf.ones((*self.models, 1, units))) for units in hidden]
        self.moving = [  # mean and variance (S, 1, C) of "batch"
            [tf.Variable(initial((len(self.seeds), 1, units))) for initial in (tf.zeros, tf.ones)]
            for units in hidden
        ]
        self.trainable = [*self.kernels, *self.betas, *self.gammas]
        self.initial = [(w, w.numpy()) for w in chain(self.trainable, *self.moving)]
        # One graph of each for batches of every size.
        self._run = tf.function(self._steps, reduce_retracing=True)
        self._pass = tf.function(self._forward, reduce_retracing=True)

    def train(self, x, y, *, batch_size, rate, steps):
        """Train all nets anew by plain gradient descent; return the losses (S, K, steps), in nats.

        x: (n, H, H, C) float.  y: (n,) labels 0, 1, ...  Each net begins with the initial weights
        of its seed, which decides the order of the examples as well: see `examples.batches`.
        Raises ValueError for images of another shape than the nets' or with numbers that are not
        finite, for labels that are not theirs, for a batch that x cannot fill, and for no steps.
        """
        check_labels(x, y, self.classes)
        check_batch_size(batch_size, len(x))
        if steps < 1:
            raise ValueError(f"steps must be at least 1; received {steps}.")
        patches = self._patches(x)
        for variable, value in self.initial:
            variable.assign(value)
        orders = [
            np.concatenate([*batches(len(x), batch_size, seed, steps)]) for seed in self.seeds
        ]
        indices = tf.constant(np.stack(orders, axis=1))  # (steps, S, batch_size)
        labels, rate = tf.constant(y, tf.int32), tf.constant(rate, tf.float32)
        losses = self._run(patches, labels, indices, rate)
        return np.moveaxis(losses.numpy(), 0, -1)

    def logits(self, x, statistics):
        """Logits (S, K, n, classes) of x (n, H, H, C) in inference mode.

        statistics: what "batch" normalizes with, `moving` or those that `statistics` returns.
        """
        # Variables and tensors would each make a graph of their own.
        given = [tuple(map(tf.convert_to_tensor, pair)) for pair in statistics]
        return self._pass(self._patches(x)[None], given)[0].numpy()

    def statistics(self, x):
        """Mean and variance (S, 1, C) of "batch" in every hidden layer, x being one batch."""
        return self._pass(self._patches(x)[None])[1]

    def _patches(self, x):
        if np.shape(x)[1:] != self.image:
            raise ValueError(f"x must be (n, *{self.image}); received shape {np.shape(x)}.")
        refuse_not_finite("x", x)
        return cut(tf.constant(x, tf.float32), self.shapes[0][0])

    @tf.autograph.experimental.do_not_convert
    def _forward(self, patches, statistics=None):
        """Logits (S, K, N, classes) and the statistics of "batch" in every layer.

        patches: (S or 1, N, positions, inputs).  statistics: None to take those of this batch.
        """
        *hidden, last = self.kernels
        kernels = [*(forward_kernel(kernel, self.net.kernel) for kernel in hidden), last]
        of_batch = []
        z = self._product(0, patches[:, None], kernels[0])
        for layer, (_, across, _, channels) in enumerate(self.shapes[:-1]):
            y, found = self._normalized(layer, z, statistics and statistics[layer])
            of_batch.append(found)
            images = tf.reshape(tf.nn.relu(y), (-1, across, across, channels))
            patches = cut(images, self.shapes[layer + 1][0])
            patches = tf.reshape(patches, (*self.models, -1, *patches.shape[1:]))
            z = self._product(layer + 1, patches, kernels[layer + 1])
        return z[..., 0, :] + self.betas[-1], of_batch

    def _product(self, layer, patches, kernel):
        """From patches (S or 1, K or 1, N, positions, inputs) to z (S, K, N, positions, C)."""
        _, across, inputs, channels = self.shapes[layer]
        rows = tf.reshape(patches, (*patches.shape[:2], -1, inputs))
        z = tf.matmul(rows, kernel)
        return tf.reshape(z, (*self.models, -1, across**2, channels))

    def _normalized(self, layer, z, given):
        """y, of the shape of z, and the mean and variance (S, 1, C) of "batch".

        given: mean and variance for "batch" to use, or None for those of z.
        """
        pixel_mean = tf.reduce_mean(z, -2, keepdims=True)
        away = z - pixel_mean
        m, v = pixel_mean[..., 0, :], tf.reduce_mean(tf.square(away), -2)  # (S, K, N, C)
        kinds = self.net.kinds
        found = [self._statistics(kind, m[:, k], v[:, k], given) for k, kind in enumerate(kinds)]
        mean, variance = (tf.stack(each, axis=1) for each in zip(*found, strict=True))
        learns = np.reshape([kind is not None for kind in kinds], (-1, 1, 1))
        gamma = tf.where(learns, self.gammas[layer], 1.0)
        scale = gamma * tf.math.rsqrt(variance + EPSILON)
        shift = scale * (m - mean) + self.betas[layer]
        y = scale[..., None, :] * away + shift[..., None, :]
        if "batch" not in kinds:
            return y, []
        return y, [tf.stop_gradient(each[:, :1]) for each in found[kinds.index("batch")]]

    def _statistics(self, kind, m, v, given):
        """The mean and the variance with which `kind` normalizes, in the shape of m (S, N, C)."""
        if kind is None:  # with these, z stays as it is
            return tf.zeros_like(m), tf.ones_like(m) - EPSILON
        if kind == "batch" and given:
            return [tf.broadcast_to(each, tf.shape(m)) for each in given]
        return mean_and_variance(kind, m, v, GROUPS, whole=True)

    def _steps(self, patches, labels, indices, rate):
        """Train on batches (steps, S, N) of indices; return the losses (steps, S, K)."""
        losses = tf.TensorArray(tf.float32, tf.shape(indices)[0])
        for step in tf.range(tf.shape(indices)[0]):
            batch = indices[step]
            loss = self._step(tf.gather(patches, batch), tf.gather(labels, batch), rate)
            losses = losses.write(step, loss)
        return losses.stack()

    @tf.autograph.experimental.do_not_convert
    def _step(self, patches, labels, rate):
        labels = tf.repeat(labels[:, None], self.models[1], axis=1)
        with tf.GradientTape() as tape:
            logits, of_batch = self._forward(patches)
            entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(entropy, axis=-1)
            # Each loss depends on its own model's weights alone: the sum's gradient is theirs.
            total = tf.reduce_sum(loss)
        slopes = tape.gradient(total, self.trainable)
        for variable, slope in zip(self.trainable, slopes, strict=True):
            variable.assign_sub(rate * slope)
        for averages, latest in zip(self.moving, of_batch, strict=True):
            for average, value in zip(averages, latest, strict=False):
                average.assign(MOMENTUM * average + (1 - MOMENTUM) * value)  # (5.1), (5.2)
        return loss
