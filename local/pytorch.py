"""From PyTorch to Keras and back: weights and statistics of layers, and how they are set up.

    norm = keras.layers.BatchNormalization(**pytorch.keras_arguments(momentum=0.1, eps=1e-5))
    norm.build((None, 16))
    pytorch.load_state_dict(norm, net.state_dict(), prefix="bn1.")   # from PyTorch
    pytorch.state_dict(norm, prefix="bn1.")                          # to PyTorch

A state dict is any mapping of names to arrays or tensors. PyTorch need not be installed. Layers are
Keras's and the course's own:

    batch, layer, group, instance and RMS normalization
                 gamma (RMS in Keras: scale), beta     weight, bias
                 moving_mean, moving_variance          running_mean, running_var
    dense        kernel (in, out)                      weight (out, in)
    convolution  kernel (height, width, in, out)       weight (out, in, height, width)
    transposed   kernel (height, width, out, in)       weight (in, out, height, width)
    depthwise    kernel (height, width, in, times)     weight (in times, 1, height, width)

with one or three axes in place of height and width as well. A state dict holds neither momentum nor
eps: these are arguments. Every number in it is converted as it is, and in inference both sides then
answer alike. What the running variance *means* differs between the two: `biased_variance` and
`unbiased_variance` are for whoever compares or continues a training.

Sources: Paszke et al. (2019), Chollet et al. (2015) and the documentation of both.
"""

from pathlib import Path

import numpy as np
from keras import layers as theirs

from local import layers as ours

REFERENCE = Path(__file__).with_name("pytorch_reference.npz")

NAMES = {
    "gamma": "weight",
    "scale": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
    "kernel": "weight",
    "bias": "bias",
}
NEUTRAL = {"weight": 1.0, "bias": 0.0}
"""A scale and a shift that change nothing."""

MISSING = {
    "gamma": "if it was made with affine=False, build this layer with center=False, scale=False",
    "beta": "if it was made without bias, build this layer with center=False",
    "bias": "if it was made without bias, build this layer with use_bias=False",
    "moving_mean": "with track_running_stats=False it keeps none, and normalizes by the batch in "
    "eval mode, too, which no layer of Keras does",
}

BATCH = (theirs.BatchNormalization, ours.BatchNormalization)
RMS = (theirs.RMSNormalization, ours.RMSNormalization)
LAYER = (theirs.LayerNormalization, ours.LayerNormalization)
GROUP = (theirs.GroupNormalization, ours.GroupNormalization, ours.InstanceNormalization)
NORMALIZATIONS = (*BATCH, *RMS, *LAYER, *GROUP)
DEPTHWISE = (theirs.DepthwiseConv1D, theirs.DepthwiseConv2D)
CONVOLUTIONS = (theirs.Conv1D, theirs.Conv2D, theirs.Conv3D)
TRANSPOSED = (theirs.Conv1DTranspose, theirs.Conv2DTranspose, theirs.Conv3DTranspose)
LINEAR = (theirs.Dense, *CONVOLUTIONS, *TRANSPOSED, *DEPTHWISE)


def reference():
    """What PyTorch itself computed: {name: array}, stored by tests/pytorch_reference.py."""
    with np.load(REFERENCE) as stored:
        return dict(stored)


