"""One net out of many, as a Keras model."""

import keras

from local.ensembles.mlp import GROUPS
from local.layers import BatchNormalization, GroupNormalization, LayerNormalization


def keras_model(net, weights):
    """One net as a Keras model that returns logits, without the noise of the training.

    net: the `MLP` that describes it.  weights: one dict a layer, as `MLPEnsemble.weights` names
    them, without the leading axes; the model computes with these kernels, whatever `net.kernel`
    made them from. Raises ValueError for a normalization that no layer of ours fits, such as "rms"
    (it has no beta) or a function, and for skips.
    """
    options = {"epsilon": net.epsilon}
    normalizers = {
        "batch": lambda: BatchNormalization(momentum=net.momentum, **options),
        "layer": lambda: LayerNormalization(**options),
        "group": lambda: GroupNormalization(GROUPS, **options),
    }
    if net.normalization not in (None, *normalizers):
        raise ValueError(
            f"A Keras model can be made for None and {sorted(normalizers)}; "
            f"received normalization={net.normalization!r}."
        )
    if net.skips:
        raise ValueError("A Keras model can be made of nets without skips; received skips=True.")
    model = keras.Sequential([keras.Input(weights[0]["kernel"].shape[:1])])
    for number, layer in enumerate(weights):
        biased = "gamma" not in layer
        dense = keras.layers.Dense(layer["kernel"].shape[1], use_bias=biased)
        model.add(dense)
        dense.set_weights([layer["kernel"], layer["beta"]] if biased else [layer["kernel"]])
        if not biased:
            model.add(normalizers[net.normalization]())
            names = ("gamma", "beta", "moving_mean", "moving_variance")
            model.layers[-1].set_weights([layer[name] for name in names if name in layer])
        if number < net.depth:
            model.add(keras.layers.Activation(net.activation))
    return model
