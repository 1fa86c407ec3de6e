"""The options that Keras's layers have, in ours: weights, axes, names, configs."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from local import layers
from tests.layer_steps import GRAPH, assert_equal, batch, step

PAIRS = {
    "batch": (layers.BatchNormalization, keras.layers.BatchNormalization, {}),
    "layer": (layers.LayerNormalization, keras.layers.LayerNormalization, {}),
    "group": (layers.GroupNormalization, keras.layers.GroupNormalization, {"groups": 2}),
    "rms": (layers.RMSNormalization, keras.layers.RMSNormalization, {}),
}
SCALED = sorted(PAIRS.keys() - {"rms"})
TRAINING = {"batch": {"training": True}}
WEIGHT_OPTIONS = {
    "beta_initializer": "ones",
    "gamma_initializer": keras.initializers.RandomUniform(0.5, 2, seed=0),
    "beta_regularizer": "l2",
    "gamma_regularizer": keras.regularizers.L1(0.1),
    "beta_constraint": keras.constraints.MaxNorm(0.5),
    "gamma_constraint": "non_neg",
}
AVERAGE_OPTIONS = {
    "moving_mean_initializer": keras.initializers.Constant(3.0),
    "moving_variance_initializer": keras.initializers.Constant(4.0),
}


def made(pair, **options):
    """Our layer and Keras's, by the name of their pair."""
    our, their, needed = PAIRS[pair]
    return our(**needed | options), their(**needed | options)


@pytest.mark.parametrize("name", SCALED)
def test_weights_start_where_the_initializers_say(name):
    options = WEIGHT_OPTIONS | (AVERAGE_OPTIONS if name == "batch" else {})
    ours, theirs = made(name, **options)
    for layer in (ours, theirs):
        layer.build((None, 3, 4))
    assert_equal(ours.get_weights(), theirs.get_weights())
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]


@pytest.mark.parametrize("name", SCALED)
def test_a_training_goes_the_way_of_keras_with_every_option(name):
    x = batch((12, 3, 4))[0].astype("float32")
    results = []
    for norm in made(name, **WEIGHT_OPTIONS):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((3, 4)), norm, keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.3), "mse")
        history = model.fit(x, x[..., :1], batch_size=6, epochs=3, shuffle=False, verbose=0)
        results.append([*model.get_weights(), np.array(history.history["loss"])])
        assert len(norm.losses) == 2
        assert np.linalg.norm(norm.beta) <= 0.5001
        assert (norm.gamma.numpy() >= 0).all()
    assert_equal(*results, 1e-5)


@pytest.mark.parametrize("name", SCALED)
def test_a_config_of_keras_makes_our_layer_and_back(name):
    options = WEIGHT_OPTIONS | {"name": "norm", "epsilon": 0.01, "axis": 2}
    ours, theirs = made(name, **options)
    known = {"rms_scaling": False} | theirs.get_config()
    assert ours.get_config() == {key: known[key] for key in ours.get_config()}
    for layer, config in ((ours, theirs.get_config()), (theirs, ours.get_config())):
        copy = type(layer).from_config(config)
        assert copy.get_config() == layer.get_config()


# Keras itself converts its variables in a way that NumPy 2 deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("name", SCALED)
def test_options_are_saved(name, tmp_path):
    layer, _ = made(name, **WEIGHT_OPTIONS)
    x = batch((3, 2, 4))[0].astype("float32")
    model = keras.Sequential([keras.Input((2, 4)), layer])
    model.set_weights([w + 0.5 for w in model.get_weights()])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].get_config() == layer.get_config()
    assert_equal([loaded(x)], [model(x)])
    assert_equal(loaded.losses, model.losses)


def public(layer):
    return {name for name in dir(layer) if not name.startswith("_")}


@pytest.mark.parametrize("name", PAIRS)
def test_every_public_name_is_one_of_keras(name):
    ours, theirs = made(name)
    for layer in (ours, theirs):
        layer(tf.ones([2, 3, 4]))
    assert public(ours) <= public(theirs)


@pytest.mark.parametrize("layer", [layers.InstanceNormalization(), layers.BatchRenormalization()])
def test_a_layer_that_keras_lacks_hides_no_name_of_keras(layer):
    layer(tf.ones([2, 3, 4]))
    own = set(vars(layer)) | {n for c in type(layer).__mro__[:-2] for n in vars(c)}
    assert public(layer) <= public(made("batch", renorm=True)[1]) | own
    plain = vars(keras.layers.Layer)
    hidden = {
        name
        for kind in type(layer).__mro__
        if kind.__module__.startswith("local.")
        for name in vars(kind).keys() & plain.keys()
        if not name.startswith("__")
    }
    meant = {"call", "build", "get_config", "compute_output_shape", "compute_output_spec"}
    assert hidden <= meant | {"supports_masking"}


# --- Axes ---


