"""Folded layers and models answer as the pairs they replace, and what cannot be folded is named."""

import keras
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from keras import layers

from local import folding, models
from local.folding import fold, fold_model
from local.layers import BatchNormalization, LayerNormalization

NORMS = st.sampled_from(folding.NORMS)
some = st.integers
of_keras = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
fast = settings(max_examples=20, deadline=None, phases=[Phase.generate])


def randomized(layer, seed=0):
    """The layer with random weights; variances and scales stay positive."""
    random = np.random.default_rng(seed)
    for weight in layer.weights:
        low = 0.2 if "variance" in weight.name else -2
        weight.assign(random.uniform(low, 2, weight.shape))
    return layer


def assert_same(ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1e-5 * max(1, np.abs(theirs).max())


def assert_folds(linear, norm, shape, seed=0):
    """fold(linear, norm) is one layer of linear's class with the answers of both."""
    x = np.random.default_rng(seed).normal(size=shape).astype("float32")
    norm(linear(x))
    randomized(linear, seed), randomized(norm, seed + 1)
    before = [*linear.get_weights(), *norm.get_weights()]
    folded = fold(linear, norm)
    assert (type(folded), folded.name) == (type(linear), linear.name)
    assert_same(folded(x), norm(linear(x), training=False))
    for old, new in zip(before, [*linear.get_weights(), *norm.get_weights()], strict=True):
        np.testing.assert_array_equal(old, new)


def norm_of(draw, axis=-1):
    kind, center, scale = draw(NORMS), draw(st.booleans()), draw(st.booleans())
    epsilon = draw(st.sampled_from([1e-5, 1e-3, 0.5]))
    return kind(axis, center=center, scale=scale, epsilon=epsilon)


@given(st.data())
@fast
def test_dense_layers_fold(data):
    draw = data.draw
    shape = [draw(some(1, 4)) for _ in range(draw(some(2, 4)))]
    linear = layers.Dense(draw(some(1, 5)), use_bias=draw(st.booleans()))
    assert_folds(linear, norm_of(draw), shape, draw(some(0, 99)))


EQUATIONS = {  # equation -> output shape, biases, axes of the kernel in the output
    "abc,cd->abd": ((None, 3), (None, "d"), (2, -1)),
    "abc,cde->abde": ((None, 3, 2), (None, "d", "e", "de"), (2, 3, -2)),
    "abc,cde->abed": ((None, 2, 3), (None, "d", "ed"), (2, 3)),
    "abc,c->abc": ((5, 4), (None, "c", "bc"), (2,)),
    "...x,xyz->...yz": ((3, 2), (None, "y", "z", "yz"), (2, 3)),
    "ax...,xy->ay...": ((3,), (None, "y"), (1,)),
}


@given(st.data())
@fast
def test_einsum_layers_fold(data):
    draw = data.draw
    equation = draw(st.sampled_from(sorted(EQUATIONS)))
    size, biases, axes = EQUATIONS[equation]
    bias, axis = draw(st.sampled_from(biases)), draw(st.sampled_from(axes))
    linear = layers.EinsumDense(equation, size, bias_axes=bias)
    assert_folds(linear, norm_of(draw, axis), (2, 5, 4), draw(some(0, 99)))


def moves(draw):
    """Strides or a dilation, and a padding; Keras takes no strides with a dilation."""
    strides, dilation = draw(st.sampled_from([(1, 1), (2, 1), (1, 2)]))
    padding = draw(st.sampled_from(["valid", "same"]))
    return {"strides": strides, "dilation_rate": dilation, "padding": padding}


def image(draw, rank, channels):
    return (2, *[draw(some(5, 7)) for _ in range(rank)], channels)


@given(st.data())
@fast
def test_convolutions_fold(data):
    draw = data.draw
    rank, groups = draw(some(1, 3)), draw(some(1, 2))
    kind = (layers.Conv1D, layers.Conv2D, layers.Conv3D)[rank - 1]
    linear = kind(
        groups * draw(some(1, 3)),
        draw(some(1, 3)),
        groups=groups,
        use_bias=draw(st.booleans()),
        **moves(draw),
    )
    shape = image(draw, rank, 2 * groups)
    assert_folds(linear, norm_of(draw), shape, draw(some(0, 99)))


@pytest.mark.parametrize("use_bias", [True, False])
def test_channels_may_come_first(use_bias):
    linear = layers.Conv2D(3, 2, data_format="channels_first", use_bias=use_bias)
    assert_folds(linear, BatchNormalization(axis=1), (2, 4, 5, 5))


def test_a_causal_convolution_folds():
    assert_folds(layers.Conv1D(3, 2, padding="causal"), BatchNormalization(), (2, 6, 4))


@given(st.data())
@fast
def test_transposed_convolutions_fold(data):
    draw = data.draw
    rank = draw(some(1, 3))
    kind = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)[rank - 1]
    linear = kind(
        draw(some(1, 4)),
        draw(some(2, 3)),
        strides=draw(some(1, 2)),
        padding=draw(st.sampled_from(["valid", "same"])),
        use_bias=draw(st.booleans()),
    )
    shape = image(draw, rank, draw(some(1, 4)))
    assert_folds(linear, norm_of(draw), shape, draw(some(0, 99)))


