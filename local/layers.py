"""Batch normalization as a Keras layer, from scratch, and its relatives.

Every layer here does the same three things: it takes means and variances over some axes,
(2.1) and (2.2), centres and divides by them (2.3), and lets every feature learn a scale gamma and
a shift beta (2.4). They differ in the axes. Batch normalization alone averages over the examples,
so it alone stores moving averages for inference. It also has its own gradient, the closed form of
chapter 3, which is faster than the one that automatic differentiation derives.
"""

import keras
import tensorflow as tf

serializable = keras.saving.register_keras_serializable(package="course")


def moments(x, axes):
    """Mean (2.1) and biased variance (2.2) of x over the axes, which are kept with length 1."""
    mean = tf.reduce_mean(x, axes, keepdims=True)
    return mean, tf.reduce_mean(tf.square(x - mean), axes, keepdims=True)


def standardize(x, mean, variance, epsilon):
    """Normalized value (2.3): x_hat = (x - mean) / s with s = sqrt(variance + epsilon).

    Returns x_hat, of the shape of x, and 1 / s, of the shape of variance: to multiply by it is
    faster than to divide.
    """
    inverse_s = tf.math.rsqrt(variance + epsilon)
    return (x - mean) * inverse_s, inverse_s


def normalize_batch(x, gamma, beta, axes, epsilon):
    """Forward pass (2.1) to (2.4) with the closed form (3.1), (3.2), (3.10) as its gradient.

    x: any shape, float.  gamma, beta: the shape of x, but with length 1 along `axes`, the axes to
    average over.  epsilon: >= 0.
    Returns y, of the shape of x, and mean and variance, of the shape of gamma. No gradient flows
    through these two: they are for the moving averages.
    """

    @tf.custom_gradient
    def forward(x, gamma, beta):
        mean, variance = moments(x, axes)
        x_hat, inverse_s = standardize(x, mean, variance, epsilon)

        def backward(dy, *_):
            dbeta = tf.reduce_sum(dy, axes, keepdims=True)  # (3.1)
            dgamma = tf.reduce_sum(dy * x_hat, axes, keepdims=True)  # (3.2)
            n = tf.cast(tf.size(dy) / tf.size(dbeta), dy.dtype)
            dx = gamma * inverse_s * (dy - dbeta / n - x_hat * (dgamma / n))  # (3.10)
            return dx, dgamma, dbeta

        return (gamma * x_hat + beta, mean, variance), backward

    y, mean, variance = forward(x, gamma, beta)
    return y, tf.stop_gradient(mean), tf.stop_gradient(variance)


