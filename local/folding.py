"""Batch normalization folded into the linear layer before it, by equations (9.1) to (9.3).

In inference mode the layer is one line a feature, y = a z + c, and what stands before it is linear,
z = x W + b. So a kernel W' = W a and a bias b' = b a + c give the same answers without it (Jacob et
al. 2018, section 3.2). `fold` does this for a pair of layers, `fold_model` for a whole model.
"""

from collections import Counter
from itertools import pairwise

import keras
import numpy as np
from keras import layers

from local.layers import BatchNormalization, BatchRenormalization

NORMS = (layers.BatchNormalization, BatchNormalization, BatchRenormalization)

KERNELS = {
    layers.Dense: ("kernel", (-1,)),
    layers.EinsumDense: ("kernel", None),  # its equation says which
    layers.Conv1D: ("kernel", (-1,)),
    layers.Conv2D: ("kernel", (-1,)),
    layers.Conv3D: ("kernel", (-1,)),
    layers.Conv1DTranspose: ("kernel", (-2,)),
    layers.Conv2DTranspose: ("kernel", (-2,)),
    layers.Conv3DTranspose: ("kernel", (-2,)),
    layers.DepthwiseConv1D: ("kernel", (-2, -1)),  # channels, and the outputs of each of them
    layers.DepthwiseConv2D: ("kernel", (-2, -1)),
    layers.SeparableConv1D: ("pointwise_kernel", (-1,)),
    layers.SeparableConv2D: ("pointwise_kernel", (-1,)),
}
"""What can be folded: the weight that makes the output features, and its axes that hold them."""


def fold(linear, norm):
    """A new layer that computes norm(linear(x)) in inference mode. The two stay as they are.

    linear: a built layer of a class in `KERNELS`, with any of its settings but an activation.
    norm: a built batch normalization, Keras's or the course's, over the output features of linear.
    Returns a layer of linear's class, name and settings, built, with a bias.

    Raises ValueError for layers of other classes (a subclass may compute something else), for an
    activation, which would stand between the two, for a quantized kernel or one with LoRA, for
    another axis than that of the features, for layers that are not built, and where variance +
    epsilon is not positive. A normalization *before* a linear layer is refused: where zeros are
    padded between the two, no kernel does the work of both (figure 9.2).
    """
    _check_classes(linear, norm)
    _check_linear(linear)
    name, axes = KERNELS[type(linear)]
    weights = {weight.name: _numbers(weight) for weight in linear.weights}
    a, c = line(norm)
    if axes:
        _check_axis(linear, norm)
        settings, along = {"use_bias": True}, a.shape
    else:
        settings, axes, along = _by_equation(linear, norm)
    axes = [axis % weights[name].ndim for axis in axes]
    held = [size if axis in axes else 1 for axis, size in enumerate(weights[name].shape)]
    if np.prod(held) != a.size:
        raise ValueError(
            f"{norm.name} must normalize the {np.prod(held)} features of {linear.name}; received "
            f"{a.size}: fold it into the layer that it follows"
        )
    weights[name] = weights[name] * a.reshape(held)  # W' of (9.2) and (9.3)
    weights["bias"] = weights.get("bias", 0) * a.reshape(along) + c.reshape(along)  # b'

    folded = type(linear).from_config(linear.get_config() | settings)
    folded.build_from_config(linear.get_build_config())
    for weight in folded.weights:
        weight.assign(weights[weight.name].reshape(weight.shape))
    return folded


def line(norm):
    """Slope a and offset c of a batch normalization in inference mode (9.1), (features,) float64.

    Raises ValueError where variance + epsilon is not positive.
    """
    variance = _numbers(norm.moving_variance) + norm.epsilon
    if not (variance > 0).all():
        raise ValueError(
            f"moving_variance + epsilon of {norm.name} must be positive; received "
            f"{variance.min()}: its root would be 0 or no number; train it or raise epsilon"
        )
    gamma = _numbers(norm.gamma) if norm.scale else np.ones_like(variance)
    beta = _numbers(norm.beta) if norm.center else np.zeros_like(variance)
    a = gamma / np.sqrt(variance)
    return a, beta - a * _numbers(norm.moving_mean)


def _numbers(weight):
    return weight.numpy().astype(float)


def _check_classes(linear, norm):
    if type(linear) in NORMS and type(norm) in KERNELS:
        raise ValueError(
            f"a normalization before a linear layer cannot be folded, since zeros may be padded "
            f"between the two; received {linear.name}, then {norm.name}: keep both"
        )
    if type(linear) not in KERNELS:
        known = ", ".join(kind.__name__ for kind in KERNELS)
        raise ValueError(
            f"linear must be one of {known}, not a subclass; received {linear!r}: keep it and its "
            "normalization"
        )
    if type(norm) not in NORMS:
        raise ValueError(
            "norm must be Keras's BatchNormalization, or the course's BatchNormalization or "
            f"BatchRenormalization, not a subclass; received {norm!r}: only moving averages make "
            "one line for all examples"
        )
    for layer in (linear, norm):
        if not layer.built:
            raise ValueError(
                f"both layers must have weights; received {layer.name}, which is not built: call "
                "it on data first"
            )


def _check_linear(linear):
    if linear.activation is not keras.activations.linear:
        raise ValueError(
            f"{linear.name} must have no activation, since it would stand between kernel and "
            f"normalization; received {linear.activation.__name__}: put it behind the normalization"
        )
    if getattr(linear, "lora_enabled", False) or getattr(linear, "quantization_mode", None):
        raise ValueError(
            f"{linear.name} must have a plain kernel; received one that is quantized or has LoRA: "
            "fold first"
        )


