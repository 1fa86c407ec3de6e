"""Gradients without calculus: central differences, and how far two gradients are apart."""

import numpy as np

from local.arrays import refuse_masked


def numerical_gradient(f, x, dy=None, h=None):
    """Gradient of sum(f(x) * dy) with respect to every entry of x, by central differences.

    f: a function of an array of the shape of x, which it must not change; it returns a number or
    an array.  x: any shape, used in float64.  dy: of the shape of f(x); None stands for ones.
    h: the step, for an entry x_k multiplied by max(1, |x_k|).  The difference is wrong by about
    h² (the curvature that it ignores) plus e / h (the rounding of f, magnified).  The sum is
    smallest near the cube root of e, so this is the default: 6e-6 where f returns float64, 5e-3
    where it returns float32.
    Returns a float64 array of the shape of x, right to about 10 digits in float64 and 4 in
    float32.  Raises ValueError for an h that is not positive and finite or that is lost in the
    rounding of x, for an f that returns anything but numbers, for a dy whose shape is not that of
    f(x), and where a mask hides values.
    """
    refuse_masked("x", x)
    refuse_masked("dy", dy)
    x = np.array(x, dtype=np.float64)
    y = f(x)
    refuse_masked("f(x)", y)
    if y is None or isinstance(y, tuple):
        received = "None" if y is None else f"a tuple of {len(y)}"
        raise ValueError(
            f"f must return a number or an array; received {received}: mend its return"
        )
    y = np.asarray(y)
    dy = np.ones(y.shape) if dy is None else np.asarray(dy, dtype=np.float64)
    if dy.shape != y.shape:
        raise ValueError(
            f"dy must have the shape of f(x), {y.shape}; received {dy.shape}: "
            "pass one number for each number that f returns, or dy=None for ones"
        )
    if h is None:
        h = np.cbrt(np.finfo(y.dtype).eps) if y.dtype.kind == "f" else 6e-6
    if not 0 < h < np.inf:
        raise ValueError(f"the step h must be positive and finite; received {h}: leave it out")
    gradient = np.empty_like(x)
    for k in np.ndindex(x.shape):
        step = h * max(1.0, abs(x[k]))
        above, below = x.copy(), x.copy()
        above[k] += step
        below[k] -= step
        if above[k] == below[k]:
            raise ValueError(f"the step h is lost in rounding {x[k]}; received {h}: leave it out")
        difference = np.asarray(f(above), np.float64) - np.asarray(f(below), np.float64)
        # the step as it was taken: x + step is rounded
        gradient[k] = (difference * dy).sum() / (above[k] - below[k])
    return gradient


def relative_error(a, b):
    """Distance of two arrays over the length of the longer: |a - b| / max(|a|, |b|).

    0 where they are equal (also where both are zero), 1 where one is zero, 2 where one is the other
    with its sign changed; infinite where either holds a number that is not finite.  The norms run
    over the whole array, so that entries near zero do not decide.
    Raises ValueError if the shapes differ, and where a mask hides values.
    """
    refuse_masked("a", a)
    refuse_masked("b", b)
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(
            f"only arrays of one shape can be compared; received {a.shape} and {b.shape}: "
            "reduce or reshape one of them first"
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("inf")
    largest = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    if largest == 0:
        return 0.0
    a, b = a / largest, b / largest  # squares of 1e200 would overflow
    return float(np.linalg.norm(a - b) / max(np.linalg.norm(a), np.linalg.norm(b)))
