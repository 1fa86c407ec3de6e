"""The equations of chapters 2 and 3 in TensorFlow: the forward pass, and the closed-form gradient.

`normalize_batch` is the layer in training. `normalize_weighted_batch` is the same where rows have
weights, of which a mask is the simplest, or where the batch is spread over several replicas.
"""

import tensorflow as tf


def moments(x, axes):
    """Mean (2.1) and biased variance (2.2) of x over the axes, which are kept with length 1.

    x: any shape, float: means of integers would be rounded, so they raise TypeError.
    """
    if not tf.as_dtype(x.dtype).is_floating:
        raise TypeError(f"x must be floating point; received {x.dtype}: use x.astype(float)")
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


def normalize_weighted_batch(x, gamma, beta, axes, epsilon, weights, synchronized=False):
    """`normalize_batch` with the weighted statistics (3.14) and their closed form (3.15).

    weights: broadcasts to x, float, >= 0: how often each entry counts in mean and variance. 0 hides
    an entry, whatever it holds, infinity and NaN included; its own output is still (2.4). Where
    nothing counts, mean and variance are 0.
    synchronized: take the sums over the batches of all replicas of a `tf.distribute` strategy,
    which is exact for shares of any size; elsewhere it changes nothing.
    The rest is as in `normalize_batch`; gradients of gamma and beta are of this replica's share.
    """
    weights = tf.broadcast_to(weights, tf.shape(x))

    def sums(*tables):
        totals = [tf.reduce_sum(table, axes, keepdims=True) for table in tables]
        return over_replicas(totals) if synchronized else totals

    @tf.custom_gradient
    def forward(x, gamma, beta):
        total, n = sums(tf.math.multiply_no_nan(x, weights), weights)
        mean = tf.math.divide_no_nan(total, n)  # (3.14)
        (total,) = sums(tf.math.multiply_no_nan(tf.square(x - mean), weights))
        variance = tf.math.divide_no_nan(total, n)
        x_hat, inverse_s = standardize(x, mean, variance, epsilon)

        def backward(dy, *_):
            dbeta = tf.reduce_sum(dy, axes, keepdims=True)  # (3.1)
            products = tf.math.multiply_no_nan(x_hat, dy)
            dgamma = tf.reduce_sum(products, axes, keepdims=True)  # (3.2)
            height, slope = over_replicas([dbeta, dgamma]) if synchronized else (dbeta, dgamma)
            share = tf.math.divide_no_nan(weights, n)  # of each entry in the mean
            refused = share * height + tf.math.multiply_no_nan(x_hat, share) * slope
            return gamma * inverse_s * (dy - refused), dgamma, dbeta  # (3.15)

        return (gamma * x_hat + beta, mean, variance), backward

    y, mean, variance = forward(x, gamma, beta)
    return y, tf.stop_gradient(mean), tf.stop_gradient(variance)


def over_replicas(sums):
    """The sums of all replicas of a strategy together; outside a strategy there is one replica."""
    replica = tf.distribute.get_replica_context()
    if replica is None or replica.num_replicas_in_sync == 1:
        return sums
    return replica.all_reduce(tf.distribute.ReduceOp.SUM, sums)
