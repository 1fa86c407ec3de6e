"""Root mean square normalization: layer normalization that subtracts nothing."""

import tensorflow as tf

from local.layers.base import Normalization, serializable
from local.layers.layer_normalization import AxisOrAxes


@serializable
class RMSNormalization(AxisOrAxes, Normalization):
    """Layer normalization without mean and beta: y = gamma x / sqrt(mean of x² + epsilon).

    Keras calls this gamma `scale`, and so does the layer. The rest is as in `LayerNormalization`.
    Source: Zhang & Sennrich (2019).
    """

    def __init__(self, axis=-1, epsilon=1e-6, **kwargs):
        for name in kwargs.keys() & {"center", "scale"}:
            raise TypeError(
                f"RMSNormalization always scales and never centers; received {name}="
                f"{kwargs[name]!r}: leave it out, or use LayerNormalization"
            )
        super().__init__(axis, epsilon, **kwargs)

    def build(self, input_shape):
        super().build(input_shape)
        self.scale = self._add_feature_weight("scale", "ones")

    def _parameters(self, x):
        return self._along_axes(self.scale, x), tf.zeros([], x.dtype)

    def _statistics(self, x):
        return tf.zeros([], x.dtype), tf.reduce_mean(tf.square(x), self._averaged(x), keepdims=True)
