"""Mean and variance of every kind of normalization, from one table of what each averages over.

Chapter 8: all of them can be had from a table with a row for each example and a column for each
channel, which holds the mean m over the pixels and the variance v around it. With A, the way in
which a kind averages such a table,

    mean = A(m)    (8.1)        variance = A(v + (m - mean)²)    (8.2)

In a dense net there is one pixel: m is z itself, and v is 0.
"""

import tensorflow as tf

AXES = {
    "batch": [-2],
    "layer": [-1],
    "rms": [-1],  # around 0 instead of the mean
    "group": [-1],  # in each group of neighbouring channels
    "instance": [],
}
"""The axes of the table (..., N, C) over which each kind averages."""


def mean_and_variance(kind, m, v=None, groups=1, whole=False):
    """The mean (8.1) and the variance (8.2) that `kind`, a name in `AXES`, normalizes with.

    m: (..., N, C), the means over the pixels.  v: the variances around them, or None for one pixel.
    groups: into how many "group" splits the C channels.  The results broadcast to m; with `whole`
    they have its shape, so that those of several kinds can be stacked.
    """
    shape = tf.shape(m)
    if kind == "group":  # the rows of each group for themselves
        split = tf.concat([shape[:-1], [groups, m.shape[-1] // groups]], axis=0)
        m = tf.reshape(m, split)
        v = None if v is None else tf.reshape(v, split)

    def average(table):
        means = tf.reduce_mean(table, AXES[kind], keepdims=True)
        return tf.broadcast_to(means, tf.shape(table)) if whole else means

    mean = average(m) if kind != "rms" else tf.zeros(shape if whole else [], m.dtype)
    squares = tf.square(m - mean)
    variance = average(squares if v is None else v + squares)
    if kind == "group":
        return [tf.reshape(tf.broadcast_to(each, tf.shape(m)), shape) for each in (mean, variance)]
    return mean, variance