def keras_arguments(eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
    """Arguments of Keras's BatchNormalization for PyTorch's BatchNorm1d, 2d or 3d made with these.

    The defaults are PyTorch's. momentum: 0 to 1, the weight of the *new* value.
    Raises ValueError for what Keras cannot do: momentum=None and track_running_stats=False.
    """
    if not track_running_stats:
        raise ValueError(
            "track_running_stats must be True; received False, which normalizes by the batch in "
            "eval mode, too: in Keras, call the layer with training=True everywhere"
        )
    if momentum is None:
        raise ValueError(
            "momentum must be a number; received None, with which PyTorch weighs all batches so "
            "far alike, and Keras cannot: choose a momentum for the batches to come (the averages "
            "so far are converted by load_state_dict, whatever momentum they had)"
        )
    _check_share("momentum", momentum)
    return {"momentum": _complement(momentum), "epsilon": eps, "center": affine, "scale": affine}


def pytorch_arguments(layer):
    """Arguments of PyTorch's BatchNorm1d, 2d or 3d for a batch normalization that is built.

    A layer with only one of gamma and beta gets both (affine=True): `state_dict` adds the other,
    as a 1 or a 0, and PyTorch would train it. Raises TypeError for another layer.
    """
    if not isinstance(layer, BATCH):
        raise TypeError(f"layer must be a batch normalization; received {type(layer).__name__}")
    return {
        "num_features": _variables(layer)["moving_mean"].shape[0],
        "eps": layer.epsilon,
        "momentum": _complement(layer.momentum),
        "affine": layer.center or layer.scale,
    }


def state_dict(layer, prefix="", flattened=None):
    """The entries that PyTorch's counterpart of a built Keras layer has: {name: NumPy array}.

    prefix: of the names, with its dot, as in "bn1.".  flattened: (height, width, channels), or
    (..., channels), if the inputs of the layer come from a Flatten over axes of these lengths; then
    they are put into the order that PyTorch's Flatten gives them, channels first.
    In PyTorch: net.load_state_dict({name: torch.tensor(value) for name, value in ...}).
    num_batches_tracked is 0, as Keras does not count. Raises TypeError for a layer that has no
    counterpart here, and ValueError for one that is not built or not of the shape `flattened`.
    """
    order = np.argsort(_order(flattened))
    found = {}
    for name, variable in _variables(layer).items():
        value = _reordered(layer, name, variable.numpy(), order)
        found[NAMES[name]] = _to_pytorch(layer, value) if name == "kernel" else value
    if isinstance(layer, NORMALIZATIONS) and not isinstance(layer, RMS):
        scale_or_shift = [found[name] for name in NEUTRAL if name in found]
        if len(scale_or_shift) == 1:  # PyTorch has both or none
            for name, neutral in NEUTRAL.items():
                found.setdefault(name, np.full_like(scale_or_shift[0], neutral))
    if isinstance(layer, BATCH):
        found["num_batches_tracked"] = np.array(0)
    return {f"{prefix}{name}": np.ascontiguousarray(value) for name, value in found.items()}


def load_state_dict(layer, state, prefix="", flattened=None):
    """Give a built Keras layer the weights and statistics of its counterpart in PyTorch.

    state: what `module.state_dict()` returns, or any mapping of names to arrays.  prefix,
    flattened: as in `state_dict`.
    All entries are checked before the first is taken over. Raises ValueError, with its name, for
    an entry that is missing, has another shape, is not finite, is a negative variance, or has no
    place in the layer (a shift of zeros or a scale of ones needs none); and what `state_dict`
    raises.
    """
    order, variables = _order(flattened), _variables(layer)
    used = {NAMES[name] for name in variables}
    for name in {*NAMES.values()} - used:
        if f"{prefix}{name}" in state:
            value = _array(state[f"{prefix}{name}"])
            if name not in NEUTRAL or not np.all(value == NEUTRAL[name]):
                raise ValueError(
                    f"{prefix}{name} has no place in {layer.name}, a {type(layer).__name__} with "
                    f"{[*variables]}: build that with what is missing"
                )
    values = [_entry(layer, name, state, prefix, order) for name in variables]
    for variable, value in zip(variables.values(), values, strict=True):
        variable.assign(value)


def biased_variance(running_var, rows, start=0.0):
    """The moving variance that Keras would have after the batches that gave PyTorch `running_var`.

    PyTorch multiplies the variance of each batch by N / (N - 1) before it enters the average.
    rows: N, the values that each mean is taken over: examples, for images times height and width;
    2 or more, the same in each batch.  start: the share of the initial 1 that is left, which has
    no such factor: (1 - momentum) ** num_batches_tracked, with PyTorch's momentum.
    """
    _check_batches(rows, start)
    return start + (np.asarray(running_var) - start) * (rows - 1) / rows


def unbiased_variance(moving_variance, rows, start=0.0):
    """The running variance of PyTorch for a moving variance of Keras: undoes `biased_variance`."""
    _check_batches(rows, start)
    return start + (np.asarray(moving_variance) - start) * rows / (rows - 1)


def _complement(momentum):
    return round(1 - momentum, 15)  # of 0.9: 0.1 and not 0.09999999999999998


def _check_batches(rows, start):
    if not rows >= 2:
        raise ValueError(
            f"rows must be 2 or more; received {rows}: N / (N - 1) of a single value is no number"
        )
    _check_share("start", start)


def _check_share(name, value):
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must lie from 0 to 1; received {value}")


def _variables(layer):
    """The weights of a layer by their names, if all of them have a counterpart in PyTorch."""
    if not isinstance(layer, (*NORMALIZATIONS, *LINEAR)):
        raise TypeError(
            "layer must be dense, a convolution or a normalization, of Keras or of this course; "
            f"received {type(layer).__name__}: convert its weights by hand"
        )
    if not layer.built:
        raise ValueError(f"layer must have its weights; received {layer.name}, not built: call it")
    variables = {variable.name: variable for variable in layer.weights}
    several = isinstance(layer, NORMALIZATIONS) and any(len(v.shape) > 1 for v in layer.weights)
    if several or not variables.keys() <= NAMES.keys():
        shapes = {name: tuple(variable.shape) for name, variable in variables.items()}
        raise TypeError(
            "layer must have no weights but those of its plain form, along one axis; received "
            f"{layer.name} with {shapes}: convert it by hand"
        )
    return variables


def _entry(layer, name, state, prefix, order):
    """The value for the layer's variable `name`, checked."""
    key, shape = f"{prefix}{NAMES[name]}", tuple(_variables(layer)[name].shape)
    if key not in state:
        hint = MISSING.get(name, "is the prefix right, with its dot?")
        raise ValueError(f"state must hold {key!r}; received {sorted(state)}: {hint}")
    value = _array(state[key])
    expected = _to_pytorch(layer, np.empty(shape)).shape if name == "kernel" else shape
    if value.shape != expected:
        raise ValueError(
            f"{key} must have shape {expected} for {layer.name}, of which {name} has {shape}; "
            f"received {value.shape}"
        )
    if not np.all(np.isfinite(value)):
        raise ValueError(f"{key} must be finite; received values that are not")
    if name == "moving_variance" and np.any(value < 0):
        raise ValueError(f"{key} must be 0 or more; received {value.min()}")
    value = _to_keras(layer, value, shape) if name == "kernel" else value
    return _reordered(layer, name, value, order)


def _array(value):
    """An array of NumPy; of a tensor, whatever its type, device or gradient, in 64 bits."""
    return value.detach().cpu().double().numpy() if hasattr(value, "detach") else np.asarray(value)


def _to_pytorch(layer, kernel):
    """(..., a, b) -> (b, a, ...), the two ways that a kernel's axes may stand."""
    if isinstance(layer, DEPTHWISE):  # (..., in, times) -> (in times, 1, ...)
        moved = np.moveaxis(kernel, (-2, -1), (0, 1))
        return moved.reshape(-1, 1, *moved.shape[2:])
    return np.moveaxis(kernel, (-1, -2), (0, 1))


def _to_keras(layer, weight, shape):
    """Undo `_to_pytorch`; shape: that of the kernel."""
    if isinstance(layer, DEPTHWISE):
        return np.moveaxis(weight.reshape(*shape[-2:], *weight.shape[2:]), (0, 1), (-2, -1))
    return np.moveaxis(weight, (0, 1), (-1, -2))


def _order(flattened):
    """For each input in Keras's order, its place in PyTorch's: an index array, or an empty one."""
    if flattened is None:
        return np.arange(0)
    *places, channels = flattened
    return np.moveaxis(np.arange(np.prod(flattened)).reshape(channels, *places), 0, -1).ravel()


def _reordered(layer, name, value, order):
    """The weight with its inputs in another order, if there is one and it has such an axis."""
    if not order.size or name == "bias":
        return value
    if not isinstance(layer, (theirs.Dense, *NORMALIZATIONS)) or len(value) != order.size:
        raise ValueError(
            f"flattened must multiply to the number of inputs of a dense layer or a normalization; "
            f"received {order.size} for {layer.name}, of which {name} has shape {value.shape}"
        )
    return value[order]
