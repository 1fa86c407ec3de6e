"""Batch normalization in NumPy, numbered as in the book: forward, backward, and its relatives.

Here are the equations of chapters 2 (forward), 3 (backward) and 5 (moving averages), for arrays
whose last axis holds the features (or channels) and whose other axes are all the batch:
(N, D), (N, H, W, C), ... Everything is computed in float64 or wider and returned in the type of
the input, so that float32 features far from zero lose no digits on the way.

Source: Ioffe & Szegedy (2015), "Batch Normalization", algorithm 1 and section 3.
"""

from typing import NamedTuple

import numpy as np

from local.arrays import refuse_masked


def moments(x, axes):
    """Mean (2.1) and biased variance (2.2) of x over the given axes, which are kept with length 1.

    Two passes, because mean(x²) - mean(x)² loses every digit where the mean is large.
    Raises ValueError for an array without values.
    """
    if x.size == 0:
        raise ValueError(f"an empty batch has no mean; received shape {x.shape}: leave it out")
    wide = np.result_type(x.dtype, np.float64)
    mean = x.mean(axes, dtype=wide, keepdims=True)
    variance = np.square(x - mean).mean(axes, keepdims=True)
    return mean, variance


def standardize(x, mean, variance, epsilon):
    """Normalized value (2.3): x_hat = (x - mean) / s with s = sqrt(variance + epsilon).

    Returns x_hat, s.  Raises ValueError for a negative epsilon and where s would be 0.
    """
    if not 0 <= epsilon < np.inf:
        raise ValueError(f"epsilon must be finite and >= 0; received {epsilon}: try 1e-3")
    s = np.sqrt(variance + epsilon)
    if not np.all(s != 0):
        raise ValueError(
            "some values do not vary and epsilon is 0, so (x - mean) / s would be 0 / 0; "
            f"received epsilon={epsilon}: use epsilon > 0 or leave those values out"
        )
    return (x - mean) / s, s


class Cache(NamedTuple):
    """What the forward pass stores for the backward pass (float64; dtype is the input's)."""

    x_hat: np.ndarray  # shape of x
    s: np.ndarray  # (D,)
    gamma: np.ndarray  # (D,)
    dtype: np.dtype


def batch_norm_forward(x, gamma, beta, epsilon=1e-3):
    """Normalize every feature over the batch, then scale and shift it: (2.1) to (2.4).

    x: (..., D) floating point, all axes but the last are the batch.  gamma, beta: (D,).
    epsilon: >= 0, added to the variance under the root.
    Returns y, of the shape and type of x, and the cache that `batch_norm_backward` needs.
    Raises ValueError for wrong shapes, an empty batch, values that a mask hides or a negative
    epsilon, and TypeError for numbers that are not floating point.
    """
    x, gamma, beta = _checked(x, gamma, beta)
    mean, variance = moments(x, batch_axes(x))  # (2.1), (2.2)
    x_hat, s = standardize(x, mean, variance, epsilon)  # (2.3)
    y = gamma * x_hat + beta  # (2.4)
    return y.astype(x.dtype, copy=False), Cache(x_hat, s.reshape(-1), gamma, x.dtype)


def batch_norm_backward(dy, cache):
    """Gradients of the loss with respect to x, gamma and beta, in closed form.

    dy: dL/dy, of the shape of y.  cache: from `batch_norm_forward`.
    Returns dx (3.10), dgamma (3.2), dbeta (3.1), of the shapes of x, gamma, beta.
    Raises ValueError if the shape of dy is not that of y or a mask hides values, TypeError if it
    is not floating point.
    """
    dy = _checked_gradient(dy, cache)
    dgamma, dbeta = parameter_gradients(dy, cache)  # (3.2), (3.1)
    n = dy.size // dbeta.size
    dx = cache.gamma / cache.s * (dy - dbeta / n - cache.x_hat * (dgamma / n))  # (3.10)
    return _typed(cache, dx, dgamma, dbeta)