def _axis(norm):
    """The normalized axis, from 0, and how many axes the input has."""
    rank = norm.input_spec.ndim
    return norm.axis % rank, rank


def _check_axis(linear, norm):
    """Raise ValueError unless norm takes the axis in which linear puts out its features."""
    axis, rank = _axis(norm)
    features = 1 if getattr(linear, "data_format", None) == "channels_first" else rank - 1
    if axis != features:
        raise ValueError(
            f"{norm.name} must normalize axis {features}, where {linear.name} has its features; "
            f"received axis {axis}, along which the kernel is the same: keep both"
        )


def _by_equation(linear, norm):
    """For an EinsumDense: its new bias axes, the axes of its kernel, and the shape of a in z."""
    axis, rank = _axis(norm)
    factors, outputs = linear.equation.split("->")
    kernel = factors.split(",")[1]
    letters = outputs.replace("...", "." * (rank - len(outputs.replace("...", ""))))
    letter = letters[axis]
    if letter not in kernel:
        raise ValueError(
            f"{norm.name} must normalize an axis of the kernel of {linear.name}, "
            f"{linear.equation}; received axis {axis}, along which the kernel is the same: keep "
            "both"
        )
    biased = {letter, *(linear.get_config()["bias_axes"] or "")}
    settings = {"bias_axes": "".join(letter for letter in letters if letter in biased)}
    along = [-1 if number == axis else 1 for number in range(rank)]
    return settings, [kernel.index(letter)], along


def fold_model(model):
    """A copy of a model with every batch normalization folded that directly follows a linear layer.

    model: a Sequential or functional model, built; models inside it are folded, too. The copy has
    weights of its own, the same names and inputs, and computes what `model` computes in inference
    mode. Normalizations behind anything else stay: behind an activation (also the `activation` of
    a layer), a pooling or a padding, and at the input.

    Raises ValueError for other models; where there is nothing to fold; and for a pair that
    cannot be folded: a layer that is called more than once, a value between the two that goes
    elsewhere as well, a normalization called with training=True, and what `fold` refuses.
    """
    if not isinstance(model, keras.Sequential | keras.Function):
        raise ValueError(
            "model must be a keras.Sequential or a functional keras.Model, whose order of layers "
            f"is known; received {model!r}: fold its layers one by one with fold(linear, norm)"
        )
    if not model.built:
        raise ValueError(f"model must have weights; received {model.name}, not built: call it once")
    found = []
    folded = _copy_of(model, found)
    if not found:
        raise ValueError(
            "model must have a batch normalization directly behind a linear layer without an "
            f"activation; received {model.name}, which has none: use it as it is"
        )
    return folded


def _copy_of(model, found):
    """The folded copy of a model, whose pairs are added to `found`."""
    sequential = isinstance(model, keras.Sequential)
    if sequential:
        pairs = {one: after for one, after in pairwise(model.layers) if _is_pair(one, after)}
    else:
        pairs = dict(_pairs_in_graph(model))
    found += pairs
    copied = []

    def copy(layer):
        if layer in pairs:
            return fold(layer, pairs[layer])
        if layer in pairs.values():
            return layer  # never called
        if isinstance(layer, keras.Sequential | keras.Function):
            return _copy_of(layer, found)
        copied.append((layer, type(layer).from_config(layer.get_config())))
        return copied[-1][1]

    def call(layer, *args, **kwargs):
        if layer in pairs.values():
            return [*args, *kwargs.values()][0]
        return layer(*args, **kwargs)

    if sequential:
        kept = [copy(layer) for layer in model.layers if layer not in pairs.values()]
        x = model.inputs[0]
        start = keras.Input(batch_shape=x.shape, dtype=x.dtype, name=x.name)
        folded = keras.Sequential([start, *kept], name=model.name)
        if model.compiled:
            folded.compile_from_config(model.get_compile_config())
    else:
        folded = keras.models.clone_model(model, clone_function=copy, call_function=call)
    for layer, its_copy in copied:
        if isinstance(layer, keras.Layer):
            its_copy.set_weights(layer.get_weights())
            if hasattr(its_copy, "finalize_state"):  # as keras.layers.Normalization needs it
                its_copy.finalize_state()
    return folded


def _is_pair(linear, norm):
    plain = type(linear) in KERNELS and linear.activation is keras.activations.linear
    return plain and type(norm) in NORMS


def _pairs_in_graph(model):
    """The pairs (linear, norm) of a functional model; raises ValueError for one that is no pair."""
    nodes = [node for at_depth in model._nodes_by_depth.values() for node in at_depth]
    maker = {id(value): node.operation for node in nodes for value in node.outputs}
    used = Counter(id(value) for node in nodes for value in node.input_tensors)
    used.update(map(id, model.outputs))
    calls = Counter(node.operation for node in nodes)
    for node in nodes:
        if node.is_input or not _is_pair(maker[id(node.input_tensors[0])], node.operation):
            continue
        linear, norm = maker[id(node.input_tensors[0])], node.operation
        pair = f"{linear.name} and {norm.name}"
        for layer in (linear, norm):
            if calls[layer] > 1:
                raise ValueError(
                    f"{pair} must be called once each to be folded; {layer.name} received "
                    f"{calls[layer]} inputs: give each of them a layer of its own"
                )
        if used[id(node.input_tensors[0])] > 1:
            raise ValueError(
                f"the value between {pair} must go nowhere else, since folding changes it; "
                "received a branch there: branch off behind the normalization, or keep both"
            )
        if any(given is True for given in [*node.arguments.args, *node.arguments.kwargs.values()]):
            raise ValueError(
                f"{norm.name} must be in inference mode; received training=True in its call, so it "
                "takes the statistics of each batch: leave training out"
            )
        yield linear, norm
