"""Small transformers side by side, which differ in normalization, learning rate and seed.

Every array begins with the axes (S, V): S seeds, and V variants of each, which see the same batches
from the same initial weights: every kind of normalization at every learning rate. The tokens of a
batch stand below each other, N sequences of T tokens in N T rows. Sources: Vaswani et al. (2017);
where the normalization stands: Xiong et al. (2020).
"""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from local.ensembles.statistics import mean_and_variance
from local.examples import batches, check_batch_size, check_labels

EPSILON, MOMENTUM = 1e-3, 0.9
"""As in `MLP`."""

BETA_1, BETA_2, TINY = 0.9, 0.999, 1e-7
"""Adam's settings, as in Keras: Kingma & Ba (2015)."""

OVER_BATCH = ("batch", "masked batch")
KINDS = (None, "layer", "rms", *OVER_BATCH)
PLACES = ("pre", "post")


@dataclass(frozen=True)
class Transformer:
    """A transformer that reads a sequence and names its class.

    A block is two branches, each beside a skip: attention with one head, and a ReLU layer of twice
    the width with a linear one behind it. In the end the mean of the real tokens goes through a
    dense layer, which gives the logits. What stands in padding reaches no real token, unless a
    normalization takes it there.

    kinds   of normalization of the tokens' features: None, "layer", "rms"; "batch", with statistics
            over all tokens of all sequences in the batch, padding included; "masked batch", over
            the real ones. The last two use moving averages in inference.
    place   "pre": a + branch(norm(a)), and a norm in the end; "post": norm(a + branch(a))
    blocks, width   at least 1

    Raises ValueError, naming it, for what no net can be.
    """

    kinds: tuple = KINDS
    place: str = "pre"
    blocks: int = 1
    width: int = 16

    def __post_init__(self):
        if not self.kinds or any(kind not in KINDS for kind in self.kinds):
            raise ValueError(f"kinds must be some of {KINDS}; received {self.kinds}.")
        if self.place not in PLACES:
            raise ValueError(f"place must be one of {PLACES}; received {self.place!r}.")
        if min(self.blocks, self.width) < 1:
            raise ValueError(
                f"blocks and width must be at least 1; received {self.blocks} and {self.width}."
            )

    @property
    def norms(self):
        """How many normalizations stand in the net."""
        return 2 * self.blocks + (self.place == "pre")

    def shapes(self, symbols, length, classes):
        """The shapes of the kernels: embeddings of symbols and places, the blocks', the last."""
        C = self.width
        attention, dense = [(C, C)] * 4, [(C, 2 * C), (2 * C, C)]
        blocks = [*attention, *dense] * self.blocks
        return [(symbols, C), (length, C), *blocks, (C, classes)]