def batch_norm_backward_staged(dy, cache):
    """The same gradients, one node of the computation graph after the other.

    The graph, from input to output: mean, centered = x - mean, squared = centered²,
    variance = mean of squared, s, x_hat = centered / s, y = gamma x_hat + beta.
    Takes and raises what `batch_norm_backward` does.  Returns a dictionary with the gradient at
    every node: "dbeta" (3.1), "dgamma" (3.2), "dx_hat" (3.3), "ds" (3.4), "dvariance" (3.5),
    "dsquared" (3.6), "dcentered" (3.7), "dmean" (3.8) and "dx" (3.9).
    """
    dy = _checked_gradient(dy, cache)
    x_hat, s, gamma, _ = cache
    axes, n = batch_axes(dy), dy.size // s.size
    centered = x_hat * s
    dgamma, dbeta = parameter_gradients(dy, cache)  # (3.2), (3.1)
    dx_hat = gamma * dy  # (3.3)
    ds = -(dx_hat * centered).sum(axes) / s**2  # (3.4)
    dvariance = ds / (2 * s)  # (3.5)
    dsquared = np.broadcast_to(dvariance / n, dy.shape)  # (3.6)
    dcentered = dx_hat / s + 2 * centered * dsquared  # (3.7)
    dmean = -dcentered.sum(axes)  # (3.8)
    dx = dcentered + dmean / n  # (3.9)
    nodes = {"dbeta": dbeta, "dgamma": dgamma, "dx_hat": dx_hat, "ds": ds, "dx": dx}
    nodes |= {"dvariance": dvariance, "dsquared": dsquared, "dcentered": dcentered, "dmean": dmean}
    return {name: gradient.astype(cache.dtype, copy=False) for name, gradient in nodes.items()}


def parameter_gradients(dy, cache):
    """The gradients of gamma (3.2) and beta (3.1): sums over the batch, each of shape (D,)."""
    axes = batch_axes(dy)
    return (dy * cache.x_hat).sum(axes), dy.sum(axes, dtype=cache.s.dtype)


class BatchNorm:
    """The whole layer: batch statistics in training, moving averages in inference.

    features: D.  momentum: in [0, 1], the weight of the *old* moving average, as in Keras.
    epsilon: >= 0.  Attributes gamma, beta, moving_mean, moving_variance: (D,) float64.
    One method an equation, so that a variant of the layer changes one method
    (`local/exercises/broken.py`).
    """

    def __init__(self, features, momentum=0.99, epsilon=1e-3):
        if not 0 <= momentum <= 1:
            raise ValueError(
                f"momentum is the weight of the old average; received {momentum}: "
                "use a number from 0 to 1"
            )
        self.momentum, self.epsilon = momentum, epsilon
        self.gamma, self.beta = np.ones(features), np.zeros(features)
        self.moving_mean, self.moving_variance = np.zeros(features), np.ones(features)

    def moments(self, x):
        """Mean (2.1) and variance (2.2) of every feature over the batch."""
        mean, variance = moments(x, batch_axes(x))
        return mean.reshape(-1), variance.reshape(-1)

    def standardize(self, x, mean, variance):
        """Normalized value and its divisor (2.3)."""
        return standardize(x, mean, variance, self.epsilon)

    def scale_and_shift(self, x_hat):
        """Output (2.4)."""
        return self.gamma * x_hat + self.beta

    def update(self, mean, variance):
        """Moving averages (5.1), (5.2)."""
        m = self.momentum
        self.moving_mean = m * self.moving_mean + (1 - m) * mean
        self.moving_variance = m * self.moving_variance + (1 - m) * variance

    def statistics(self, x, training):
        """The mean and the variance to normalize with; training also moves the averages."""
        if not training:
            return self.moving_mean, self.moving_variance
        mean, variance = self.moments(x)
        self.update(mean, variance)
        return mean, variance

    def forward(self, x, training=False):
        """Output of the shape and type of x (..., D); raises what `batch_norm_forward` does."""
        x, gamma, _ = _checked(x, self.gamma, self.beta)
        x_hat, s = self.standardize(x, *self.statistics(x, training))
        self.cache, self.training = Cache(x_hat, s, gamma, x.dtype), training
        return self.scale_and_shift(x_hat).astype(x.dtype, copy=False)

    def input_gradient(self, dy):
        """Gradient of the input: (3.10) after training; a plain division after inference."""
        if self.training:
            return batch_norm_backward(dy, self.cache)[0]
        return dy * (self.cache.gamma / self.cache.s)

    def backward(self, dy):
        """Gradients dx, dgamma, dbeta for the latest forward pass; ValueError if there was none."""
        if not hasattr(self, "cache"):
            raise ValueError("there was no forward pass to go back through: call forward(x) first")
        dy = _checked_gradient(dy, self.cache)
        return _typed(self.cache, self.input_gradient(dy), *parameter_gradients(dy, self.cache))


