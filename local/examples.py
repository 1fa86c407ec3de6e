"""Examples, their labels, and the batches that they are drawn in: the same for every training."""

import numpy as np

from local.arrays import refuse_masked


def batches(n, batch_size, seed, steps):
    """Yield the batches of each epoch: indices (steps of the epoch, batch_size) int32, below n.

    Each epoch is a new permutation of the n examples in whole batches; the few examples left over
    sit it out. The last epoch stops early where that makes `steps` batches in all. batch_size: in
    1..n, as `check_batch_size` makes sure.
    """
    shuffle = np.random.default_rng(seed)
    whole = n // batch_size
    for done in range(0, steps, whole):
        order = shuffle.permutation(n)[: whole * batch_size].reshape(whole, batch_size)
        yield order[: steps - done].astype(np.int32)


def check_labels(x, y, classes=None, part=""):
    """Raise ValueError unless y is (n,) integers >= 0, a label for each of the n examples of x.

    Neither may hide values behind a mask.
    classes: if given, labels must be less than that. They need not name every class: one that no
    example has keeps its logit.  part: which part of the data this is, such as "test", for the
    error's text.
    """
    of = f" of the {part} set" if part else ""
    refuse_masked(f"x{of}", x)
    refuse_masked(f"y{of}", y)
    if len(x) != len(y):
        raise ValueError(f"x and y{of} must have equal lengths, received {len(x)} and {len(y)}.")
    if not len(y):
        raise ValueError(f"x and y{of} must hold one example or more, received 0.")
    if np.ndim(y) != 1:  # (n, 1), as Keras's own data sets have, would broadcast to (n, n)
        one_hot = np.ndim(y) == 2 and np.shape(y)[1] > 1
        mend = "np.argmax(y, axis=1)" if one_hot else "np.ravel(y)"
        raise ValueError(f"y{of} must be (n,), a label each, received {np.shape(y)}: use {mend}.")
    y = np.asarray(y)
    if y.dtype.kind not in "biu":  # 1.5 would train as 1
        mend = "y.astype(int)" if y.dtype.kind == "f" else "np.unique(y, return_inverse=True)[1]"
        raise ValueError(f"y{of} must be integers, received {y.dtype}: use {mend}.")
    if y.min() < 0:
        raise ValueError(f"y{of} must be 0 or more, received {y.min()}: number the classes from 0.")
    if classes is not None and y.max() >= classes:
        raise ValueError(
            f"y{of} must be less than the number of classes, {classes}, received {y.max()}."
        )
    if y.max() > np.iinfo(np.int32).max:  # would wrap around to another label
        raise ValueError(
            f"y{of} must fit into 32 bits, received {y.max()}: number the classes from 0."
        )


def check_batch_size(batch_size, n):
    """Raise ValueError unless n examples fill at least one batch."""
    if not 1 <= batch_size <= n:
        raise ValueError(
            f"batch_size must lie in 1..{n}, the number of examples, received {batch_size}."
        )
