"""Batch renormalization: in training, too, the layer computes what it will compute in inference."""

import tensorflow as tf

from local.layers.batch_statistics import BatchStatistics

LIMITS = {"rmin": 0.0, "rmax": float("inf"), "dmax": float("inf")}
"""Between what the corrections of `renorm_clipping` lie, where it does not say."""


class Renormalization(BatchStatistics):
    """The options of batch renormalization (Ioffe 2017), with Keras's names.

    renorm           in training, correct each normalized value by the averages of the past:

            y = gamma (x_hat r + d) + beta,
            r = s / renorm_stddev,    d = (mean - renorm_mean) / renorm_stddev

                     which is (x - renorm_mean) / renorm_stddev, but no gradient flows through r and
                     d, and both are clipped
    renorm_clipping  a dictionary: r lies from "rmin" (0) to "rmax" (infinity), d from -"dmax" to
                     "dmax" (infinity)
    renorm_momentum  0 to 1, the weight of the old value in renorm_mean and renorm_stddev

    With renorm the layer has three more weights, moving_stddev, renorm_mean and renorm_stddev; the
    moving variance is moving_stddev² - epsilon. Raises ValueError for limits that contradict.
    """

    _settings = (*BatchStatistics._settings, "renorm", "renorm_clipping", "renorm_momentum")

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        *,
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        **options,
    ):
        super().__init__(axis, momentum, epsilon, center, scale, **options)
        self.renorm = renorm
        self.renorm_clipping = dict(renorm_clipping or {}) if renorm else renorm_clipping
        self.renorm_momentum = self._valid_momentum("renorm_momentum", renorm_momentum)
        self._limits(self.renorm_clipping or {})

    def _limits(self, clipping):
        """rmin, rmax and dmax; those that the dictionary lacks do not limit anything."""
        if not clipping.keys() <= LIMITS.keys():
            raise ValueError(
                f"Received invalid keys for `renorm_clipping`: {clipping}; use some of {[*LIMITS]}"
            )
        given = {name: limit for name, limit in clipping.items() if limit is not None}
        rmin, rmax, dmax = (LIMITS | given).values()
        if not 0 <= rmin <= rmax:
            raise ValueError(
                f"rmax should be at least rmin, and rmin at least 0; received rmin={rmin}, "
                f"rmax={rmax}: Ioffe (2017) ends with rmin=1/3 and rmax=3"
            )
        if not dmax >= 0:
            raise ValueError(
                f"dmax should be non-negative; received {dmax}: Ioffe (2017) ends with 5"
            )
        return rmin, rmax, dmax

    def build(self, input_shape):
        super().build(input_shape)
        if not self.renorm:
            return

        def deviation(shape, dtype):
            return tf.sqrt(self.moving_variance_initializer(shape, dtype))

        self.moving_stddev = self._add_average("moving_stddev", deviation)
        self.renorm_mean = self._add_average("renorm_mean", self.moving_mean_initializer)
        self.renorm_stddev = self._add_average("renorm_stddev", deviation)

    def _renormalized(self, x, mask):
        """x_hat r + d; moves all five averages."""
        one, zero = tf.ones(self._features), tf.zeros(self._features)
        x_hat, mean, variance = self._normalized(
            x, self._along_axes(one, x), self._along_axes(zero, x), mask
        )
        s = tf.sqrt(variance + self.epsilon)
        past_mean = self._along_axes(self.renorm_mean, x)
        past_s = tf.maximum(self._along_axes(self.renorm_stddev, x), self.epsilon**0.5)
        rmin, rmax, dmax = self._limits(self.renorm_clipping)
        r = tf.clip_by_value(s / past_s, rmin, rmax)
        d = tf.clip_by_value((mean - past_mean) / past_s, -dmax, dmax)

        self._move(x, self.renorm_momentum, renorm_mean=mean, renorm_stddev=s)
        self._move(x, self.momentum, moving_mean=mean, moving_stddev=s)
        variance = tf.square(tf.cast(self.moving_stddev, x.dtype)) - self.epsilon
        self._store(x, "moving_variance", tf.nn.relu(variance))
        return x_hat * r + d