class TransformerEnsemble:
    """S x V transformers of one description, to be trained and then asked for their logits.

    net: a `Transformer`.  symbols: how many there are, with 0 for padding.  length: the longest
    sequence.  classes: how many labels.  seeds: S integers >= 0.  rates: R learning rates; variant
    k R + r is kind k at rate r.
    """

    def __init__(self, net, symbols, length, classes, seeds, rates):
        self.net, self.seeds, self.classes = net, tuple(seeds), classes
        self.symbols, self.length = symbols, length
        self.rates = np.tile(np.asarray(rates, np.float32), len(net.kinds))
        models = len(self.seeds), len(self.rates)
        of_seeds = [initial(net.shapes(symbols, length, classes), seed) for seed in self.seeds]
        self.kernels = [
            tf.Variable(np.repeat(np.stack(each)[:, None], models[1], axis=1))
            for each in zip(*of_seeds, strict=True)  # (S, V, inputs, outputs)
        ]
        features = (*models, 1, net.width)
        self.betas = [tf.Variable(tf.zeros(features)) for _ in range(net.norms)]
        self.gammas = [tf.Variable(tf.ones(features)) for _ in range(net.norms)]
        self.trainable = [*self.kernels, *self.betas, *self.gammas]
        # Of all variants, which costs little; those of the others stay 0 and 1.
        self.moving = [
            [tf.Variable(tf.zeros(features)), tf.Variable(tf.ones(features))]
            for _ in range(net.norms)
        ]
        self._run = tf.function(self._steps)
        self._pass = tf.function(self.forward, reduce_retracing=True)

    def logits(self, tokens, training=False):
        """Logits (S, V, n, classes) of tokens (n, T).

        training: whether the kinds over the batch normalize with its own statistics.
        """
        self._check_tokens(tokens)
        given = None if training else [tuple(map(tf.convert_to_tensor, m)) for m in self.moving]
        return self._pass(tf.constant(tokens, tf.int32)[None], given)[0].numpy()

    def _check_tokens(self, tokens):
        """Raise ValueError for what an embedding would read as something else, or as nothing."""
        tokens = np.asarray(tokens)
        if tokens.shape[-1] > self.length:
            raise ValueError(
                f"tokens must be at most {self.length} long; received {tokens.shape[-1]}."
            )
        if tokens.min() < 0 or tokens.max() >= self.symbols:
            raise ValueError(
                f"tokens must be 0..{self.symbols - 1}, 0 for padding; received "
                f"{tokens.max() if tokens.min() >= 0 else tokens.min()}."
            )
        if not (tokens > 0).any(axis=-1).all():
            raise ValueError(
                "each sequence must have a real token; received one that is all padding."
            )

    @tf.autograph.experimental.do_not_convert
    def forward(self, tokens, statistics=None):
        """Logits (S, V, N, classes), and the mean and variance (S, V, 1, C) of each norm.

        tokens: (S or 1, N, T) symbols, 0 where a sequence is padded.  statistics: None to take
        those of this batch, or what the kinds over the batch use in their stead.
        """
        T = tf.shape(tokens)[-1]
        real = tf.cast(tokens > 0, tf.float32)[:, None]  # (S or 1, 1, N, T)
        embedding, places, *blocks, last = self.kernels
        symbols = tf.one_hot(tokens, embedding.shape[-2])[:, None]
        symbols = tf.reshape(symbols, (-1, 1, tf.size(tokens[0]), embedding.shape[-2]))
        positions = tf.tile(places[:, :, :T], [1, 1, tf.shape(tokens)[1], 1])
        a = symbols @ embedding + positions  # (S, V, N T, C)
        used = []

        def norm(a):
            number = len(used)
            y, found = self._normalized(number, a, real, statistics and statistics[number])
            used.append(found)
            return y

        while blocks:
            (*attention, into, out), blocks = blocks[:6], blocks[6:]
            for branch in (
                lambda x, kernels=attention: self._attend(x, real, *kernels),
                lambda x, into=into, out=out: tf.nn.relu(x @ into) @ out,
            ):
                a = a + branch(norm(a)) if self.net.place == "pre" else norm(a + branch(a))
        a = norm(a) if self.net.place == "pre" else a
        a = self._in_sequences(a, T)
        weights = real / tf.reduce_sum(real, -1, keepdims=True)
        return tf.reduce_sum(weights[..., None] * a, axis=-2) @ last, used

    def _in_sequences(self, a, T):
        """(S, V, N T, C) -> (S, V, N, T, C)"""
        return tf.reshape(a, (len(self.seeds), len(self.rates), -1, T, self.net.width))

    def _attend(self, a, real, query, key, value, out):
        """What each token gathers from the real tokens of its sequence."""
        q, k, v = (
            self._in_sequences(a @ kernel, tf.shape(real)[-1]) for kernel in (query, key, value)
        )
        scores = tf.matmul(q, k, transpose_b=True) / self.net.width**0.5
        scores -= 1e9 * (1 - real[..., None, :])  # no token looks at padding
        return tf.reshape(tf.nn.softmax(scores) @ v, tf.shape(a)) @ out

    def _normalized(self, number, a, real, given):
        """y, of the shape of a, and the mean and variance (S, V, 1, C) of the kinds over the batch.

        given: mean and variance for these kinds to use, or None for those of a.
        """
        kinds, rows = self.net.kinds, tf.reshape(real, (tf.shape(real)[0], 1, -1, 1))
        parts = tf.split(a, len(kinds), axis=1)
        ready = given or self.moving[number]
        ready = list(zip(*(tf.split(each, len(kinds), axis=1) for each in ready), strict=True))
        z_hat, found = [], []
        for kind, part, moments in zip(kinds, parts, ready, strict=True):
            if kind in OVER_BATCH and not given:
                weights = rows if kind == "masked batch" else tf.ones_like(rows)
                moments = weighted_moments(part, weights)
            found.append(moments)
            if kind in ("layer", "rms"):
                moments = mean_and_variance(kind, part)
            if kind:
                mean, variance = moments
                part = (part - mean) * tf.math.rsqrt(variance + EPSILON)
            z_hat.append(part)
        y = self.gammas[number] * tf.concat(z_hat, axis=1) + self.betas[number]
        return y, [tf.concat(each, axis=1) for each in zip(*found, strict=True)]

    def train(self, tokens, y, *, batch_size, steps):
        """Train by Adam, from where the weights are; return the losses (S, V, steps), in nats.

        tokens (n, T) integers, 0 where padded; y (n,) labels 0, 1, ... A seed decides the order of
        the examples, see `examples.batches`. Raises ValueError for tokens and labels that are not
        the nets', for a batch that the examples cannot fill, and for no steps.
        """
        self._check_tokens(tokens)
        check_labels(tokens, y, self.classes)
        check_batch_size(batch_size, len(tokens))
        if steps < 1:
            raise ValueError(f"steps must be at least 1; received {steps}.")
        orders = [
            np.concatenate([*batches(len(tokens), batch_size, seed, steps)]) for seed in self.seeds
        ]
        indices = tf.constant(np.stack(orders, axis=1))  # (steps, S, batch_size)
        losses = self._run(tf.constant(tokens, tf.int32), tf.constant(y, tf.int32), indices)
        return np.moveaxis(losses.numpy(), 0, -1)

    def _steps(self, tokens, labels, indices):
        losses = tf.TensorArray(tf.float32, tf.shape(indices)[0])
        moments = [tf.zeros_like(variable) for variable in (*self.trainable, *self.trainable)]
        for step in tf.range(tf.shape(indices)[0]):
            batch = indices[step]
            loss, moments = self._step(
                tf.gather(tokens, batch), tf.gather(labels, batch), moments, step
            )
            losses = losses.write(step, loss)
        return losses.stack()

    @tf.autograph.experimental.do_not_convert
    def _step(self, tokens, labels, moments, step):
        labels = tf.repeat(labels[:, None], len(self.rates), axis=1)
        with tf.GradientTape() as tape:
            logits, of_batch = self.forward(tokens)
            entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(entropy, axis=-1)
            # Each loss depends on its own model's weights alone: the sum's gradient is theirs.
            total = tf.reduce_sum(loss)
        slopes, t = tape.gradient(total, self.trainable), tf.cast(step + 1, tf.float32)
        first, second = moments[: len(slopes)], moments[len(slopes) :]
        first = [BETA_1 * m + (1 - BETA_1) * g for m, g in zip(first, slopes, strict=True)]
        second = [BETA_2 * v + (1 - BETA_2) * g * g for v, g in zip(second, slopes, strict=True)]
        rates = self.rates[:, None, None] * tf.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
        for variable, m, v in zip(self.trainable, first, second, strict=True):
            variable.assign_sub(rates * m / (tf.sqrt(v) + TINY))
        for averages, latest in zip(self.moving, of_batch, strict=True):
            for average, value in zip(averages, latest, strict=True):
                average.assign(MOMENTUM * average + (1 - MOMENTUM) * value)  # (5.1), (5.2)
        return loss, [*first, *second]


def initial(shapes, seed):
    """Normal float32 arrays of each shape: embeddings of deviation 1, then of 1 / sqrt(inputs)."""
    random = np.random.default_rng([seed, 1])  # not the stream that shuffles
    deviations = [1.0, 1.0, *(inputs**-0.5 for inputs, _ in shapes[2:])]
    return [
        random.standard_normal(shape, np.float32) * np.float32(deviation)
        for shape, deviation in zip(shapes, deviations, strict=True)
    ]


def weighted_moments(a, weights):
    """Mean and variance (S, V, 1, C) of the rows of a (S, V, rows, C) that weights of 1 count.

    weights: (S or 1, 1, rows, 1), 1 for a row that counts and 0 for one that does not.
    """
    count = tf.reduce_sum(weights, axis=-2, keepdims=True)
    mean = tf.reduce_sum(weights * a, axis=-2, keepdims=True) / count
    squares = tf.reduce_sum(weights * tf.square(a - mean), axis=-2, keepdims=True)
    return mean, squares / count
