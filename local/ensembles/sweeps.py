"""Many small models trained at once: learning rates x seeds x initial scales in one graph.

    net = MLP(depth=8, width=64, normalization="batch")
    results = sweep(net, x, y, learning_rates=[0.01, 0.1, 1], seeds=(0, 1, 2), test=(x2, y2))
    results.test_accuracy    # (seed, learning_rate, init_scale)

Each model is trained as if it were alone: by plain stochastic gradient descent, on the batches and
from the initial weights that its seed decides. What becomes of one touches no other.
"""

from dataclasses import dataclass, field
from functools import partial

import keras
import numpy as np

from local.arrays import refuse_not_finite
from local.ensembles.cluster import completed
from local.ensembles.keras_model import keras_model
from local.ensembles.mlp import MLP
from local.ensembles.plan import Plan
from local.ensembles.sgd import train
from local.examples import check_batch_size, check_labels

DIVERGED = 1e3
"""A training diverges if its loss exceeds this many times the first. Bjorck et al. (2018): 1e3."""


@dataclass(frozen=True)
class Results:
    """What a sweep measured. Every array begins with the axes seed, learning_rate, init_scale.

    loss              (..., step) the mean loss of each step's batch, in nats, without the penalty
    running_accuracy  (..., epoch) on the training batches, while training
    train_accuracy, test_accuracy                  (...) at the end, in inference mode
    precise_train_accuracy, precise_test_accuracy  (...) the same with the statistics of the whole
                      training set in place of the moving averages (Wu & Johnson 2021)
    watched           name -> (..., step, layer)
    weights           one dict a layer: kernel (..., inputs, units), and (..., units) of beta,
                      gamma, moving_mean, moving_variance; see `MLPEnsemble.weights`
    What was not asked for is None. All numbers of a model that an interrupt left out are NaN.
    """

    net: MLP
    seeds: np.ndarray
    learning_rates: np.ndarray
    init_scales: np.ndarray
    loss: np.ndarray
    running_accuracy: np.ndarray
    train_accuracy: np.ndarray
    test_accuracy: np.ndarray | None = None
    precise_train_accuracy: np.ndarray | None = None
    precise_test_accuracy: np.ndarray | None = None
    watched: dict = field(default_factory=dict)
    weights: list | None = None

    @property
    def finished(self):
        """(seed, learning_rate, init_scale) bool: False where an interrupt left a model out."""
        return ~np.isnan(self.train_accuracy)

    @property
    def loss_ratio(self):
        """The largest loss over the first; infinite where some loss is not finite."""
        if not self.loss.shape[-1]:
            raise ValueError("loss_ratio needs a loss, received a sweep of 0 steps: train longer.")
        finite = np.isfinite(self.loss).all(axis=-1)
        ratio = np.where(self.finished, np.inf, np.nan)
        return np.divide(self.loss.max(axis=-1), self.loss[..., 0], out=ratio, where=finite)

    @property
    def diverged(self):
        """Where the loss ratio exceeds 1000: Bjorck et al. (2018)."""
        return self.loss_ratio > DIVERGED

    @property
    def largest_stable_rate(self):
        """(seed, init_scale): the last learning rate before the first that diverges; else NaN."""
        stable = np.logical_and.accumulate(self.loss_ratio <= DIVERGED, axis=1)
        rates = np.where(stable, self.learning_rates[:, None], np.nan)
        return np.fmax.reduce(rates, axis=1)

    def model(self, seed, learning_rate, init_scale=1.0):
        """One of the trained models, as a Keras model; needs `keep_weights=True`.

        Raises ValueError where the sweep has no such model or kept no weights.
        """
        if self.weights is None:
            raise ValueError("The sweep kept no weights: run it with keep_weights=True.")
        wanted = {"seeds": seed, "learning_rates": learning_rate, "init_scales": init_scale}
        place = []
        for name, value in wanted.items():
            near = 0 if name == "seeds" else 1e-6
            (found,) = np.nonzero(np.isclose(getattr(self, name), value, rtol=near, atol=0))
            if not len(found):
                raise ValueError(f"{name} of the sweep: {getattr(self, name)}; received {value}.")
            place.append(found[0])
        one = keras.tree.map_structure(lambda array: array[tuple(place)], self.weights)
        return keras_model(self.net, one)


