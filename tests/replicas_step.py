"""A program: one training step of a synchronized layer on two replicas, as JSON.

    python -m tests.replicas_step < cases.json  # [{"x": ..., "dy": ..., "cut": 3, "options": {}}]

A process can split its processor into devices once, before it computes anything.
"""

import json
import sys

import numpy as np
import tensorflow as tf

from local import layers


def main():
    processor = tf.config.list_physical_devices("CPU")[0]
    half = tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(processor, [half, half])
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    cases = json.load(sys.stdin)
    print(json.dumps([result(strategy, **case) for case in cases]))


def result(strategy, x, dy, cut, options, mask=None):
    """Output, gradients (those of gamma and beta summed over the replicas), averages."""
    with strategy.scope():
        layer = layers.BatchNormalization(synchronized=True, **options)
        layer.build((None, len(x[0])))

    def shared(rows):
        shares = np.split(np.array(rows, np.float32), [cut])
        return strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(shares[context.replica_id_in_sync_group])
        )

    def step(x, dy, mask=None):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True, mask=mask)
        return y, *tape.gradient(y, [x, layer.gamma.value, layer.beta.value], dy)

    masks = () if mask is None else (shared(mask),)
    run = tf.function(lambda *arguments: strategy.run(step, arguments))
    results = run(shared(x), shared(dy), *masks)
    y, dx, dgamma, dbeta = [
        [value.numpy() for value in strategy.experimental_local_results(each)] for each in results
    ]
    averages = [weight.numpy() for weight in layer.weights[2:]]
    arrays = [np.concatenate(y), np.concatenate(dx), sum(dgamma), sum(dbeta), *averages]
    return [array.tolist() for array in arrays]


if __name__ == "__main__":
    main()