class _Normalization(keras.layers.Layer):
    """What all normalizations share: gamma and beta along `axis`, the checks, the forward pass.

    A subclass says in `averaged_axes(axis, rank)` which axes it averages over, and lists its
    `settings` for saving.
    """

    settings = ("axis", "epsilon", "center", "scale")

    def __init__(self, axis=-1, epsilon=1e-3, center=True, scale=True, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(axis, int):
            raise ValueError(f"axis must be an integer; received {axis!r}: use -1 or 1")
        if not 0 <= epsilon < float("inf"):
            raise ValueError(f"epsilon must be finite and >= 0; received {epsilon}: try 1e-3")
        self.axis, self.epsilon = axis, float(epsilon)
        self.center, self.scale = center, scale

    def build(self, input_shape):
        shape, rank = tuple(input_shape), len(input_shape)
        if not -rank <= self.axis < rank:
            raise ValueError(
                f"axis must lie from {-rank} to {rank - 1} for an input of shape {shape}; "
                f"received {self.axis}"
            )
        if shape[self.axis] is None:
            raise ValueError(
                f"axis {self.axis} must have a known size, since gamma and beta have it too; "
                f"received shape {shape}: give the size to keras.Input"
            )
        self.averaged = self.averaged_axes(self.axis % rank, rank)
        if not self.averaged:
            raise ValueError(
                f"{type(self).__name__} has no axis to average over besides axis {self.axis}; "
                f"received shape {shape}: add the missing axis"
            )
        if self.axis % rank == 0:
            raise ValueError(
                f"axis 0 holds the examples, not features; received axis={self.axis} for an input "
                f"of shape {shape}: x needs rank 2 or more, and axis -1 or 1"
            )
        self.features = shape[self.axis]
        self.input_spec = keras.layers.InputSpec(ndim=rank, axes={self.axis: self.features})
        self.gamma = self.add_feature_weight("gamma", "ones") if self.scale else None
        self.beta = self.add_feature_weight("beta", "zeros") if self.center else None

    def add_feature_weight(self, name, initializer, trainable=True):
        """A weight (features,), which mixed precision leaves in float32."""
        shape = (self.features,)
        return self.add_weight(shape, initializer, trainable=trainable, autocast=False, name=name)

    def along_axis(self, weight, x):
        """`weight` (features,) in the type of x, shaped to meet the features of x."""
        shape = [self.features if axis == self.axis % x.ndim else 1 for axis in range(x.ndim)]
        return tf.reshape(tf.cast(weight, x.dtype), shape)

    def prepared(self, inputs):
        """The input in float32 or wider (half types overflow in sums of squares), gamma, beta."""
        x = tf.cast(inputs, tf.float64 if inputs.dtype == tf.float64 else tf.float32)
        gamma = self.gamma if self.scale else tf.ones([self.features])
        beta = self.beta if self.center else tf.zeros([self.features])
        return x, self.along_axis(gamma, x), self.along_axis(beta, x)

    def statistics(self, x):
        """The mean and the variance to normalize x with; they broadcast to x."""
        return moments(x, self.averaged)

    def call(self, inputs, mask=None):
        self.check(inputs, mask)
        x, gamma, beta = self.prepared(inputs)
        x_hat, _ = standardize(x, *self.statistics(x), self.epsilon)
        return tf.cast(gamma * x_hat + beta, self.compute_dtype)

    def check(self, inputs, mask=None):
        dtype = keras.backend.standardize_dtype(inputs.dtype)
        if not keras.backend.is_float_dtype(dtype):
            raise TypeError(
                f"inputs must be floating point, as normalized values are fractions; received "
                f"{dtype}: cast first, as in x.astype('float32')"
            )
        # A mask covers the first axes of x; a mean over one of these would include masked entries.
        if mask is not None and min(self.averaged) < len(mask.shape):
            raise ValueError(
                "mask is not supported, since masked entries would count in mean and variance; "
                f"received a mask of shape {mask.shape}: leave those entries out before this layer"
            )

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def compute_output_spec(self, inputs, training=None, mask=None):
        """Called by Keras while it builds a model, so that wrong input is found early."""
        self.check(inputs, mask)
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def get_config(self):
        return super().get_config() | {name: getattr(self, name) for name in self.settings}


@serializable
class BatchNormalization(_Normalization):
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

    Call with x, float, of rank 2 or more, and `training`: True is training; False and None are
    inference (within a model, None stands for the model's own `training`). With
    `trainable = False` the layer is always in inference mode. The output has the shape of x and the
    layer's compute dtype; half types are computed in float32. Weights, (D,) each: gamma, beta,
    moving_mean, moving_variance, with Keras's names, order and initial values.

    Raises ValueError for an axis, momentum or epsilon out of range, for an unknown number of
    features, for a mask, and for an empty batch in training; TypeError for inputs that are not
    floating point.

    Source: Ioffe & Szegedy (2015). Like Keras, and unlike their algorithm 2, the moving variance
    averages the biased variance, without the factor N / (N - 1).
    """

    settings = ("axis", "momentum", "epsilon", "center", "scale")

    def __init__(self, axis=-1, momentum=0.99, epsilon=1e-3, center=True, scale=True, **kwargs):
        super().__init__(axis, epsilon, center, scale, **kwargs)
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must lie from 0 to 1; received {momentum}: try 0.99")
        self.momentum = float(momentum)

    def averaged_axes(self, axis, rank):
        return [a for a in range(rank) if a != axis]

    def build(self, input_shape):
        super().build(input_shape)
        self.moving_mean = self.add_feature_weight("moving_mean", "zeros", trainable=False)
        self.moving_variance = self.add_feature_weight("moving_variance", "ones", trainable=False)

    def statistics(self, x):
        """Those of inference: the moving averages."""
        return self.along_axis(self.moving_mean, x), self.along_axis(self.moving_variance, x)

    def call(self, inputs, training=None, mask=None):
        if not (training and self.trainable):
            return super().call(inputs, mask)
        self.check(inputs, mask)
        if 0 in inputs.shape:
            raise ValueError(
                "inputs must hold an example or more in training, since a mean of none is NaN; "
                f"received shape {tuple(inputs.shape)}: leave the empty batch out"
            )
        x, gamma, beta = self.prepared(inputs)
        y, mean, variance = normalize_batch(x, gamma, beta, self.averaged, self.epsilon)
        self.update(self.moving_mean, mean)  # (5.1)
        self.update(self.moving_variance, variance)  # (5.2)
        return tf.cast(y, self.compute_dtype)

    def update(self, average, value):
        """Move a moving average towards the value of the latest batch."""
        m, old = self.momentum, tf.cast(average, value.dtype)
        average.assign(m * old + (1 - m) * tf.reshape(value, [self.features]))


@serializable
class LayerNormalization(_Normalization):
    """(2.1) to (2.4) with means over the features of each example, along `axis`.

    Nothing depends on the batch, so training and inference are the same. Arguments, input, output
    and errors are those of `BatchNormalization`, but there is no momentum, and a mask passes
    through along the last axis. Source: Ba, Kiros & Hinton (2016).
    """

    supports_masking = True  # a mean along the last axis stays within one step of one example

    def averaged_axes(self, axis, rank):
        return [axis]


@serializable
class RMSNormalization(LayerNormalization):
    """Layer normalization without mean and beta: y = gamma x / sqrt(mean of x² + epsilon).

    Keras calls this gamma `scale`. Source: Zhang & Sennrich (2019).
    """

    settings = ("axis", "epsilon")

    def __init__(self, axis=-1, epsilon=1e-6, **kwargs):
        super().__init__(axis, epsilon, center=False, scale=True, **kwargs)

    def statistics(self, x):
        return tf.zeros([], x.dtype), tf.reduce_mean(tf.square(x), self.averaged, keepdims=True)


@serializable
class InstanceNormalization(_Normalization):
    """(2.1) to (2.4) with means over the pixels of each channel of each example.

    x: (N, ..., C), with at least one axis of pixels. The rest is as in `LayerNormalization`,
    but a mask is refused.
    Source: Ulyanov, Vedaldi & Lempitsky (2016).
    """

    def averaged_axes(self, axis, rank):
        return [a for a in range(1, rank) if a != axis]


@serializable
class GroupNormalization(_Normalization):
    """(2.1) to (2.4) with means over the pixels of each group of neighbouring channels.

    groups: a divisor of the number of channels, else ValueError; with as many groups as channels
    this is instance normalization. The rest is as in `InstanceNormalization`.
    Source: Wu & He (2018).
    """

    settings = ("groups", "axis", "epsilon", "center", "scale")

    def __init__(self, groups=32, axis=-1, epsilon=1e-3, center=True, scale=True, **kwargs):
        super().__init__(axis, epsilon, center, scale, **kwargs)
        self.groups = groups

    def averaged_axes(self, axis, rank):
        return list(range(1, rank))

    def build(self, input_shape):
        super().build(input_shape)
        if self.groups < 1 or self.features % self.groups:
            raise ValueError(
                f"groups must divide the number of channels, {self.features}; received "
                f"{self.groups}: choose a divisor"
            )

    def statistics(self, x):
        """Every channel gets the mean and the variance of its group, (N, 1, ..., 1, C)."""
        axis, size, shape = self.axis % x.ndim, self.features // self.groups, tf.shape(x)
        split = tf.concat([shape[:axis], [self.groups, size], shape[axis + 1 :]], axis=0)
        averaged = [a for a in range(1, x.ndim + 1) if a != axis]
        of_groups = moments(tf.reshape(x, split), averaged)
        return [tf.repeat(tf.squeeze(m, axis + 1), size, axis) for m in of_groups]
