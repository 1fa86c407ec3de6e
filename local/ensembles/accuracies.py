"""The scores of all nets of a sweep, in inference mode."""

import numpy as np
import tensorflow as tf

CHUNK = 1024
"""Examples that all models look at together."""


def accuracies(nets, x, y, test, precise):
    """Shares of examples that each net classifies rightly: (S, K) float32 by names of `Results`.

    nets: an `MLPEnsemble`.  x, y: the training set, as tensors.  test: (x, y) or None.  precise:
    whether to score with the statistics of the whole training set as well.

    The passes run in graphs, which free what a layer made as soon as the next has used it.
    """

    def count_hits(logits, y):
        return tf.math.count_nonzero(tf.argmax(logits, axis=-1, output_type=tf.int32) == y, axis=-1)

    @tf.function(autograph=False)
    def hits_with(x, y, statistics):
        return count_hits(nets.forward(x[None], statistics)[0], y)

    @tf.function(autograph=False)
    def hits_as_one_batch():
        logits, values = nets.forward(x[None])
        return count_hits(logits, y), [tuple(layer.statistics) for layer in values[:-1]]

    moving = [tuple(map(tf.identity, averages)) for averages in nets.moving]
    hits = hits_with.get_concrete_function(
        tf.TensorSpec((None, x.shape[1])),
        tf.TensorSpec((None,), y.dtype),
        tf.nest.map_structure(tf.TensorSpec.from_tensor, moving),
    )

    def share(hits, x):
        return (hits.numpy() / len(x)).astype(np.float32)

    def accuracy(x, y, statistics):
        chunks = [slice(start, start + CHUNK) for start in range(0, len(x), CHUNK)]
        return share(sum(hits(tf.constant(x[c]), tf.constant(y[c]), statistics) for c in chunks), x)

    found = {"train_accuracy": accuracy(x, y, moving)}
    if test:
        found["test_accuracy"] = accuracy(*test, moving)
    if precise and not moving:  # without statistics of a batch there is nothing to make precise
        found |= {f"precise_{name}": same for name, same in found.items()}
    elif precise:
        hits_of_training_set, statistics = hits_as_one_batch.get_concrete_function()()
        found["precise_train_accuracy"] = share(hits_of_training_set, x)
        if test:
            found["precise_test_accuracy"] = accuracy(*test, statistics)
    return found
