"""Small convolutional nets side by side, which differ in normalization and in seed.

Every array begins with the axes (K, S): K kinds of normalization, and S seeds of each, which see
the same batches from the same initial weights. Two ideas keep this fast. A convolution whose
windows do not overlap is a product of matrices, once the image is cut into patches. And every
kind of statistics can be had from one small table, with a row for each example and a column for
each channel (chapter 8): it holds the mean over the pixels and the variance around it.
"""

from dataclasses import dataclass
from itertools import chain

import numpy as np
import tensorflow as tf

from local.training import check_labels

GROUPS = 2
"""Into how many groups "group" splits the channels of a layer."""

MOMENTUM, EPSILON = 0.9, 1e-3
"""As in `deepnets`: a memory of ten steps, and the epsilon of Keras."""


def cut(images, side):
    """Cut images (n, H, H, C) into patches of side x side pixels: (n, positions, side² C)."""
    _, height, _, channels = images.shape
    across = height // side
    blocks = tf.reshape(images, (-1, across, side, across, side, channels))
    patches = tf.transpose(blocks, [0, 1, 3, 2, 4, 5])
    return tf.reshape(patches, (-1, across * across, side * side * channels))


def over_rows(table):
    """The mean of every channel over the examples."""
    return tf.reduce_mean(table, -3, keepdims=True) + tf.zeros_like(table)


def over_columns(table):
    """The mean of every example over its channels."""
    return tf.reduce_mean(table, -1, keepdims=True) + tf.zeros_like(table)


def over_groups(table):
    """The mean of every example over each group of neighbouring channels."""
    return tf.concat([over_columns(group) for group in tf.split(table, GROUPS, axis=-1)], axis=-1)


AVERAGES = {
    "batch": over_rows,
    "layer": over_columns,
    "rms": over_columns,
    "group": over_groups,
    "instance": tf.identity,
}
"""How each kind averages a table (S, N, 1, C)."""

KINDS = (None, *AVERAGES)


@dataclass(frozen=True)
class ConvNet:
    """What the nets look like: some hidden layers, and a last one that sees all that is left.

    layers   one (side, channels) a hidden layer: it cuts its input into patches of side x side
             pixels, computes `channels` numbers z of each, normalises them to
             y = gamma z_hat + beta, and hands on max(y, 0). On one pixel it is a dense layer.
    kinds    of normalization: None (y = z + beta), "batch", "layer", "group" (of 2), "instance"
             or "rms"; "layer" and "rms" average over pixels and channels, as in Wu & He (2018).

    Raises ValueError, naming it, for what no net can be.
    """

    layers: tuple = ((4, 8), (2, 16), (1, 16))
    kinds: tuple = KINDS

    def __post_init__(self):
        if not self.layers or any(side < 1 or channels < 1 for side, channels in self.layers):
            raise ValueError(f"layers must be (side, channels) from 1 up; received {self.layers}.")
        if not self.kinds or any(kind not in KINDS for kind in self.kinds):
            raise ValueError(f"kinds must be some of {KINDS}; received {self.kinds}.")
        if "group" in self.kinds and any(channels % GROUPS for _, channels in self.layers):
            raise ValueError(f"channels must be multiples of {GROUPS}; received {self.layers}.")

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


