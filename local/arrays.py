"""What is refused wherever arrays come in: hidden values, and numbers that are none.

Most functions of NumPy and TensorFlow count what a mask hides like the rest, and one NaN makes a
mean, a weight and in the end a whole net NaN.
"""

import numpy as np


def refuse_masked(name, values):
    """Raise ValueError if `values`, the argument `name`, is a masked array that hides some."""
    if np.ma.is_masked(values):
        raise ValueError(
            f"{name} must hide no values, since they would count like the others; received a "
            f"masked array with {np.ma.count_masked(values)} hidden: leave their rows out, or put "
            "numbers in their place by filled()"
        )


def refuse_not_finite(name, values):
    """Raise ValueError if `values`, the argument `name`, holds NaN or infinity."""
    bad = np.size(values) - np.count_nonzero(np.isfinite(values))
    if bad:
        raise ValueError(
            f"{name} must be finite; received {bad} of {np.size(values)} values that are NaN or "
            "infinite: leave their rows out"
        )
