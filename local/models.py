"""The nets of the experiments, as Keras models that return logits.

Nothing here trains: that is `local.training`. A model that can be recorded has a method
`forward(x, training)`, which returns every named value of one forward pass.
"""

import keras
from keras import ops

from local.layers import BatchNormalization

NORMALIZATIONS = (None, "before", "after")


class SmallNet(keras.Model):
    """The net of chapter 1: x -> z1 -> a1 -> z2 -> a2, one hidden layer, softmax on top.

    With `normalization="before"`, batch normalization stands before the activation and z1 is the
    normalized value that the activation receives; with `"after"` it follows the activation and a1
    is the normalized value that the next layer receives. Both use momentum 0.9, since a training
    of 700 steps is short for Keras's 0.99.

    Input (N, D) float; `call` returns the logits z2, shape (N, classes).

    Raises ValueError for an unknown `normalization`.
    """

    def __init__(self, hidden=100, classes=3, normalization=None, activation="tanh", **kwargs):
        super().__init__(**kwargs)
        if normalization not in NORMALIZATIONS:
            raise ValueError(
                f"normalization must be one of {NORMALIZATIONS}, received {normalization!r}."
            )
        self.units, self.classes = hidden, classes
        self.normalization = normalization
        self.activation = keras.activations.get(activation)
        self.recorder = None

    def build(self, input_shape):
        """Make the layers, at the first call: a seed set just before it decides their weights."""
        self.hidden = keras.layers.Dense(self.units, name="hidden")
        self.output_layer = keras.layers.Dense(self.classes, name="output")
        if self.normalization:
            self.batch_norm = BatchNormalization(momentum=0.9, name="batch_norm")
            self.batch_norm.build((None, self.units))
        self.hidden.build(input_shape)
        self.output_layer.build((None, self.units))
        self.built = True

    def forward(self, x, training=False):
        """One forward pass, each value by name: z1, a1 (N, hidden) and z2, a2 (N, classes)."""
        if not self.built:
            self.build(x.shape)
        z1 = self.hidden(x)
        if self.normalization == "before":
            z1 = self.batch_norm(z1, training=training)
        a1 = self.activation(z1)
        if self.normalization == "after":
            a1 = self.batch_norm(a1, training=training)
        z2 = self.output_layer(a1)
        return {"z1": z1, "a1": a1, "z2": z2, "a2": ops.softmax(z2)}

    def call(self, x, training=False):
        values = self.forward(x, training=training)
        if self.recorder is not None and training:
            self.recorder.record(values)
        return values["z2"]

    def compute_loss(self, *args, training=True, **kwargs):
        loss = super().compute_loss(*args, training=training, **kwargs)
        if self.recorder is not None and training:
            self.recorder.record({"loss": loss})
        return loss
