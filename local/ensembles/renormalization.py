"""Batch renormalization: in training, too, what a layer hands on is what inference would."""

import tensorflow as tf

R_MAX, D_MAX = 3.0, 5.0
"""How far the correction may go: Ioffe (2017), section 4. He lets it grow to there from none."""


def renormalize(z_hat, of_batch, moving, epsilon, r_max=R_MAX, d_max=D_MAX):
    """z_hat r + d, which is z normalized with the moving averages as long as nothing is clipped.

    z_hat: values normalized with `of_batch`, the mean and variance of the batch; moving: the
    averages of both, which broadcast to z_hat as well. With s the deviations (epsilon included),

        r = s_batch / s_moving, in 1/r_max..r_max
        d = (mean_batch - mean_moving) / s_moving, in -d_max..d_max

    No gradient flows through r and d: they are constants of the step. Source: Ioffe (2017),
    algorithm 1.
    """
    (mean, variance), (moving_mean, moving_variance) = of_batch, moving
    away = tf.math.rsqrt(moving_variance + epsilon)
    r = tf.clip_by_value(tf.sqrt(variance + epsilon) * away, 1 / r_max, r_max)
    d = tf.clip_by_value((mean - moving_mean) * away, -d_max, d_max)
    return z_hat * tf.stop_gradient(r) + tf.stop_gradient(d)