def sweep(
    net,
    x,
    y,
    *,
    learning_rates,
    seeds=(0, 1, 2),
    init_scales=(1.0,),
    epochs=12,
    steps=None,
    batch_size=64,
    l2=0.0,
    test=None,
    precise=False,
    keep_weights=False,
    watch=None,
    client=None,
):
    """Train a net like `net` for every seed, learning rate and initial scale: `Results`.

    net             an `MLP`; its last layer has a logit for each label from 0 to the largest of y
    x, y            the training set: (n, D) float, and (n,) labels 0, 1, ...
    learning_rates  positive, increasing; a step is W <- W - rate * gradient
    seeds           integers >= 0; a seed decides initial weights, order of examples, and noise
    init_scales     positive, increasing; factors on the initial kernels of `net`
    epochs, steps   how long to train; `steps`, if given, counts instead, at any batch size. Each
                    epoch is a new permutation in whole batches, as in `training.fit`.
    l2              weight of the penalty l2 * sum of squares, on all kernels, as in Keras
    test            (x, y) of the test set; a label that the training set lacks counts as wrong
    precise         score with the statistics of the whole training set as well
    keep_weights    keep the final weights; with epochs=0 these are the initial ones
    watch           name -> function of an `sgd.LayerState` that reduces its last two axes, called
                    for every layer at every step:
                    {"norm": lambda layer: tf.norm(layer.kernel, axis=[-2, -1])}
    client          a `dask.distributed.Client`, whose workers share the models; `make cluster`
                    installs Dask

    Run twice on one machine, it returns the same bits. An interrupt (Ctrl-C, the stop button) ends
    it early and returns what is done: all models up to there or, on a cluster, those that are
    complete. Raises ValueError for what cannot be trained, naming it, and
    `cluster.DaskMissingError` for a client where Dask is not installed.
    """
    x, y, test = _checked(x, y, test, batch_size)
    plan = Plan(
        net=net,
        learning_rates=tuple(map(float, learning_rates)),
        seeds=tuple(map(int, seeds)),
        init_scales=tuple(map(float, init_scales)),
        steps=epochs * (len(x) // batch_size) if steps is None else steps,
        batch_size=batch_size,
        l2=l2,
        precise=precise,
        keep_weights=keep_weights,
        watch=watch or {},
    )
    measured = _on_cluster(plan, x, y, test, client) if client else train(plan, x, y, test)
    return Results(plan.net, **plan.axes, **measured)


def _checked(x, y, test, batch_size):
    """x, y and test as arrays, float32 and int32; ValueError where they do not fit together."""
    for part, (examples, labels) in {"training": (x, y), "test": test or (x, y)}.items():
        check_labels(examples, labels, part=part)
    x, y = np.asarray(x, np.float32), np.asarray(y)
    test = test and (np.asarray(test[0], np.float32), np.asarray(test[1]))
    for part, (examples, labels) in {"training": (x, y), "test": test or (x, y)}.items():
        if examples.shape != (len(labels), x.shape[-1]):
            raise ValueError(
                f"x of the {part} set must be (n, D), with the same D everywhere, received "
                f"{examples.shape}: flatten images, as training.split."
            )
        refuse_not_finite(f"x of the {part} set", examples)
    check_batch_size(batch_size, len(x))
    return x, y.astype(np.int32), test and (test[0], test[1].astype(np.int32))


def _on_cluster(plan, x, y, test, client):
    """What `train` measures, from parts that the workers of `client` train."""
    parts = plan.parts(2 * max(1, len(client.nthreads())))  # workers may come later
    done = completed(client, partial(train, quiet=True), parts, (x, y, test))
    axes = plan.axes

    def join(*arrays):
        whole = np.full((*map(len, axes.values()), *arrays[0].shape[3:]), np.nan, np.float32)
        for index, array in zip(done, arrays, strict=True):
            seeds = np.isin(axes["seeds"], parts[index].seeds)
            rates = np.isin(axes["learning_rates"], parts[index].learning_rates)
            whole[np.ix_(seeds, rates)] = array
        return whole

    return keras.tree.map_structure(join, *done.values())
