"""Masked arrays, which most functions of NumPy and TensorFlow count as if nothing were hidden."""

import numpy as np


def refuse_masked(name, values):
    """Raise ValueError if `values`, the argument `name`, is a masked array that hides some."""
    if np.ma.is_masked(values):
        raise ValueError(
            f"{name} must hide no values, since they would count like the others; received a "
            f"masked array with {np.ma.count_masked(values)} hidden: leave their rows out, or put "
            "numbers in their place by filled()"
        )
