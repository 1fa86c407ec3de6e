"""What batch normalization needs besides the equations: moving averages, masks and replicas."""

import keras
import tensorflow as tf

from local.layers.base import ScaledNormalization
from local.layers.functions import normalize_batch, normalize_weighted_batch, over_replicas


class BatchStatistics(ScaledNormalization):
    """Statistics of a batch, and averages of them that the layer stores.

    momentum      0 to 1, the weight of the old average
    moving_mean_initializer, moving_variance_initializer    what the averages start from
    synchronized  in a `tf.distribute` strategy, take mean and variance over the batches of all
                  replicas, whatever their sizes: the layer then does what it does with one batch

    Raises ValueError for a momentum out of range and for a mask that does not fit the input.
    """

    _settings = (
        *ScaledNormalization._settings,
        "momentum",
        "moving_mean_initializer",
        "moving_variance_initializer",
        "synchronized",
    )

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        *,
        moving_mean_initializer="zeros",
        moving_variance_initializer="ones",
        synchronized=False,
        **options,
    ):
        super().__init__(axis, epsilon, center, scale, **options)
        self.momentum = self._valid_momentum("momentum", momentum)
        self.moving_mean_initializer = keras.initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = keras.initializers.get(moving_variance_initializer)
        self.synchronized = synchronized

    def _valid_momentum(self, name, momentum):
        if not 0 <= momentum <= 1:
            raise ValueError(f"{name} must lie from 0 to 1; received {momentum}: try 0.99")
        return float(momentum)

    def _averaged_axes(self, axes, rank):
        return [axis for axis in range(rank) if axis not in axes]

    def build(self, input_shape):
        super().build(input_shape)
        self.moving_mean = self._add_average("moving_mean", self.moving_mean_initializer)
        self.moving_variance = self._add_average(
            "moving_variance", self.moving_variance_initializer
        )

    def _add_average(self, name, initializer):
        return self._add_feature_weight(name, initializer, trainable=False)

    def _statistics(self, x):
        """Those of inference: the moving averages."""
        return self._along_axes(self.moving_mean, x), self._along_axes(self.moving_variance, x)

    def _normalized(self, x, gamma, beta, mask):
        """The output of training, and the mean and the variance of the batch."""
        batch = x, gamma, beta, self._averaged(x), self.epsilon
        if mask is None and not self.synchronized:
            return normalize_batch(*batch)
        weights = tf.cast(1 if mask is None else mask, x.dtype)
        for _ in range(x.shape.rank - weights.shape.rank):
            weights = weights[..., tf.newaxis]
        return normalize_weighted_batch(*batch, weights, self.synchronized)

    def _check_mask(self, inputs, mask):
        shape, of_mask = tuple(inputs.shape), tuple(mask.shape)
        fits = all(
            size in (1, None) or length in (size, None)
            for size, length in zip(of_mask, shape, strict=False)
        )
        if len(of_mask) >= len(shape) or not fits:
            raise ValueError(
                "a mask must have the sizes of the first axes of x, or 1, and fewer axes than x; "
                f"received a mask of shape {of_mask} for x of shape {shape}: use one entry for "
                "each example, or for each step of each example"
            )

    def _move(self, x, momentum, **latest):
        """Move the averages of these names towards the latest values: (5.1), (5.2)."""
        for name, value in latest.items():
            old = tf.cast(getattr(self, name), value.dtype)
            value = tf.reshape(value, self._features)
            self._store(x, name, momentum * old + (1 - momentum) * value)

    def _store(self, x, name, value):
        """Give an average a new value, unless the batch x has no rows, whose mean is NaN."""
        average = getattr(self, name)
        if self.synchronized or not x.shape.is_fully_defined():  # known while the step runs
            size = tf.cast(tf.size(x), tf.float32)
            (size,) = over_replicas([size]) if self.synchronized else [size]
            average.assign(tf.where(size > 0, value, tf.cast(average, value.dtype)))
        elif x.shape.num_elements():
            average.assign(value)