@given(st.data())
@fast
def test_depthwise_and_separable_convolutions_fold(data):
    draw = data.draw
    rank, multiplier, bias = draw(some(1, 2)), draw(some(1, 3)), draw(st.booleans())
    own = {"depth_multiplier": multiplier, "use_bias": bias, **moves(draw)}
    if draw(st.booleans()):
        kind = (layers.DepthwiseConv1D, layers.DepthwiseConv2D)[rank - 1]
        linear = kind(draw(some(1, 3)), **own)
    else:
        kind = (layers.SeparableConv1D, layers.SeparableConv2D)[rank - 1]
        linear = kind(draw(some(1, 4)), draw(some(1, 3)), **own)
    shape = image(draw, rank, draw(some(1, 4)))
    assert_folds(linear, norm_of(draw), shape, draw(some(0, 99)))


def built(layer, *shape):
    layer.build(shape)
    return layer


DENSE = built(layers.Dense(3), None, 4)
CONV = built(layers.Conv2D(3, 2), None, 5, 5, 4)
NORM = built(BatchNormalization(), None, 3)
ON_PIXELS = {axis: built(BatchNormalization(axis), None, 3, 3, 3) for axis in (1, 2, 3)}


class OwnDense(layers.Dense):
    pass


class OwnNorm(BatchNormalization):
    pass


def with_lora():
    dense = built(layers.Dense(3), None, 4)
    dense.enable_lora(1)
    return dense


def flat():
    """A normalization of a feature that never varied, without an epsilon."""
    norm = built(BatchNormalization(epsilon=0), None, 3)
    norm.moving_variance.assign([1, 0, 1])
    return norm


@pytest.mark.parametrize(
    ("linear", "norm", "said"),
    [
        (built(layers.Dense(3, activation="relu"), None, 4), NORM, "no activation.*received relu"),
        (layers.ReLU(), NORM, "linear must be one of Dense.*received <ReLU"),
        (built(OwnDense(3), None, 4), NORM, "not a subclass; received <OwnDense"),
        (DENSE, built(OwnNorm(), None, 3), "not a subclass; received <OwnNorm"),
        (DENSE, built(LayerNormalization(), None, 3), "received <LayerNormalization"),
        (NORM, DENSE, "before a linear layer cannot be folded.*zeros may be padded"),
        (layers.Dense(3), NORM, "both layers must have weights"),
        (DENSE, BatchNormalization(), "both layers must have weights"),
        (DENSE, built(BatchNormalization(), None, 4), "the 3 features of dense.*received 4"),
        (DENSE, built(BatchNormalization(1), None, 3, 3), "must normalize axis 2.*received axis 1"),
        (CONV, ON_PIXELS[1], "must normalize axis 3.*received axis 1"),
        (CONV, ON_PIXELS[2], "must normalize axis 3.*received axis 2"),
        (
            built(layers.Conv2D(3, 2, data_format="channels_first"), None, 4, 4, 4),
            ON_PIXELS[3],
            "must normalize axis 1.*received axis 3",
        ),
        (
            built(layers.EinsumDense("abc,cd->abd", (None, 3)), None, 3, 4),
            built(BatchNormalization(1), None, 3, 3),
            "abc,cd->abd; received axis 1",
        ),
        (
            built(layers.EinsumDense("...c,cd->...d", 3), None, 3, 4),
            built(BatchNormalization(1), None, 3, 3),
            "received axis 1",
        ),
        (with_lora(), NORM, "plain kernel; received one that is quantized or has LoRA"),
        (DENSE, flat(), "must be positive; received 0.0"),
    ],
)
def test_what_cannot_be_folded_is_named(linear, norm, said):
    with pytest.raises(ValueError, match=f"(?s){said}"):
        fold(linear, norm)


@of_keras
def test_a_quantized_kernel_is_named():
    linear = built(layers.Dense(3), None, 4)
    linear.quantize("int8")
    with pytest.raises(ValueError, match="quantized"):
        fold(linear, NORM)


def sequential(norm=BatchNormalization):
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            norm(name="folds"),
            layers.ReLU(),
            layers.ZeroPadding2D(1),
            norm(name="behind_padding"),
            layers.DepthwiseConv2D(3, activation="relu"),
            norm(name="behind_relu"),
            layers.Conv2DTranspose(5, 3),
            norm(name="folds_too"),
            layers.Dropout(0.5),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3),
        ],
        name="row",
    )


def residual(norm=layers.BatchNormalization):
    """Two blocks with a skip around a model of its own, and an operation that is no layer."""
    x = keras.Input((8, 8, 4), name="pictures")
    inner = keras.Sequential(
        [keras.Input((8, 8, 4)), layers.Conv2D(4, 3, padding="same"), norm()], name="inner"
    )
    y = layers.ReLU()(norm(name="outer")(layers.Conv2D(4, 1, name="point")(x)))
    y = layers.Add(name="skip")([inner(y), x]) * 2.0
    return keras.Model(x, {"logits": layers.Dense(3)(layers.GlobalMaxPooling2D()(inner(y)))})


