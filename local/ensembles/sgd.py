"""Stochastic gradient descent of many dense nets at once: what a sweep does on one machine."""

import itertools
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from local.ensembles.accuracies import accuracies
from local.ensembles.mlp import MLPEnsemble
from local.examples import batches
from local.threads import in_thread


class LayerState(NamedTuple):
    """What a function of `watch` receives: one layer of every net at one step.

    z (S, K, N, units) before normalization, y what the activation receives, a what it returns (in
    the last layer all three are the logits); kernel (S, K, inputs, units) before the step, and
    update, of the same shape, what the step subtracts from it. With a hook on kernels, these are
    the trained kernel and its step, not what the hook makes of them.
    """

    z: tf.Tensor
    y: tf.Tensor
    a: tf.Tensor
    kernel: tf.Tensor
    update: tf.Tensor


def train(plan, x, y, test, quiet=False):
    """Train all models of a `Plan` in one graph: what they measured, by names of `sweeps.Results`.

    x (n, D) float32 and y (n,) int32; test: such a pair or None.  quiet: without progress bar.
    """
    rates, scales = plan.variants
    nets = MLPEnsemble(plan.net, x.shape[1], int(y.max()) + 1, plan.seeds, scales)
    x, y = tf.constant(x), tf.constant(y)
    run_epoch = epoch_graph(nets, x, y, rates, plan)
    epochs = -(-plan.steps // (len(x) // plan.batch_size))
    of_seeds = [batches(len(x), plan.batch_size, seed, plan.steps) for seed in plan.seeds]
    together = zip(*of_seeds, strict=True)
    done, steps = [], 0
    try:
        hidden = quiet or in_thread()
        for epoch in tqdm(together, "epochs", epochs, leave=False, disable=hidden):
            indices = np.stack(epoch, axis=1)  # (steps, S, batch_size)
            done.append(run_epoch(tf.constant(indices), tf.constant(steps, tf.int64)))
            steps += len(indices)
    except KeyboardInterrupt:
        print(f"Interrupted: the sweep ends after {len(done)} of {epochs} epochs.")
    losses, hits, watched = zip(*done, strict=True) if done else ((), (), ())
    of_epochs, layers = [np.mean(hit, axis=0, keepdims=True) for hit in hits], plan.net.depth + 1
    measured = {
        "loss": joined(losses, (), plan),
        "running_accuracy": joined(of_epochs, (), plan),
        "watched": {
            name: joined([each[name] for each in watched], (layers,), plan) for name in plan.watch
        },
    }
    finals = accuracies(nets, x, y, test, plan.precise)
    if plan.keep_weights:
        finals["weights"] = nets.weights()
    return measured | keras.tree.map_structure(plan.split_variants, finals)


def joined(epochs, shape, plan):
    """(steps, S, K, *shape) of each epoch -> (seed, learning_rate, init_scale, step, *shape)"""
    models = len(plan.seeds), len(plan.variants[0])
    whole = np.concatenate([np.zeros((0, *models, *shape), np.float32), *epochs])
    return plan.split_variants(np.moveaxis(whole, 0, 2))


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
            uniform = noise_source(plan, number)
            logits, values = nets.forward(tf.gather(x, indices), uniform=uniform)
            entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(entropy, axis=-1)
            # Each loss depends on the weights of its own model alone. So this sum's gradient is,
            # for each model, its own gradient times its own rate: the step to be taken.
            total = tf.reduce_sum(rates * loss)
        updates = tape.gradient(total, nets.trainable)
        if plan.l2:
            for layer, rate in enumerate(rates_of_kernels):
                updates[layer] += 2 * plan.l2 * rate * nets.kernels[layer]
        watched = watched_values(plan.watch, nets, values, updates)
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
        recorded = {name: tf.TensorArray(tf.float32, steps) for name in plan.watch}
        for number in tf.range(steps):
            loss, hit, watched = step(indices[number], first + tf.cast(number, tf.int64))
            losses, hits = losses.write(number, loss), hits.write(number, hit)
            recorded = {
                name: array.write(number, watched[name]) for name, array in recorded.items()
            }
        return (
            losses.stack(),
            hits.stack(),
            {name: array.stack() for name, array in recorded.items()},
        )

    return run_epoch.get_concrete_function()  # traced once: TensorFlow need not warn of retracing


def noise_source(plan, number):
    """`uniform` of step `number`, which `MLP.noise` gets its random numbers from.

    Each seed has numbers of its own, which do not depend on what trains beside it.
    """
    calls = itertools.count()

    def uniform(low, high, batch=False):
        shape = 1, 1 if batch else plan.batch_size, plan.net.width
        call = 4096 * number + next(calls)
        numbers = [tf.random.stateless_uniform(shape, tf.stack([s, call])) for s in plan.seeds]
        return low + (high - low) * tf.stack(numbers)

    return uniform


def watched_values(functions, nets, values, updates):
    """The value (S, K, layers) of each function, from the `LayerState` of every layer.

    values: the `LayerValues` of the forward pass.  updates: steps of `nets.trainable`.
    """
    kernels = [nets.unfold(nets.kernels[0]), *nets.kernels[1:]]
    updates = [nets.unfold(updates[0]), *updates[1 : len(kernels)]]
    states = [
        LayerState(layer.z, layer.y, layer.a, kernel, update)
        for layer, kernel, update in zip(values, kernels, updates, strict=True)
    ]
    return {
        name: tf.stack([tf.cast(function(state), tf.float32) for state in states], axis=-1)
        for name, function in functions.items()
    }