@settings(max_examples=20, deadline=None)
@given(
    shape=st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple),
    name=st.sampled_from(["layer", "rms"]),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_any_axes_but_the_first_equal_keras(shape, name, seed, data):
    rank = len(shape)
    axes = data.draw(st.sets(st.integers(1, rank - 1), min_size=1))
    if name == "rms":  # Keras's takes its scale along the last axes, whatever `axis` is
        axes = range(min(axes), rank)
    if data.draw(st.booleans(), "counted from the end"):
        axes = [axis - rank for axis in axes]
    axis = data.draw(st.permutations(list(axes)))
    axis = axis[0] if len(axis) == 1 else axis
    ours, theirs = made(name, axis=axis, dtype="float64")
    for layer in (ours, theirs):
        layer.build(shape)
    weights = [np.random.default_rng(seed).uniform(0.5, 2, w.shape) for w in theirs.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    results = [step(layer, *batch(shape, seed), GRAPH, "float64") for layer in (ours, theirs)]
    assert_equal(*results, 1e-9)


@pytest.mark.parametrize("axis", [1, -2, [1, 2], [3, 1]], ids=str)
def test_root_mean_square_scales_along_its_axes(axis):
    x, _ = batch((2, 3, 4, 5))
    axes = tuple(np.atleast_1d(axis) % 4)
    scale = np.random.default_rng(0).uniform(
        size=[n if k in axes else 1 for k, n in enumerate(x.shape)]
    )
    layer = layers.RMSNormalization(axis, epsilon=0.1, dtype="float64")
    layer.build(x.shape)
    layer.scale.assign(np.squeeze(scale))
    expected = scale * x / np.sqrt(np.mean(x**2, axes, keepdims=True) + 0.1)
    np.testing.assert_allclose(layer(tf.constant(x)), expected)


@pytest.mark.parametrize("name", ["layer", "rms"])
def test_axes_counted_from_the_end_fit_inputs_with_more_axes_in_front(name):
    x = tf.constant(batch((5, 2, 3, 4))[0])
    layer, _ = made(name, axis=[-1, -2], dtype="float64")
    layer.build((None, 3, 4))
    rows = [layer(row) for row in x]
    np.testing.assert_allclose(layer(x), rows)
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 4"):
        layer(x[..., :3])
    counted_from_the_front, _ = made(name, axis=[1, 2], dtype="float64")
    counted_from_the_front.build((None, 3, 4))
    with pytest.raises(ValueError, match="expected ndim=3, found ndim=4"):
        counted_from_the_front(x)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("kind", [np.int64, np.int8, np.uint8, lambda n: tf.constant(n).numpy()])
def test_any_integer_type_is_an_axis(name, kind):
    layer, _, options = PAIRS[name]
    layer = layer(axis=kind(2), **options)
    layer(tf.ones([2, 3, 4]))
    config = layer.get_config()
    assert config["axis"] == 2
    assert type(config["axis"]) is int


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("axis", [True, np.True_, 1.0, np.float64(1), "1", None, {"axis": 1}])
def test_what_is_no_integer_is_no_axis(name, axis):
    with pytest.raises((TypeError, ValueError), match=r"axis.*received .*: use -1"):
        PAIRS[name][0](axis=axis)
    if name in ("layer", "rms"):
        with pytest.raises(TypeError, match=r"an int or a list/tuple of ints.*received"):
            PAIRS[name][0](axis=[1, axis])


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ([1, -2], r"Duplicate axes.*axis=\[1, -2\].*\(None, 3, 4\): leave one"),
        ([1, 1], "Duplicate axes"),
        ([-1, 3], "axis 3 is out of bounds: it must lie from -3 to 2"),
        (-4, "axis -4 is out of bounds"),
        ([0, 1], "axis 0 holds the examples"),
        ([], "no axis to average over"),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["layer", "rms"])
def test_axes_that_do_not_fit_the_input(name, axis, message):
    with pytest.raises(ValueError, match=message):
        made(name, axis=axis)[0].build((None, 3, 4))


@pytest.mark.parametrize("name", PAIRS)
def test_output_shapes_are_those_of_keras(name):
    ours, theirs = made(name, axis=2)
    assert ours.compute_output_shape((None, 3, 4)) == theirs.compute_output_shape((None, 3, 4))
    for layer in (ours, theirs):
        with pytest.raises(ValueError, match="out of bounds"):
            layer.compute_output_shape((None, 3))


# --- Groups, and the option that Keras gives up ---


@pytest.mark.parametrize("groups", [1, 2, 3, 6, -1, np.int64(3)])
@pytest.mark.parametrize("axis", [-1, 1])
def test_any_divisor_is_a_number_of_groups(groups, axis):
    shape = (2, 6, 3, 6)
    ours, theirs = made("group", groups=int(groups), axis=axis)
    ours = layers.GroupNormalization(groups, axis)
    assert_equal(step(ours, *batch(shape)), step(theirs, *batch(shape)), 2e-6)
    assert type(ours.get_config()["groups"]) is int


@pytest.mark.parametrize("groups", [0, -2, 1.5, True, "2", None])
def test_what_is_no_number_of_groups(groups):
    with pytest.raises(ValueError, match=r"argument `groups`.*received .*: choose a divisor"):
        layers.GroupNormalization(groups)


@pytest.mark.parametrize(
    "layer", [layers.GroupNormalization(1), layers.InstanceNormalization()], ids=["group", "inst"]
)
def test_inputs_beyond_16_bits_are_normalized_before_they_are_cast(layer):
    layer = type(layer).from_config(layer.get_config() | {"dtype": "mixed_float16"})
    y = layer(tf.constant([[[7e4], [9e4]]]))
    assert y.dtype == "float16"
    np.testing.assert_allclose(y, [[[-1], [1]]])


@pytest.mark.filterwarnings("ignore:You passed `rms_scaling")
def test_rms_scaling_is_what_it_is_in_keras_and_says_so():
    x, dy = batch((4, 3, 5))
    with pytest.warns(UserWarning, match="rms_scaling=True.*use RMSNormalization"):
        ours = layers.LayerNormalization(rms_scaling=True, gamma_initializer="ones")
    theirs = keras.layers.LayerNormalization(rms_scaling=True)
    assert_equal(step(ours, x, dy), step(theirs, x, dy), 2e-6)
    assert len(ours.weights) == 1


@pytest.mark.parametrize("name", PAIRS)
def test_steps_without_rows_have_an_output_without_rows(name):
    layer, _ = made(name)
    assert layer(tf.zeros([1, 0, 4]), **TRAINING.get(name, {})).shape == (1, 0, 4)
    assert all(np.isfinite(weight.numpy()).all() for weight in layer.weights)
