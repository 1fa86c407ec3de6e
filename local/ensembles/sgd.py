"""Stochastic gradient descent of many nets at once: what a sweep does on one machine."""

import itertools
from dataclasses import dataclass, replace
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from local.ensembles.mlp import DeepNet, Nets

CHUNK = 1024
"""Examples that all models look at together when they are scored."""


@dataclass(frozen=True)
class Plan:
    """What is to be trained: the arguments of `sweeps.sweep` without data and cluster, checked."""

    net: DeepNet
    learning_rates: tuple
    seeds: tuple
    init_scales: tuple
    steps: int
    batch_size: int
    l2: float
    precise: bool
    keep_weights: bool
    watch: dict

    def __post_init__(self):
        for name in ("learning_rates", "init_scales"):
            values = np.array(getattr(self, name))
            growing = np.diff(values, prepend=0) > 0
            if not (len(values) and growing.all() and np.isfinite(values).all()):
                raise ValueError(
                    f"{name} must be one or more positive numbers in increasing order; "
                    f"received {list(values)}."
                )
        if not self.seeds or min(self.seeds) < 0 or len(set(self.seeds)) < len(self.seeds):
            raise ValueError(
                f"seeds must be one or more different integers >= 0; received {list(self.seeds)}."
            )
        if self.steps < 0 or not 0 <= self.l2 < np.inf:
            raise ValueError(
                "the number of steps must be >= 0, and l2 finite and >= 0; "
                f"received {self.steps} and {self.l2}."
            )

    @property
    def axes(self):
        """The values along the axes of every result."""
        return {
            "seeds": np.array(self.seeds),
            "learning_rates": np.array(self.learning_rates),
            "init_scales": np.array(self.init_scales),
        }

    @property
    def variants(self):
        """The learning rate and the initial scale of each of a seed's K models: two (K,) arrays."""
        return np.array(list(itertools.product(self.learning_rates, self.init_scales))).T

    def parts(self, wanted):
        """Plans for one seed each and some of its rates: `wanted` in number, or a few more."""
        pieces = min(-(-wanted // len(self.seeds)), len(self.learning_rates))
        return [
            replace(self, seeds=(seed,), learning_rates=tuple(rates))
            for seed in self.seeds
            for rates in np.array_split(self.learning_rates, pieces)
        ]


class Seen(NamedTuple):
    """What `watch` is shown of one layer at one step.

    z (S, K, N, units) before normalization, y what the activation receives, a what it returns (in
    the last layer all three are the logits); kernel (S, K, inputs, units) before the step, and
    update, of the same shape, what the step subtracts from it.
    """

    z: tf.Tensor
    y: tf.Tensor
    a: tf.Tensor
    kernel: tf.Tensor
    update: tf.Tensor


def train(plan, x, y, test, quiet=False):
    """Train what `plan` says, all models in one graph: the measured fields of `Results`."""
    rates, scales = plan.variants
    nets = Nets(plan.net, x.shape[1], int(y.max()) + 1, plan.seeds, scales)
    x, y = tf.constant(x), tf.constant(y)
    run_epoch = epoch_graph(nets, x, y, rates, plan)
    epochs = -(-plan.steps // (len(x) // plan.batch_size))
    done, steps = [], 0
    try:
        for indices in tqdm(batches(len(x), plan), "epochs", epochs, leave=False, disable=quiet):
            done.append(run_epoch(tf.constant(indices), tf.constant(steps, tf.int64)))
            steps += len(indices)
    except KeyboardInterrupt:
        print(f"Interrupted: the sweep ends after {len(done)} of {epochs} epochs.")
    losses, hits, watched = zip(*done, strict=True) if done else ((), (), ())
    running, layers = [np.mean(hit, axis=0, keepdims=True) for hit in hits], plan.net.depth + 1
    measured = {
        "loss": _course(losses, (), plan),
        "running_accuracy": _course(running, (), plan),
        "watched": {
            name: _course([each[name] for each in watched], (layers,), plan) for name in plan.watch
        },
    }
    finals = scores(nets, x, y, test, plan.precise)
    if plan.keep_weights:
        finals["weights"] = nets.weights()
    return measured | keras.tree.map_structure(lambda array: _along_axes(array, plan), finals)


def _course(arrays, shape, plan):
    """(steps, S, K, *shape) of every epoch -> (seed, learning_rate, init_scale, step, *shape)"""
    models = len(plan.seeds), len(plan.variants[0])
    whole = np.concatenate([np.zeros((0, *models, *shape), np.float32), *arrays])
    return _along_axes(np.moveaxis(whole, 0, 2), plan)


def _along_axes(array, plan):
    """(S, K, ...) -> (seed, learning_rate, init_scale, ...)"""
    return array.reshape(*map(len, plan.axes.values()), *array.shape[2:])


def batches(n, plan):
    """Yield the batches of each epoch, (steps, S, batch_size) indices: each seed has its order."""
    shuffles = [np.random.default_rng(seed) for seed in plan.seeds]
    steps, left = n // plan.batch_size, plan.steps
    while left > 0:
        orders = [shuffle.permutation(n)[: steps * plan.batch_size] for shuffle in shuffles]
        epoch = np.stack([order.reshape(steps, -1) for order in orders], axis=1)
        yield epoch[:left].astype(np.int32)
        left -= steps


def epoch_graph(nets, x, y, rates, plan):
    """A graph that trains one epoch: batches and the first step's number -> losses, hits, watched.

    losses and hits (steps, S, K); watched: name -> (steps, S, K, layers).
    """
    models = len(plan.seeds), len(rates)
    rates = tf.constant(rates, tf.float32)
    rates_of_kernels = [tf.repeat(rates, plan.net.width), *[rates[:, None, None]] * plan.net.depth]

    @tf.autograph.experimental.do_not_convert
    def step(indices, number):
        labels = tf.broadcast_to(tf.gather(y, indices)[:, None], (*models, plan.batch_size))
        with tf.GradientTape() as tape:
            logits, values = nets.forward(tf.gather(x, indices), uniform=uniforms(plan, number))
            entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(entropy, axis=-1)
            # Each loss depends on the weights of its own model alone. So this sum's gradient is,
            # for each model, its own gradient times its own rate: the step to be taken.
            total = tf.reduce_sum(rates * loss)
        updates = tape.gradient(total, nets.trainable)
        if plan.l2:
            for layer, rate in enumerate(rates_of_kernels):
                updates[layer] += 2 * plan.l2 * rate * nets.kernels[layer]
        watched = watch(nets, values, updates, plan.watch)
        for variable, update in zip(nets.trainable, updates, strict=True):
            variable.assign_sub(update)
        nets.move_averages(values)
        hits = tf.argmax(logits, axis=-1, output_type=tf.int32) == labels
        return loss, tf.reduce_mean(tf.cast(hits, tf.float32), axis=-1), watched

    epoch = tf.TensorSpec((None, models[0], plan.batch_size), tf.int32)

    @tf.function(input_signature=[epoch, tf.TensorSpec((), tf.int64)])
    def run_epoch(indices, first):
        steps = tf.shape(indices)[0]
        losses, hits = tf.TensorArray(tf.float32, steps), tf.TensorArray(tf.float32, steps)
        kept = {name: tf.TensorArray(tf.float32, steps) for name in plan.watch}
        for number in tf.range(steps):
            loss, hit, watched = step(indices[number], first + tf.cast(number, tf.int64))
            losses, hits = losses.write(number, loss), hits.write(number, hit)
            kept = {name: array.write(number, watched[name]) for name, array in kept.items()}
        return losses.stack(), hits.stack(), {name: array.stack() for name, array in kept.items()}

    return run_epoch.get_concrete_function()  # traced once: TensorFlow need not warn of retracing


def uniforms(plan, number):
    """The source of step `number`'s noise: each seed has its own, whatever trains beside it."""
    calls = itertools.count()

    def uniform(low, high, batch=False):
        shape = 1, 1 if batch else plan.batch_size, plan.net.width
        call = 4096 * number + next(calls)
        numbers = [tf.random.stateless_uniform(shape, tf.stack([s, call])) for s in plan.seeds]
        return low + (high - low) * tf.stack(numbers)

    return uniform


def watch(nets, values, updates, functions):
    """Every function's value (S, K, layers), from what it is shown of each layer."""
    kernels = [nets.variants_apart(nets.kernels[0]), *nets.kernels[1:]]
    updates = [nets.variants_apart(updates[0]), *updates[1 : len(kernels)]]
    seen = [
        Seen(*layer[:3], kernel, update)
        for layer, kernel, update in zip(values, kernels, updates, strict=True)
    ]
    return {
        name: tf.stack([tf.cast(function(layer), tf.float32) for layer in seen], axis=-1)
        for name, function in functions.items()
    }


def scores(nets, x, y, test, precise):
    """Accuracies (S, K) by their names in `Results`.

    The passes run in graphs, which let go of what a layer made as soon as the next has used it.
    """

    def hits(logits, y):
        return tf.math.count_nonzero(tf.argmax(logits, axis=-1, output_type=tf.int32) == y, axis=-1)

    @tf.function(autograph=False)
    def right(x, y, statistics):
        return hits(nets.forward(x[None], statistics)[0], y)

    @tf.function(autograph=False)
    def right_of_all():
        logits, values = nets.forward(x[None])
        return hits(logits, y), [tuple(layer.statistics) for layer in values[:-1]]

    moving = [tuple(map(tf.identity, averages)) for averages in nets.moving]
    some = tf.TensorSpec((None, x.shape[1])), tf.TensorSpec((None,), y.dtype)
    count = right.get_concrete_function(
        *some, tf.nest.map_structure(tf.TensorSpec.from_tensor, moving)
    )

    def accuracy(x, y, statistics):
        chunks = [slice(start, start + CHUNK) for start in range(0, len(x), CHUNK)]
        return share(
            sum(count(tf.constant(x[c]), tf.constant(y[c]), statistics) for c in chunks), x
        )

    def share(right_ones, x):
        return (right_ones.numpy() / len(x)).astype(np.float32)

    found = {"train_accuracy": accuracy(x, y, moving)}
    if test:
        found["test_accuracy"] = accuracy(*test, moving)
    if precise and not moving:  # without statistics of a batch there is nothing to make precise
        found |= {f"precise_{name}": same for name, same in found.items()}
    elif precise:
        of_all, exact = right_of_all.get_concrete_function()()
        found["precise_train_accuracy"] = share(of_all, x)
        if test:
            found["precise_test_accuracy"] = accuracy(*test, exact)
    return found
