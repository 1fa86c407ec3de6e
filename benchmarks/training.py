"""P1: training with all four recordings, against the way of the page on which this course is based.

The seed's way, rebuilt here from its description: the data is permuted and indexed again at each
step, a Python loop runs over the batches, each recorded value costs a forward pass of its own, and
one more pass runs before the tape.
"""

import keras
import numpy as np
import tensorflow as tf

from benchmarks.table import Row
from benchmarks.timing import interleaved
from local import data, models, training

RECORD = ("z1", "a1", "z2", "a2")
EPOCHS, BATCH = 20, 64


class SeedModel(keras.Model):
    """The net with a getter for each value, whose graph starts at the input."""

    def build(self, shape):
        self.w1 = self.add_weight(shape=(shape[-1], 100))
        self.b1 = self.add_weight(shape=(100,), initializer="zeros")
        self.w2 = self.add_weight(shape=(100, 3))
        self.b2 = self.add_weight(shape=(3,), initializer="zeros")

    @tf.function
    def get_z1(self, x):
        return tf.matmul(x, self.w1) + self.b1

    @tf.function
    def get_a1(self, x):
        return tf.tanh(self.get_z1(x))

    @tf.function
    def get_z2(self, x):
        return tf.matmul(self.get_a1(x), self.w2) + self.b2

    @tf.function
    def get_a2(self, x):
        return tf.nn.softmax(self.get_z2(x))

    def call(self, x):
        return self.get_a2(x)


def seed_way(x, y):
    """Training as on the seed page: returns `run(epochs)`, which is traced at its first call."""
    shuffle = np.random.default_rng(0)
    model, optimizer = SeedModel(), keras.optimizers.Adam()
    model.build(x.shape)
    optimizer.build(model.trainable_variables)
    loss_of = keras.losses.SparseCategoricalCrossentropy()

    @tf.function
    def train_step(xb, yb):
        model(xb)
        with tf.GradientTape() as tape:
            loss = loss_of(yb, model(xb))
        weights = model.trainable_variables
        optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    def run(epochs=EPOCHS):
        recorded = []
        for _ in range(epochs):
            order = shuffle.permutation(len(x))
            for start in range(0, len(x), BATCH):
                xb, yb = x[order][start : start + BATCH], y[order][start : start + BATCH]
                values = (model.get_z1(xb), model.get_a1(xb), model.get_z2(xb), model.get_a2(xb))
                recorded.append([value.numpy() for value in (*values, train_step(xb, yb))])
        return recorded

    return run


def our_way(x, y, record=RECORD):
    """Training as in `training.fit_each`, with one graph for all calls: returns `run(epochs)`."""
    shuffle = np.random.default_rng(0)
    model = models.SmallNet()
    model(x[:1])
    x, y = tf.constant(x), tf.constant(y, tf.int32)
    adam = keras.optimizers.Adam()
    run_epoch = training.epoch_graph(model, adam, x, y, record, compiled=True)
    steps = len(x) // BATCH

    def run(epochs=EPOCHS):
        recorded = []
        for _ in range(epochs):
            order = shuffle.permutation(len(x))[: steps * BATCH].reshape(steps, BATCH)
            losses, _, values = run_epoch(tf.constant(order, tf.int32))
            recorded.append([losses.numpy(), *(value.numpy() for value in values.values())])
        return recorded

    return run


def bare_products(x):
    """The floor: the two matrix products of a step that no training can do without."""
    x, w = tf.constant(x), tf.random.normal((x.shape[1], 100))
    steps = len(x) // BATCH

    @tf.function
    def run(epochs):
        total = tf.zeros_like(w)
        for step in tf.range(epochs * steps):
            start = step % steps * BATCH
            batch = x[start : start + BATCH]
            total += tf.matmul(batch, tf.matmul(batch, w), transpose_a=True)
        return total

    return lambda epochs=EPOCHS: run(tf.constant(epochs)).numpy()


def measure():
    """The rows of P1; both sides record z1, a1, z2, a2."""
    x, _, y, _ = training.split(*data.load_mini_cifar())
    ours, plain, seed, floor = our_way(x, y), our_way(x, y, ()), seed_way(x, y), bare_products(x)

    def whole_call():
        training.fit(models.SmallNet(), x, y, epochs=EPOCHS, record=RECORD)

    def whole_seed_call():
        seed_way(x, y)(EPOCHS)

    yield Row("P1 training, traced: the seed's way", interleaved(ours, seed), ">=", 8)
    whole = interleaved(whole_call, whole_seed_call)
    yield Row("P1 training, whole first calls: the seed's way", whole, ">=", 6)
    recording = interleaved(plain, ours, pairs=9)
    yield Row("P1 with recording against without", recording, "<=", 1.1)
    yield Row("P1 our training against bare matrix products", interleaved(floor, ours))
