"""The record of a training: losses, and activations from the forward passes that trained.

`local.training.fit` fills a `History` itself. `Recorder` does the same for Keras's `model.fit`,
and writes the values as TensorBoard histograms.
"""

from dataclasses import dataclass, field

import keras
import numpy as np
import tensorflow as tf

EVERY = 5
"""Activations are recorded at every fifth step, as on the page this course descends from."""


@dataclass
class History:
    """The course of one training.

    loss           (steps,) float32: the mean loss of each step's batch, in nats
    accuracy       (epochs,) float32: the share of training examples classified rightly while
                   training
    test_accuracy  (epochs,) float32: the share of test examples classified rightly after an epoch,
                   in inference mode; empty where there were none
    steps          (rows,) int: the steps whose activations were recorded, 0 being the first
    recorded       name -> (rows, batch_size * units) float32
    """

    loss: np.ndarray
    accuracy: np.ndarray
    steps: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    recorded: dict = field(default_factory=dict)
    test_accuracy: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))


class Recorder(keras.callbacks.Callback):
    """Records activations from the forward passes that train, during `model.fit`.

    The model passes them on in its own `call` (see `models.SmallNet`), so nothing is computed
    twice. With `log_dir`, each recorded value is also written there as a TensorBoard histogram
    under its own name. After training, `history` is what `training.fit` would return. Of a step
    whose batch is smaller than the first, such as the last of an epoch, it holds the loss only.

    The history's accuracy is NaN unless the model is compiled with `metrics=["accuracy"]`.

    Raises TypeError when the model has no attribute `recorder`, and ValueError when it does not
    pass on a value that `record` names, or is compiled to take several steps at once.
    """

    def __init__(self, record=("z1", "a1", "z2", "a2"), log_dir=None):
        super().__init__()
        self.names, self.log_dir = tuple(record), log_dir

    def record(self, values):
        """Store the values of one forward pass, or its loss; the model calls it inside its graph.

        Raises ValueError where `values` lack a name that is to be recorded.
        """
        names = ("loss",) if "loss" in values else self.names
        if unknown := [name for name in names if name not in values]:
            raise ValueError(f"record may name {sorted(values)} of this model, received {unknown}.")
        for name in names:
            self._last[name].assign(values[name])

    def on_train_begin(self, logs=None):
        if not hasattr(self.model, "recorder"):
            raise TypeError(
                f"{type(self.model).__name__} hands no values to a recorder: give it a `recorder` "
                "attribute that its call feeds, as models.SmallNet does."
            )
        if self.model.steps_per_execution != 1:
            raise ValueError(
                "a Recorder must see every step, received a model compiled with "
                f"steps_per_execution={self.model.steps_per_execution}: leave it at 1."
            )
        self._last = {
            name: tf.Variable(tf.zeros(()), shape=tf.TensorShape(None), trainable=False, name=name)
            for name in ("loss", *self.names)
        }
        self._writer = tf.summary.create_file_writer(str(self.log_dir)) if self.log_dir else None
        self._losses, self._accuracies, self._steps = [], [], []
        self._rows = {name: [] for name in self.names}
        self.model.recorder = self
        self._jit, self.model.jit_compile = self.model.jit_compile, False  # XLA fixes all shapes
        self.model.make_train_function(force=True)  # an earlier graph does not call this recorder

    def on_train_batch_end(self, batch, logs=None):
        step = len(self._losses)
        self._losses.append(self._last["loss"].numpy())
        if step % EVERY:
            return
        values = {name: self._last[name].numpy().ravel() for name in self.names}
        if any(rows and rows[0].size != values[name].size for name, rows in self._rows.items()):
            return
        self._steps.append(step)
        for name, value in values.items():
            self._rows[name].append(value)
            if self._writer:
                with self._writer.as_default(step=step):
                    tf.summary.histogram(name, value, buckets=50)

    def on_epoch_end(self, epoch, logs=None):
        self._accuracies.append(logs.get("accuracy", np.nan))

    def on_train_end(self, logs=None):
        self.model.recorder = None
        self.model.jit_compile, self.model.train_function = self._jit, None
        if self._writer:
            self._writer.close()

    @property
    def history(self):
        """The `History` of the training that ended last; ValueError if there was none."""
        if not hasattr(self, "_losses"):
            raise ValueError("nothing was recorded yet: call model.fit(..., callbacks=[recorder]).")
        return History(
            np.array(self._losses, np.float32),
            np.array(self._accuracies, np.float32),
            np.array(self._steps, int),
            {name: np.stack(rows) for name, rows in self._rows.items() if rows},
        )
