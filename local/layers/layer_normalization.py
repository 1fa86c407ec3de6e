"""Layer normalization: every example by its own features."""

import warnings

import keras
import tensorflow as tf

from local.layers.base import ScaledNormalization, serializable, whole_number
from local.layers.functions import moments


class AxisOrAxes:
    """For layers whose `axis` may be several, all of them averaged over: what they share."""

    def _valid_axis(self, axis):
        try:
            if isinstance(axis, list | tuple):
                return [whole_number(one) for one in axis]
            return whole_number(axis)
        except TypeError:
            raise TypeError(
                "Expected an int or a list/tuple of ints for the argument 'axis'; received "
                f"{axis!r}: use -1 or [-2, -1]"
            ) from None

    def _averaged_axes(self, axes, rank):
        return axes

    def _spec(self, rank, sizes):
        if max(sizes) >= 0:
            return super()._spec(rank, sizes)
        # Counted from the end, axes are the same for inputs with more axes in front.
        return keras.layers.InputSpec(min_ndim=1 - min(sizes), axes=sizes)


@serializable
class LayerNormalization(AxisOrAxes, ScaledNormalization):
    """(2.1) to (2.4) with means over the features of each example, along `axis`.

    axis         an integer or several: gamma and beta have the shape of x along them. Axes
                 counted from the end also fit inputs with more axes in front.
    rms_scaling  divide by the deviation without subtracting the mean, and learn no beta: an option
                 that Keras gives up, since it is not what RMS normalization does

    Nothing depends on the batch, so training and inference are the same. Other arguments, input,
    output and errors are those of `BatchNormalization`, but there is no momentum, and a mask is
    refused where one mean would take in several of its entries; elsewhere it passes through.
    Raises TypeError for an axis that is no integer. Source: Ba, Kiros & Hinton (2016).
    """

    _settings = (*ScaledNormalization._settings, "rms_scaling")

    def __init__(
        self, axis=-1, epsilon=1e-3, center=True, scale=True, *, rms_scaling=False, **options
    ):
        super().__init__(axis, epsilon, center, scale, **options)
        self.rms_scaling = rms_scaling
        if rms_scaling:
            warnings.warn(
                "rms_scaling=True divides by the deviation, not by the root of the mean square, "
                "and Keras gives it up: use RMSNormalization",
                stacklevel=2,
            )

    def _learns_beta(self):
        return self.center and not self.rms_scaling

    def _statistics(self, x):
        mean, variance = moments(x, self._averaged(x))
        return (tf.zeros([], x.dtype), variance) if self.rms_scaling else (mean, variance)
