"""What all normalizations share: axes, checks, gamma and beta, the forward pass, the options."""

import operator

import keras
import tensorflow as tf

from local.layers.functions import moments, standardize

serializable = keras.saving.register_keras_serializable(package="course")


def whole_number(value):
    """`value` as an int, of whatever integer type it is; TypeError for a bool and all else."""
    if isinstance(value, bool):
        raise TypeError("a bool is no number here")
    return operator.index(value)


class Normalization(keras.layers.Layer):
    """A layer that normalizes along `axis`; the features lie there.

    A subclass says in `_averaged_axes(axes, rank)` which axes it averages over and in
    `_parameters(x)` which gamma and beta it applies, and lists its options in `_settings`, for
    saving. What Keras's layers do not have is private.
    """

    _settings = ("axis", "epsilon")

    supports_masking = True
    """A mask is passed on. It is refused where a mean would count what it hides."""

    def __init__(self, axis=-1, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= epsilon < float("inf"):
            raise ValueError(f"epsilon must be finite and >= 0; received {epsilon}: try 1e-3")
        self.axis, self.epsilon = self._valid_axis(axis), float(epsilon)

    def _valid_axis(self, axis):
        """What the layer takes as `axis`: here a single integer."""
        try:
            return whole_number(axis)
        except TypeError:
            raise ValueError(f"axis must be an integer; received {axis!r}: use -1 or 1") from None

    def _given_axes(self):
        return self.axis if isinstance(self.axis, list) else [self.axis]

    def _feature_axes(self, shape):
        """The axes of the features in an input of this shape, counted from 0, in order."""
        given, rank = self._given_axes(), len(shape)
        for axis in given:
            if not -rank <= axis < rank:
                raise ValueError(
                    f"axis {axis} is out of bounds: it must lie from {-rank} to {rank - 1} for an "
                    f"input of shape {tuple(shape)}; received {self.axis}"
                )
        axes = sorted(axis % rank for axis in given)
        if len(set(axes)) < len(axes):
            raise ValueError(
                f"Duplicate axes: each may be named once; received axis={self.axis} for an input "
                f"of shape {tuple(shape)}: leave one of the two out"
            )
        return axes

    def build(self, input_shape):
        shape, rank = tuple(input_shape), len(input_shape)
        axes = self._feature_axes(shape)
        if not self._averaged_axes(axes, rank):
            raise ValueError(
                f"{type(self).__name__} has no axis to average over besides axis {self.axis}; "
                f"received shape {shape}: add the missing axis"
            )
        if 0 in axes:
            raise ValueError(
                f"axis 0 holds the examples, not features; received axis={self.axis} for an input "
                f"of shape {shape}: x needs rank 2 or more, and axis -1 or 1"
            )
        sizes = {axis: shape[axis] for axis in self._given_axes()}
        for axis, size in sizes.items():
            if size is None:
                raise ValueError(
                    f"axis {axis} must have a known size, since gamma and beta have it too: this "
                    "axis of the input tensor should have a defined dimension but the layer "
                    f"received an input with shape {shape}: give the size to keras.Input"
                )
        self._features = tuple(shape[axis] for axis in axes)
        self.input_spec = self._spec(rank, sizes)

    def _spec(self, rank, sizes):
        """What later inputs must have in common with the first one: its rank, its features."""
        return keras.layers.InputSpec(ndim=rank, axes=sizes)

    def _add_feature_weight(self, name, initializer, **options):
        """A weight of the shape of the features, which mixed precision leaves in float32."""
        return self.add_weight(self._features, initializer, autocast=False, name=name, **options)

    def _along_axes(self, weight, x):
        """`weight` in the type of x, shaped to meet the features of x."""
        axes = self._feature_axes(x.shape)
        sizes = iter(self._features)
        shape = [next(sizes) if axis in axes else 1 for axis in range(x.shape.rank)]
        return tf.reshape(tf.cast(weight, x.dtype), shape)

    def _wide(self, inputs):
        """The input in float32 or wider: half types overflow in sums of squares."""
        return tf.cast(inputs, tf.float64 if inputs.dtype == tf.float64 else tf.float32)

    def _averaged(self, x):
        return self._averaged_axes(self._feature_axes(x.shape), len(x.shape))

    def _statistics(self, x):
        """The mean and the variance to normalize x with; they broadcast to x."""
        return moments(x, self._averaged(x))

    def call(self, inputs, mask=None):
        self._check(inputs, mask)
        x = self._wide(inputs)
        gamma, beta = self._parameters(x)
        x_hat, _ = standardize(x, *self._statistics(x), self.epsilon)
        return tf.cast(gamma * x_hat + beta, self.compute_dtype)

    def _check(self, inputs, mask=None):
        dtype = keras.backend.standardize_dtype(inputs.dtype)
        if not keras.backend.is_float_dtype(dtype):
            raise TypeError(
                f"inputs must be floating point, as normalized values are fractions; received "
                f"{dtype}: cast first, as in x.astype('float32')"
            )
        if mask is not None:
            self._check_mask(inputs, mask)

    def _check_mask(self, inputs, mask):
        # A mask covers the first axes of x; a mean over one of these would include masked entries.
        if min(self._averaged(inputs)) < len(mask.shape):
            raise ValueError(
                f"mask is not supported by {type(self).__name__} here, since masked entries would "
                f"count in mean and variance; received a mask of shape {tuple(mask.shape)}: leave "
                "those entries out before this layer"
            )

    def compute_output_shape(self, input_shape):
        self._feature_axes(input_shape)
        return tuple(input_shape)

    def compute_output_spec(self, inputs, training=None, mask=None):
        """Called by Keras while it builds a model, so that wrong input is found early."""
        self._check(inputs, mask)
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def get_config(self):
        options = {name: getattr(self, name) for name in self._settings}
        return super().get_config() | keras.saving.serialize_keras_object(options)


class ScaledNormalization(Normalization):
    """A normalization that learns a gamma and a beta for every feature, with Keras's options.

    center, scale                          learn beta, learn gamma; else they stay 0 and 1
    beta_initializer, gamma_initializer    what they start from
    beta_regularizer, gamma_regularizer    what their size adds to the loss, or None
    beta_constraint, gamma_constraint      what is applied to them after each step, or None
    """

    _settings = (
        *Normalization._settings,
        "center",
        "scale",
        "beta_initializer",
        "gamma_initializer",
        "beta_regularizer",
        "gamma_regularizer",
        "beta_constraint",
        "gamma_constraint",
    )

    def __init__(
        self,
        axis=-1,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        super().__init__(axis, epsilon, **kwargs)
        self.center, self.scale = center, scale
        self.gamma = self.beta = None
        self.beta_initializer = keras.initializers.get(beta_initializer)
        self.gamma_initializer = keras.initializers.get(gamma_initializer)
        self.beta_regularizer = keras.regularizers.get(beta_regularizer)
        self.gamma_regularizer = keras.regularizers.get(gamma_regularizer)
        self.beta_constraint = keras.constraints.get(beta_constraint)
        self.gamma_constraint = keras.constraints.get(gamma_constraint)

    def build(self, input_shape):
        super().build(input_shape)
        if self.scale:
            options = {"regularizer": self.gamma_regularizer, "constraint": self.gamma_constraint}
            self.gamma = self._add_feature_weight("gamma", self.gamma_initializer, **options)
        if self._learns_beta():
            options = {"regularizer": self.beta_regularizer, "constraint": self.beta_constraint}
            self.beta = self._add_feature_weight("beta", self.beta_initializer, **options)

    def _learns_beta(self):
        return self.center

    def _parameters(self, x):
        """The gamma and the beta of (2.4), shaped to meet x; 1 and 0 if they are not learned."""
        gamma = tf.ones(self._features) if self.gamma is None else self.gamma
        beta = tf.zeros(self._features) if self.beta is None else self.beta
        return self._along_axes(gamma, x), self._along_axes(beta, x)