class Nets:
    """K x S nets of one description, to be trained and then asked for their logits.

    shape: (H, H, C) of an image.  classes: how many labels there are.  seeds: integers >= 0.
    Raises ValueError where such images cannot be cut as `net` says.
    """

    def __init__(self, net, shape, classes, seeds):
        if shape[0] != shape[1]:
            raise ValueError(f"shape must be (H, H, C); received {tuple(shape)}: crop the images.")
        self.net, self.image, self.seeds = net, tuple(shape), tuple(seeds)
        self.models = len(net.kinds), len(self.seeds)
        self.shapes = net.shapes(shape[0], shape[2], classes)
        randoms = [np.random.default_rng([seed, 1]) for seed in self.seeds]
        self.kernels = [self._kernel(randoms, *sizes) for _, _, *sizes in self.shapes]
        outputs = [units for *_, units in self.shapes]
        hidden = outputs[:-1]
        self.betas = [self._weight(tf.zeros, *self.models, units) for units in outputs]
        self.gammas = [self._weight(tf.ones, *self.models, units) for units in hidden]
        self.moving = [
            [self._weight(initial, len(self.seeds), units) for initial in (tf.zeros, tf.ones)]
            for units in hidden
        ]
        self.trainable = [*self.kernels, *self.betas, *self.gammas]
        self.initial = [(w, w.numpy()) for w in chain(self.trainable, *self.moving)]
        # One graph of each for batches of every size.
        self._run = tf.function(self._steps, reduce_retracing=True)
        self._pass = tf.function(self._forward, reduce_retracing=True)

    def _kernel(self, randoms, inputs, outputs):
        """(K, S, inputs, outputs), normal with deviation sqrt(2 / inputs): He et al. (2015)."""
        draws = [random.standard_normal((inputs, outputs), np.float32) for random in randoms]
        kernels = np.float32((2 / inputs) ** 0.5) * np.stack(draws)
        return tf.Variable(np.broadcast_to(kernels, (*self.models, inputs, outputs)))

    def _weight(self, initial, *shape):
        """(..., 1, 1, C), to meet examples and pixels."""
        return tf.Variable(initial((*shape[:-1], 1, 1, shape[-1])))

    def train(self, x, y, *, batch_size, rate, steps):
        """Train all nets anew by plain gradient descent; return the losses (K, S, steps), in nats.

        x: (n, H, H, C) float.  y: (n,) labels 0, 1, ...  Each net begins with the initial weights
        of its seed, which decides the order of the examples as well: each epoch is a new
        permutation in whole batches. Raises ValueError for images of another shape than the
        nets', for labels that are not theirs, for a batch that x cannot fill, and for no steps.
        """
        check_labels(x, y)
        if not 1 <= batch_size <= len(x):
            raise ValueError(f"batch_size must lie in 1..{len(x)}; received {batch_size}.")
        if steps < 1:
            raise ValueError(f"steps must be at least 1; received {steps}.")
        for variable, value in self.initial:
            variable.assign(value)
        wanted, epoch = steps * batch_size, len(x) // batch_size * batch_size
        orders = []  # one (steps, batch_size) a seed
        for random in map(np.random.default_rng, self.seeds):
            epochs = [random.permutation(len(x))[:epoch] for _ in range(0, wanted, epoch)]
            orders.append(np.reshape(epochs, (-1, batch_size))[:steps])
        batches = tf.constant(np.stack(orders, axis=1), tf.int32)
        labels, rate = tf.constant(y, tf.int32), tf.constant(rate, tf.float32)
        losses = self._run(self._patches(x), labels, batches, rate)
        return np.moveaxis(losses.numpy(), 0, -1)

    def logits(self, x, statistics):
        """Logits (K, S, n, classes) of x (n, H, H, C) in inference mode.

        statistics: what "batch" normalises with, `moving` or those that `statistics` returns.
        """
        return self._pass(self._patches(x)[None], statistics)[0].numpy()

    def statistics(self, x):
        """Mean and variance (S, 1, 1, C) of "batch" in every hidden layer, x being one batch."""
        return self._pass(self._patches(x)[None])[1]

    def _patches(self, x):
        if np.shape(x)[1:] != self.image:
            raise ValueError(f"x must be (n, *{self.image}); received shape {np.shape(x)}.")
        return cut(tf.constant(x, tf.float32), self.shapes[0][0])

    @tf.autograph.experimental.do_not_convert
    def _forward(self, patches, statistics=None):
        """Logits (K, S, N, classes) and the statistics of "batch" in every layer.

        patches: (S or 1, N, positions, inputs).  statistics: None to take those of this batch.
        """
        own = []
        z = self._product(0, patches[None])
        for layer, (_, across, _, channels) in enumerate(self.shapes[:-1]):
            y, found = self._normalized(layer, z, statistics and statistics[layer])
            own.append(found)
            images = tf.reshape(tf.nn.relu(y), (-1, across, across, channels))
            patches = cut(images, self.shapes[layer + 1][0])
            patches = tf.reshape(patches, (*self.models, -1, *patches.shape[1:]))
            z = self._product(layer + 1, patches)
        return (z + self.betas[-1])[..., 0, :], own

    def _product(self, layer, patches):
        """From patches (K or 1, S or 1, N, positions, inputs) to z (K, S, N, positions, C)."""
        _, across, inputs, channels = self.shapes[layer]
        rows = tf.reshape(patches, (*patches.shape[:2], -1, inputs))
        z = tf.matmul(rows, self.kernels[layer])
        return tf.reshape(z, (*self.models, -1, across**2, channels))

    def _normalized(self, layer, z, used):
        """y, of the shape of z, and the mean and variance (S, 1, 1, C) of "batch"."""
        m = tf.reduce_mean(z, -2, keepdims=True)  # the table: means,
        away = z - m
        v = tf.reduce_mean(tf.square(away), -2, keepdims=True)  # and variances around them
        kinds = self.net.kinds
        found = [self._statistics(kind, m[k], v[k], used) for k, kind in enumerate(kinds)]
        mean, variance = (tf.stack(each) for each in zip(*found, strict=True))
        learns = np.reshape([kind is not None for kind in kinds], (-1, 1, 1, 1, 1))
        gamma = tf.where(learns, self.gammas[layer], 1.0)
        scale = gamma * tf.math.rsqrt(variance + EPSILON)
        y = scale * away + (scale * (m - mean) + self.betas[layer])
        if "batch" not in kinds:
            return y, []
        return y, [tf.stop_gradient(each[:, :1]) for each in found[kinds.index("batch")]]

    def _statistics(self, kind, m, v, used):
        """The mean and the variance for each cell of a table (S, N, 1, C): (8.1), (8.2)."""
        if kind is None:  # with these, z stays as it is
            return tf.zeros_like(m), tf.ones_like(m) - EPSILON
        if kind == "batch" and used:
            return [each + tf.zeros_like(m) for each in used]
        average = AVERAGES[kind]
        mean = tf.zeros_like(m) if kind == "rms" else average(m)
        return mean, average(v + tf.square(m - mean))

    def _steps(self, patches, labels, batches, rate):
        """Train on batches (steps, S, N) of indices; return the losses (steps, K, S)."""
        losses = tf.TensorArray(tf.float32, tf.shape(batches)[0])
        for step in tf.range(tf.shape(batches)[0]):
            batch = batches[step]
            loss = self._step(tf.gather(patches, batch), tf.gather(labels, batch), rate)
            losses = losses.write(step, loss)
        return losses.stack()

    @tf.autograph.experimental.do_not_convert
    def _step(self, patches, labels, rate):
        labels = tf.repeat(labels[None], self.models[0], axis=0)
        with tf.GradientTape() as tape:
            logits, own = self._forward(patches)
            entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(entropy, axis=-1)
            # Each loss depends on its own model's weights alone: the sum's gradient is theirs.
            total = tf.reduce_sum(loss)
        slopes = tape.gradient(total, self.trainable)
        for variable, slope in zip(self.trainable, slopes, strict=True):
            variable.assign_sub(rate * slope)
        for averages, latest in zip(self.moving, own, strict=True):
            for average, value in zip(averages, latest, strict=False):
                average.assign(MOMENTUM * average + (1 - MOMENTUM) * value)  # (5.1), (5.2)
        return loss
