"""Wrong copies of the layer, for a bug hunt: each differs from `equations.BatchNorm` in one idea.

Every class has the interface of the right layer, its first line says what is wrong, and `idea` is
what lies behind it, from the table in `ideas.py`.  They pass most checks, as real bugs do.
`tests/test_equations.py` shows which check finds which; in the bug hunt, hide this file and write
the check yourself.
"""

import numpy as np

from local.equations import BatchNorm, batch_axes, moments
from local.exercises.ideas import IDEAS


class Broken(BatchNorm):
    """Base of the wrong copies."""

    def __init_subclass__(cls):
        cls.idea = IDEAS[cls.__name__]


# --- Statistics (2.1), (2.2) ---------------------------------------------------------------------


class NeuronsNotBatch(Broken):
    """Mean and variance run over the features of each example."""

    def moments(self, x):
        return moments(x, -1)


class PixelStatistics(Broken):
    """Mean and variance run over the examples only, so each pixel of an image has its own."""

    def moments(self, x):
        mean, variance = moments(x, 0)
        return mean[0], variance[0]


class SampleVariance(Broken):
    """The variance is divided by N - 1."""

    def moments(self, x):
        mean, variance = super().moments(x)
        n = x.size // x.shape[-1]
        return mean, variance * n / np.maximum(n - 1, 1)


class OnePassVariance(Broken):
    """The variance is mean(x²) - mean(x)² in the type of x, which cancels far from zero."""

    def moments(self, x):
        axes = batch_axes(x)
        mean = x.mean(axes)
        return mean, np.maximum(np.square(x).mean(axes) - np.square(mean), 0)


class HalfPrecision(Broken):
    """The sums of the statistics are kept in float16."""

    def moments(self, x):
        axes = batch_axes(x)
        mean = x.mean(axes, dtype=np.float16).astype(np.float64)
        return mean, np.square(x - mean).mean(axes, dtype=np.float16).astype(np.float64)


# --- Normalized value (2.3) ----------------------------------------------------------------------


class NotCentred(Broken):
    """The mean is not subtracted, so a bias before the layer passes through."""

    def standardize(self, x, mean, variance):
        return super().standardize(x, 0, variance)


class VarianceNotDeviation(Broken):
    """The centred value is divided by the variance instead of its root."""

    def standardize(self, x, mean, variance):
        s = variance + self.epsilon
        return (x - mean) / s, s


class EpsilonOutsideRoot(Broken):
    """epsilon is added to the deviation instead of the variance."""

    def standardize(self, x, mean, variance):
        s = np.sqrt(variance) + self.epsilon
        return (x - mean) / s, s


class EpsilonForgotten(Broken):
    """epsilon is left out, so a constant feature becomes 0 / 0."""

    def standardize(self, x, mean, variance):
        with np.errstate(invalid="ignore", divide="ignore"):
            s = np.sqrt(variance)
            return (x - mean) / s, s


class BatchOfOneUntouched(Broken):
    """A batch of one value a feature is passed on as it came."""

    def standardize(self, x, mean, variance):
        if x.size == x.shape[-1]:
            return np.asarray(x, np.float64), np.ones_like(self.gamma)
        return super().standardize(x, mean, variance)


# --- Output (2.4) --------------------------------------------------------------------------------


class Swapped(Broken):
    """gamma and beta are swapped."""

    def scale_and_shift(self, x_hat):
        return self.beta * x_hat + self.gamma


class ParametersIgnored(Broken):
    """The output is the normalized value itself."""

    def scale_and_shift(self, x_hat):
        return x_hat


# --- Backward (3.1) to (3.10) --------------------------------------------------------------------


class DetachedStatistics(Broken):
    """Mean and variance are held constant in the input gradient."""

    def input_gradient(self, dy):
        return dy * (self.gamma / self.cache.s)


class DetachedMean(Broken):
    """The mean alone is held constant in the input gradient."""

    def input_gradient(self, dy):
        x_hat, s, gamma, _ = self.cache
        if not self.training:
            return super().input_gradient(dy)
        return gamma / s * (dy - x_hat * (dy * x_hat).mean(batch_axes(dy)))


class DetachedVariance(Broken):
    """The variance alone is held constant in the input gradient."""

    def input_gradient(self, dy):
        if not self.training:
            return super().input_gradient(dy)
        return self.gamma / self.cache.s * (dy - dy.mean(batch_axes(dy)))


class BatchGradientInInference(Broken):
    """The input gradient of training is also used after a forward pass in inference."""

    def input_gradient(self, dy):
        self.training = True
        return super().input_gradient(dy)


class GammaForgotten(Broken):
    """gamma is missing from the input gradient."""

    def input_gradient(self, dy):
        self.cache = self.cache._replace(gamma=np.ones_like(self.gamma))
        return super().input_gradient(dy)


class ParametersAveraged(Broken):
    """The gradients of gamma and beta are means over the batch instead of sums."""

    def backward(self, dy):
        dx, dgamma, dbeta = super().backward(dy)
        n = dy.size // dbeta.size
        return dx, dgamma / n, dbeta / n


# --- Moving averages (5.1), (5.2), training and inference ----------------------------------------


class ReversedMomentum(Broken):
    """momentum weighs the new value instead of the old average."""

    def update(self, mean, variance):
        m = 1 - self.momentum
        self.moving_mean = m * self.moving_mean + (1 - m) * mean
        self.moving_variance = m * self.moving_variance + (1 - m) * variance


class UnbiasedMovingVariance(Broken):
    """The moving variance collects N / (N - 1) times the variance that normalized the batch."""

    def statistics(self, x, training):
        self.n = x.size // x.shape[-1]
        return super().statistics(x, training)

    def update(self, mean, variance):
        super().update(mean, variance * self.n / np.maximum(self.n - 1, 1))


class NeverUpdated(Broken):
    """The moving averages stay at 0 and 1."""

    def update(self, mean, variance):
        pass


class BatchStatisticsInInference(Broken):
    """Inference normalizes with the statistics of the batch at hand."""

    def statistics(self, x, training):
        return super().statistics(x, training) if training else self.moments(x)


class UpdatesInInference(Broken):
    """A forward pass in inference moves the averages too."""

    def statistics(self, x, training):
        if not training:
            self.update(*self.moments(x))
        return super().statistics(x, training)


BROKEN = {layer.__name__: layer for layer in Broken.__subclasses__()}
"""Every wrong copy by its name."""
