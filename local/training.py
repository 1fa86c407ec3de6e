"""The data split, the training loop and the score: the same for every experiment.

The loop is chapter 1's, with a whole epoch in one graph, which XLA compiles if the training is
long: batches are gathered by a permutation inside it, and activations are recorded from the forward
pass that trains, in `TensorArray`s.
"""

import threading

import keras
import numpy as np
import tensorflow as tf
from sklearn.model_selection import train_test_split
from tqdm import tqdm

from local.arrays import refuse_masked, refuse_not_finite
from local.examples import batches, check_batch_size, check_labels
from local.recorder import EVERY, History
from local.threads import in_thread

LONG = 1000
"""Steps in which a compiled graph saves about the time that it takes to compile it."""

_SEEDING = threading.Lock()
"""Keras has one source of random numbers for all threads: one model at a time is made from it."""


def split(x, y, seed=0):
    """Flatten images and split them 3:1 into training and test set, in equal shares of each label.

    x (n, ...) and y (n,) -> x_train, x_test of shape (., D), y_train, y_test.
    """
    flat = np.reshape(x, (len(x), -1))
    return train_test_split(flat, y, test_size=0.25, stratify=y, random_state=seed)


def fit(model, x, y, *, epochs=20, batch_size=64, optimizer="adam", seed=0, record=(), test=None):
    """Train `model`, which returns logits, on x (n, D) and labels y (n,); return its `History`.

    `seed` decides everything random: the order of the examples, and the initial weights of a model
    of `local.models` that is not yet built. Each epoch goes through a new permutation in batches of
    equal size; the few examples left over are not used in it. `record` names values of
    `model.forward` to record at every fifth step. `test`, a pair of pictures (n, D) and labels
    (n,), is scored after each epoch, in inference mode. An interrupt (Ctrl-C, the stop button)
    ends the training early: the model keeps its weights, and the history up to there is returned.

    Raises ValueError for labels that `check_labels` refuses or that the model has no logit for, if
    x is not finite, if x and y hold less than one batch, for fewer than 0 epochs, or if
    `model.forward` does not offer a value that `record` names.
    """
    _check(x, y, batch_size, epochs)
    x = tf.constant(x, tf.float32)
    check_labels(x, y, classes=initialize(model, x, seed, record))
    y = tf.constant(y, tf.int32)
    optimizer = keras.optimizers.get(optimizer)
    steps = epochs * (len(x) // batch_size)
    run_epoch = epoch_graph(model, optimizer, x, y, tuple(record), compiled=steps > LONG)
    return _train(run_epoch, len(x), batch_size, seed, epochs, _scoring(model, test))


def fit_each(
    make, x, y, seeds, *, epochs=20, batch_size=64, optimizer="adam", record=(), test=None
):
    """Train a model of `make()` for each seed as `fit` does: [(model, `History`), ...].

    The models have one architecture, so one graph trains them all, one after another: to trace and
    compile it takes longer than to train a small net. `seeds` decide what `seed` does in `fit`, and
    all weights that `make` draws. After an interrupt, the models up to there are returned. Several
    calls may run at once, each in a thread.

    Raises ValueError as `fit` does, and if `make` returns the same model again.
    """
    _check(x, y, batch_size, epochs)
    x, seeds = tf.constant(x, tf.float32), tuple(seeds)
    models = []
    with _SEEDING:
        for seed in seeds:
            keras.utils.set_random_seed(seed)
            models.append(make())
            check_labels(x, y, classes=_build(models[-1], x, record))
        trained = make()
        _build(trained, x, record)
    if len({id(model) for model in (*models, trained)}) <= len(models):
        raise ValueError("make must return a new model each time, received the same one again.")
    y = tf.constant(y, tf.int32)
    optimizer = keras.optimizers.get(optimizer)
    steps = len(models) * epochs * (len(x) // batch_size)
    run_epoch = epoch_graph(trained, optimizer, x, y, tuple(record), compiled=steps > LONG)
    scored = _scoring(trained, test)
    fresh = [variable.numpy() for variable in optimizer.variables]
    done = []
    for seed, model in zip(seeds, models, strict=True):
        _assign(optimizer.variables, fresh)
        _assign(trained.variables, model.variables)
        history = _train(run_epoch, len(x), batch_size, seed, epochs, scored)
        _assign(model.variables, trained.variables)
        done.append((model, history))
        if len(history.accuracy) < epochs:
            break
    return done


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _scoring(model, test):
    """A function that returns a list: the score of `model` on the pair `test`, if there is one."""
    if test is None:
        return list
    check_labels(*test, part="test")
    refuse_not_finite("x of the test set", test[0])
    x, y = tf.constant(test[0], tf.float32), test[1]
    return lambda: [score(model, x, y)]


def _train(run_epoch, n, batch_size, seed, epochs, scored):
    """Run the epochs over n examples; the `History` up to the end, or to an interrupt."""
    steps = n // batch_size
    orders = batches(n, batch_size, seed, epochs * steps)
    done = []
    try:
        for order in tqdm(orders, "epochs", epochs, leave=False, disable=in_thread()):
            done.append((*run_epoch(tf.constant(order)), scored()))
    except KeyboardInterrupt:
        print(f"Interrupted: the training ends after {len(done)} of {epochs} epochs.")
    return _history(done, steps)


def labels(model, x):
    """The label (n,) that `model`, which returns logits, gives each row of x in inference mode.

    -1 where a logit is NaN: the model gives no label there.
    """
    logits = np.asarray(model(tf.constant(x, tf.float32), training=False))
    return np.where(np.isnan(logits).any(axis=-1), -1, np.argmax(logits, axis=-1))


def score(model, x, y):
    """The share of examples in x (n, D) that `model` classifies rightly, in inference mode.

    y: (n,) labels 0, 1, ...; one that the model has no logit for counts as wrong, and so does a row
    whose logits are NaN. Raises ValueError for what `check_labels` refuses.
    """
    check_labels(x, y)
    return float(np.mean(labels(model, x) == np.asarray(y)))


def precise_statistics(model, x):
    """Replace the moving averages of all batch normalizations by the statistics of x (n, D).

    One pass over all of x as a single batch, in training mode and with momentum 0, so that the
    old averages have no weight. Each layer is normalized by its own statistics on the way, so
    those of deeper layers are the ones that inference will meet (Wu & Johnson 2021, section 3),
    unless a layer between them, such as dropout, computes something else in training.

    Raises ValueError if x holds no example, whose mean would be NaN, is not finite or hides values;
    and if the model is not built, has no batch normalization, or a frozen one, which would not look
    at x.
    """
    refuse_masked("x", x)
    if np.ndim(x) < 2 or 0 in np.shape(x):
        received = np.shape(x) or repr(x)
        raise ValueError(f"x must hold an example or more, received {received}: give it rows.")
    refuse_not_finite("x", x)
    if not model.built:
        raise ValueError(f"model must have weights, received {model.name} without: train it first.")
    layers = [layer for layer in model._flatten_layers() if hasattr(layer, "moving_variance")]
    if not layers:
        raise ValueError(f"model must hold a batch normalization, received {model.name} without.")
    if frozen := [layer.name for layer in layers if not layer.trainable]:
        raise ValueError(f"batch normalizations must be trainable, received {frozen}: thaw them.")
    before = [{name: getattr(layer, name) for name in _changes(layer)} for layer in layers]
    try:
        for layer in layers:
            _set(layer, _changes(layer))
            for average in layer.non_trainable_variables:  # 0 times NaN is NaN
                average.assign(tf.where(tf.math.is_finite(average), average, 0.0))
        model(tf.constant(x, tf.float32), training=True)
    finally:
        for layer, settings in zip(layers, before, strict=True):
            _set(layer, settings)


def _changes(layer):
    """What lets a pass replace the averages of `layer`, which it normalizes by this batch alone."""
    if not getattr(layer, "renorm", False):
        return {"momentum": 0.0}
    uncorrected = {"rmin": 1.0, "rmax": 1.0, "dmax": 0.0}
    return {"momentum": 0.0, "renorm_momentum": 0.0, "renorm_clipping": uncorrected}


def _set(layer, settings):
    for name, value in settings.items():
        setattr(layer, name, value)


def _check(x, y, batch_size, epochs):
    """Raise ValueError for what no training can use."""
    check_labels(x, y)
    refuse_not_finite("x", x)
    check_batch_size(batch_size, len(x))
    if epochs < 0:
        raise ValueError(f"epochs must be 0 or more, received {epochs}.")


def initialize(model, x, seed, record=()):
    """Make the weights of a `model` of `local.models` as `seed` decides; the number of its logits.

    x: (n, D), of which it looks at the shape.  record: as in `fit`. Several threads may call it.
    """
    with _SEEDING:
        keras.utils.set_random_seed(seed)
        return _build(model, x, record)


def _build(model, x, record):
    """Make the weights, see that what is to be recorded exists, and return the number of logits."""
    logits = model(x[:1])
    offered = model.forward(x[:1]) if record and hasattr(model, "forward") else {}
    if unknown := [name for name in record if name not in offered]:
        raise ValueError(f"record may name {sorted(offered)} of this model, received {unknown}.")
    return logits.shape[-1]


def epoch_graph(model, optimizer, x, y, record, compiled):
    """A graph that trains one epoch: indices (steps, batch_size) -> losses, hits, recorded values.

    The arrays hold the values of every step; `_history` picks every fifth afterwards.
    compiled: whether XLA compiles the graph, which then takes a third less time.
    """
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer.build(model.trainable_variables)

    def forward(batch):
        if record:
            return model.forward(batch, training=True)
        return {"z2": model(batch, training=True)}

    @tf.function(jit_compile=compiled)
    def run_epoch(batches):
        steps = tf.shape(batches)[0]
        losses = tf.TensorArray(tf.float32, steps)
        hits = tf.TensorArray(tf.bool, steps)
        kept = {name: tf.TensorArray(tf.float32, steps) for name in record}
        for step in tf.range(steps):
            labels = tf.gather(y, batches[step])
            with tf.GradientTape() as tape:
                values = forward(tf.gather(x, batches[step]))
                loss = cross_entropy(labels, values["z2"])
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)
            guess = tf.argmax(values["z2"], axis=-1, output_type=tf.int32)
            losses, hits = losses.write(step, loss), hits.write(step, guess == labels)
            kept = {name: array.write(step, values[name]) for name, array in kept.items()}
        return losses.stack(), hits.stack(), {name: array.stack() for name, array in kept.items()}

    return run_epoch


def _history(epochs, steps):
    """The `History` of all epochs, `steps` steps each, with the values of every fifth step."""
    rows = [np.arange(-epoch * steps % EVERY, steps, EVERY) for epoch in range(len(epochs))]
    kept_at = [epoch * steps + row for epoch, row in enumerate(rows)]
    losses, hits, kept, scores = zip(*epochs, strict=True) if epochs else ((),) * 4
    return History(
        loss=np.concatenate([np.zeros(0, np.float32), *losses]),
        accuracy=np.array([np.mean(hit) for hit in hits], np.float32),
        test_accuracy=np.array(scores, np.float32).ravel(),
        steps=np.concatenate([np.zeros(0, int), *kept_at]),
        recorded={
            name: np.concatenate(
                [
                    values[name].numpy().reshape(steps, -1)[row]
                    for values, row in zip(kept, rows, strict=True)
                ]
            )
            for name in (kept[0] if kept else ())
        },
    )