def pictures(*shape):
    return np.random.default_rng(5).normal(size=shape).astype("float32")


def test_a_sequential_model_is_folded():
    model, x = randomized(sequential()), pictures(3, 8, 8, 3)
    folded = fold_model(model)
    assert isinstance(folded, keras.Sequential)
    gone = {layer.name for layer in model.layers} - {layer.name for layer in folded.layers}
    assert gone == {"folds", "folds_too"}
    assert_same(folded(x), model(x, training=False))
    assert_same(folded(x[:2]), model(x[:2], training=False))


@pytest.mark.parametrize("norm", folding.NORMS)
def test_a_functional_model_is_folded_with_the_models_inside(norm):
    model, x = randomized(residual(norm)), pictures(3, 8, 8, 4)
    folded = fold_model(model)
    assert not [layer for layer in folded._flatten_layers() if isinstance(layer, norm)]
    assert folded.get_layer("inner").layers[0].name == model.get_layer("inner").layers[0].name
    assert folded.input.name == "pictures"
    assert_same(folded(x)["logits"], model(x, training=False)["logits"])
    features = keras.Model(folded.input, folded.get_layer("skip").output)  # its graph is whole
    theirs = keras.Model(model.input, model.get_layer("skip").output)
    assert_same(features(x), theirs(x, training=False))


def test_the_folded_model_shares_no_weight_with_the_model():
    model, x = randomized(sequential()), pictures(2, 8, 8, 3)
    folded = fold_model(model)
    before = np.asarray(folded(x))
    randomized(model, seed=9)
    np.testing.assert_array_equal(folded(x), before)


@of_keras
@pytest.mark.parametrize("make", [sequential, residual])
def test_a_folded_model_is_saved_and_loaded(make, tmp_path):
    model = randomized(make())
    x = pictures(2, *model.input_shape[1:])
    folded = fold_model(model)
    folded.save(tmp_path / "folded.keras")
    loaded = keras.models.load_model(tmp_path / "folded.keras")
    for ours, theirs in zip(*map(keras.tree.flatten, (loaded(x), folded(x))), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("make", [sequential, residual])
def test_a_compiled_model_stays_compiled(make):
    model = make()
    model.compile("sgd", "mse")
    assert fold_model(model).compiled


def functional(call):
    x = keras.Input((4,))
    return keras.Model(x, call(x))


def branch(x):
    z = layers.Dense(4, name="dense_b")(x)
    return layers.Add()([BatchNormalization(name="norm_b")(z), z])


def shared(x):
    dense = layers.Dense(4, name="twice")
    return BatchNormalization()(dense(dense(x)))


def shared_norm(x):
    norm = BatchNormalization(name="twice")
    return norm(layers.Dense(4)(norm(x)))


def in_training(x):
    return BatchNormalization(name="trains")(layers.Dense(4)(x), training=True)


def also_an_output(x):
    z = layers.Dense(4)(x)
    return [z, BatchNormalization()(z)]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (functional(branch), "between dense_b and norm_b must go nowhere else.*a branch"),
        (functional(also_an_output), "received a branch"),
        (functional(shared), "called once each.*twice received 2 inputs"),
        (functional(shared_norm), "called once each.*twice received 2 inputs"),
        (functional(in_training), "trains must be in inference mode; received training=True"),
        (functional(layers.Dense(3)), "directly behind a linear layer.*has none"),
        (keras.Sequential([layers.Dense(3), BatchNormalization()]), "not built: call it once"),
        (models.SmallNet(), "keras.Sequential or a functional.*received <SmallNet"),
        (layers.Dense(3), "received <Dense"),
    ],
)
def test_models_that_cannot_be_folded_are_named(model, said):
    with pytest.raises(ValueError, match=f"(?s){said}"):
        fold_model(model)


def test_a_layer_of_small_net_folds_by_hand():
    """As chapter 9 does it: the body of a subclassed model, pair by pair."""
    net, x = models.SmallNet(normalization="before"), pictures(5, 12)
    net(x)
    randomized(net.hidden), randomized(net.batch_norm)
    hidden = fold(net.hidden, net.batch_norm)
    assert_same(hidden(x), net.forward(x)["z1"])


def test_the_copy_keeps_what_another_layer_learnt_from_data_and_the_name_of_its_input():
    random = np.random.default_rng(0)
    x = 5 * random.normal(size=(64, 6)).astype("float32") + 3
    adapted = layers.Normalization()
    adapted.adapt(x)
    norm = layers.BatchNormalization()
    model = keras.Sequential([keras.Input((6,), name="table"), adapted, layers.Dense(4), norm])
    norm.set_weights(random.uniform(0.5, 1.5, (4, 4)))
    folded = fold_model(model)
    np.testing.assert_allclose(folded(x), model(x), atol=1e-5)
    assert folded.inputs[0].name == "table"
