"""Kernels of many nets: how they begin, and the hook between them and the forward pass."""

import numpy as np
import tensorflow as tf

GAINS = {"linear": 1.0, "tanh": 1.0, "sigmoid": 1.0}
RECTIFIERS_GAIN = 2**0.5
"""Gains of the initial kernels: sqrt(2) keeps the size of signals behind a rectifier (He et al.
2015), 1 where the activation is near a straight line (Glorot & Bengio 2010)."""


def initial_kernels(shapes, activation, seed):
    """One array of each shape (inputs, units), float32, normal with deviation gain / sqrt(inputs).

    activation: the name of what follows each layer, which decides the gain.
    """
    gain = GAINS.get(activation, RECTIFIERS_GAIN)
    random = np.random.default_rng([seed, 1])  # not the stream that shuffles
    return [
        random.standard_normal(shape, np.float32) * np.float32(gain / shape[0] ** 0.5)
        for shape in shapes
    ]


def forward_kernel(kernel, hook):
    """The kernel that the forward pass uses: `hook` of the trained one, or that itself if None.

    kernel: (..., inputs, units).  hook: keeps the shape; gradients flow through it. Raises
    ValueError for a hook that returns another shape.
    """
    if hook is None:
        return kernel
    used = hook(tf.convert_to_tensor(kernel))
    if not kernel.shape.is_compatible_with(used.shape):
        raise ValueError(
            f"kernel must be a function that keeps the shape of what it gets, "
            f"{tuple(kernel.shape)}; received {tuple(used.shape)} from it: keep all axes."
        )
    return used


def check_hook(hook):
    """Raise ValueError unless `hook` is a function or None."""
    if hook is not None and not callable(hook):
        raise ValueError(f"kernel must be None or a function of the kernels; received {hook!r}.")