def normalize(x, axes, epsilon=1e-3):
    """Centre x and divide it by its deviation over `axes`: each normalization is a choice of axes.

    x: floating point.  axes: an axis or a tuple of axes.  epsilon: >= 0.
    Returns x_hat, of the shape and type of x; gamma and beta of (2.4) come after.
    """
    x = _floating("x", x)
    return standardize(x, *moments(x, axes), epsilon)[0].astype(x.dtype, copy=False)


def layer_norm(x, epsilon=1e-3):
    """Every example by its own features, x: (..., D) (Ba et al. 2016)."""
    return normalize(x, -1, epsilon)


def instance_norm(x, epsilon=1e-3):
    """Every channel of every image by its own pixels, x: (N, ..., C) (Ulyanov et al. 2016)."""
    x = _floating("x", x)
    if x.ndim < 3:
        raise ValueError(
            f"instance_norm needs pixels to average over; received shape {x.shape}: "
            "use (N, ..., C) with at least one axis between examples and channels"
        )
    return normalize(x, tuple(range(1, x.ndim - 1)), epsilon)


def group_norm(x, groups, epsilon=1e-3):
    """Every group of neighbouring channels of an example, x: (N, ..., C) (Wu & He 2018).

    groups: a divisor of C.  groups=C is instance normalization; groups=1 is what Wu & He call
    layer normalization, which on images also averages over the pixels.
    """
    x = _floating("x", x)
    if groups < 1 or x.shape[-1] % groups:
        raise ValueError(
            f"groups must divide the number of channels; received groups={groups} "
            f"for {x.shape[-1]} channels: choose a divisor"
        )
    split = x.reshape(*x.shape[:-1], groups, -1)
    axes = (*range(1, x.ndim - 1), -1)
    return normalize(split, axes, epsilon).reshape(x.shape)


def rms_norm(x, epsilon=1e-3):
    """Every example by the root of its mean square, not centred (Zhang & Sennrich 2019)."""
    x = _floating("x", x)
    mean, variance = moments(x, -1)
    return standardize(x, 0, variance + mean**2, epsilon)[0].astype(x.dtype, copy=False)


def batch_axes(x):
    """All axes but the last."""
    return tuple(range(x.ndim - 1))


def _checked(x, gamma, beta):
    x = _floating("x", x)
    if x.ndim < 2:
        raise ValueError(
            "x needs at least one batch axis and a last axis of features; "
            f"received shape {x.shape}: use x[:, np.newaxis] for a single feature"
        )
    wide = np.result_type(x.dtype, np.float64)
    for name, value in {"gamma": gamma, "beta": beta}.items():
        refuse_masked(name, value)
    gamma, beta = np.array(gamma, dtype=wide), np.array(beta, dtype=wide)
    for name, value in {"gamma": gamma, "beta": beta}.items():
        if value.shape != x.shape[-1:]:
            raise ValueError(
                f"{name} must hold one number for each of the {x.shape[-1]} features of x; "
                f"received shape {value.shape}: use shape {x.shape[-1:]}"
            )
    return x, gamma, beta


def _checked_gradient(dy, cache):
    dy = _floating("dy", dy)
    if dy.shape != cache.x_hat.shape:
        raise ValueError(
            f"dy must have the shape of the output, {cache.x_hat.shape}; received {dy.shape}: "
            "pass the gradient of the loss with respect to y, one number for each y"
        )
    return dy


def _floating(name, values):
    refuse_masked(name, values)
    values = np.asarray(values)
    if not np.issubdtype(values.dtype, np.floating):
        raise TypeError(
            f"{name} must be floating point; received {values.dtype}: use {name}.astype(float)"
        )
    return values


def _typed(cache, *gradients):
    return tuple(gradient.astype(cache.dtype, copy=False) for gradient in gradients)
