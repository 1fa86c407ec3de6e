"""Group normalization: the channels of every example in groups, each by its own pixels."""

import tensorflow as tf

from local.layers.base import ScaledNormalization, serializable, whole_number
from local.layers.functions import moments


@serializable
class GroupNormalization(ScaledNormalization):
    """(2.1) to (2.4) with means over the pixels of each group of neighbouring channels.

    groups: a divisor of the number of channels, else ValueError. -1 stands for as many groups as
    channels, which is instance normalization; 1 is what Wu & He call layer normalization.
    The rest is as in `InstanceNormalization`.
    Source: Wu & He (2018).
    """

    _settings = ("groups", *ScaledNormalization._settings)

    def __init__(self, groups=32, axis=-1, epsilon=1e-3, center=True, scale=True, **options):
        super().__init__(axis, epsilon, center, scale, **options)
        self.autocast = False
        self.groups = self._valid_groups(groups)

    def _valid_groups(self, groups):
        try:
            number = whole_number(groups)
        except TypeError:
            number = 0
        if number == -1 or number >= 1:
            return number
        raise ValueError(
            f"argument `groups` must be a positive integer, or -1 for as many groups as channels; "
            f"received {groups!r}: choose a divisor of the number of channels"
        )

    def _averaged_axes(self, axes, rank):
        return list(range(1, rank))

    def build(self, input_shape):
        super().build(input_shape)
        (channels,) = self._features
        if self.groups == -1:
            self.groups = channels
        if self.groups > channels:
            raise ValueError(
                f"groups cannot be more than the number of channels, {channels}; received "
                f"{self.groups}: choose a divisor"
            )
        if channels % self.groups:
            raise ValueError(
                f"groups must divide the number of channels, {channels}; received {self.groups}: "
                "choose a divisor"
            )

    def _statistics(self, x):
        """Every channel gets the mean and the variance of its group, (N, 1, ..., 1, C)."""
        (axis,), (channels,) = self._feature_axes(x.shape), self._features
        size, shape = channels // self.groups, tf.shape(x)
        split = tf.concat([shape[:axis], [self.groups, size], shape[axis + 1 :]], axis=0)
        averaged = [a for a in range(1, x.shape.rank + 1) if a != axis]
        of_groups = moments(tf.reshape(x, split), averaged)
        return [tf.repeat(tf.squeeze(m, axis + 1), size, axis) for m in of_groups]
