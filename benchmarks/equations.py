"""The backward pass in closed form (3.10) against the same gradients node by node."""

import numpy as np

from benchmarks.table import Row
from benchmarks.timing import interleaved
from local.equations import batch_norm_backward, batch_norm_backward_staged, batch_norm_forward
from local.gradients import relative_error

SHAPES = {"a table of 4,096 x 256": (4096, 256), "64 images of 16 x 16 x 64": (64, 16, 16, 64)}


def measure():
    """For a table and for images: the ratio of times, and the largest difference in dx."""
    rows = []
    for name, shape in SHAPES.items():
        x, dy = np.random.default_rng(0).normal(size=(2, *shape))
        _, cache = batch_norm_forward(x, np.ones(shape[-1]), np.zeros(shape[-1]))
        ratio = interleaved(
            lambda dy=dy, cache=cache: batch_norm_backward(dy, cache),
            lambda dy=dy, cache=cache: batch_norm_backward_staged(dy, cache),
        )
        staged = batch_norm_backward_staged(dy, cache)["dx"]
        error = relative_error(batch_norm_backward(dy, cache)[0], staged)
        rows.append(Row(f"(3.10) against (3.1) to (3.9), {name}", ratio, ">=", 1.2))
        rows.append(Row("  their relative difference", error, "<=", 1e-10))
    return rows
