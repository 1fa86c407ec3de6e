"""Batch normalization: every feature over the batch, and moving averages for inference."""

import tensorflow as tf

from local.layers.base import serializable
from local.layers.functions import standardize
from local.layers.renormalization import Renormalization


@serializable
class BatchNormalization(Renormalization):
    """Normalize every feature over the batch, then scale it by gamma and shift it by beta.

    In training, with mean and variance of the batch, over all axes but `axis`:

        y = gamma (x - mean) / sqrt(variance + epsilon) + beta                    (2.1) to (2.4)
        moving_mean     <- momentum moving_mean     + (1 - momentum) mean                  (5.1)
        moving_variance <- momentum moving_variance + (1 - momentum) variance              (5.2)

    In inference the same y with moving_mean and moving_variance, which then stay as they are, so
    that no example depends on the batch around it.

    axis      the axis of the features: -1 for (N, D) and (N, H, W, C), 1 for channels first
    momentum  0 to 1, the weight of the *old* average (PyTorch's momentum is 1 minus this)
    epsilon   >= 0, in units of the variance
    center, scale   learn beta, learn gamma; else they stay 0 and 1
    options   `synchronized`, `renorm`, and how the weights start, are regularized and constrained:
              see the bases `BatchStatistics`, `Renormalization` and `ScaledNormalization`

    Call with x, float, of rank 2 or more, and `training`: True is training; False and None are
    inference (within a model, None stands for the model's own `training`). With
    `trainable = False` the layer is always in inference mode. The output has the shape of x and the
    layer's compute dtype; half types are computed in float32. Weights, (D,) each: gamma, beta,
    moving_mean, moving_variance, with Keras's names, order and initial values.

    mask      for the first axes of x, bool, or numbers >= 0 which say how often an entry counts.
              Mean and variance are those of what counts (3.14); every entry is normalized by them.
              Where nothing counts they are 0, as in Keras, and so the averages move towards 0.

    A batch of no rows leaves the averages alone.

    Raises ValueError for an axis, momentum or epsilon out of range, for an unknown number of
    features, and for a mask that does not fit x; TypeError for inputs that are not floating point.

    Source: Ioffe & Szegedy (2015). Like Keras, and unlike their algorithm 2, the moving variance
    averages the biased variance, without the factor N / (N - 1).
    """

    def call(self, inputs, training=None, mask=None):
        self._check(inputs, mask)
        x = self._wide(inputs)
        gamma, beta = self._parameters(x)
        if not (training and self.trainable):
            x_hat, _ = standardize(x, *self._statistics(x), self.epsilon)
            y = gamma * x_hat + beta
        elif self.renorm:
            y = gamma * self._renormalized(x, mask) + beta
        else:
            y, mean, variance = self._normalized(x, gamma, beta, mask)
            self._move(x, self.momentum, moving_mean=mean)  # (5.1)
            self._move(x, self.momentum, moving_variance=variance)  # (5.2)
        return tf.cast(y, self.compute_dtype)
