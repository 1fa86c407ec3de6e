"""The layers against Keras's own: outputs, gradients, moving statistics, config, saved models."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from local import equations, layers
from local.gradients import numerical_gradient, relative_error
from tests.layer_steps import EAGER, MODES, TOLERANCE, XLA, assert_equal, batch, pair, step

SHAPES = [
    ((6, 3), -1),
    ((4, 5, 3), -1),
    ((4, 5, 3), 1),
    ((3, 4, 2, 5), -1),
    ((3, 4, 2, 5), 1),
    ((3, 4, 2, 5), -2),
    ((2, 3, 2, 3, 4), -1),
    ((2, 3, 2, 3, 4), 3),
]


@pytest.mark.parametrize("training", [True, False, None])
@pytest.mark.parametrize(("shape", "axis"), SHAPES)
def test_equals_keras_for_every_rank_and_axis(shape, axis, training):
    ours, theirs = pair(shape, axis=axis)
    call = {} if training is None else {"training": training}
    assert_equal(step(ours, *batch(shape), **call), step(theirs, *batch(shape), **call))


@MODES
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"center": False},
        {"scale": False},
        {"center": False, "scale": False},
        {"momentum": 0.0},
        {"momentum": 1.0, "epsilon": 0.0},
    ],
    ids=str,
)
def test_equals_keras_for_every_option_and_way_to_run(options, mode):
    shape = (8, 3, 3, 4)
    ours, theirs = pair(shape, **options)
    assert_equal(
        step(ours, *batch(shape), mode, training=True),
        step(theirs, *batch(shape), mode, training=True),
    )


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("policy", [*TOLERANCE, "mixed_float16", "mixed_bfloat16"])
def test_equals_keras_for_every_type(policy, training):
    shape = (8, 2, 5)
    ours, theirs = pair(shape, dtype=policy)
    dtype = policy.removeprefix("mixed_")
    results = [
        step(layer, *batch(shape), dtype=dtype, training=training) for layer in (ours, theirs)
    ]
    assert_equal(*results, TOLERANCE[dtype])
    averages = [result[-2:] for result in results]
    assert_equal(*averages, TOLERANCE[ours.variable_dtype])
    x = tf.cast(batch(shape)[0], dtype)
    assert ours(x, training=training).dtype == theirs(x, training=training).dtype == dtype
    assert [w.dtype for w in ours.weights] == [w.dtype for w in theirs.weights]


def test_statistics_of_half_types_do_not_overflow():
    x = tf.constant([[300.0], [-300.0]], "float16")  # 300² is beyond float16
    layer = layers.BatchNormalization(dtype="mixed_float16", momentum=0.0)
    np.testing.assert_array_equal(layer(x, training=True), [[1], [-1]])
    assert layer.moving_variance.numpy() == 90_000


def test_large_means_cost_no_more_digits_than_in_keras():
    x, dy = batch((64, 4))
    x = (x + 1000).astype("float32")
    exact = step(keras.layers.BatchNormalization(dtype="float64"), x, dy, None, "float64")
    ours, theirs = pair(x.shape)
    errors = [
        relative_error(step(type(layer)(), x, dy, training=True)[1], exact[1])
        for layer in (ours, theirs)
    ]
    assert errors[0] <= errors[1]


def test_unknown_sizes_in_graphs():
    layer = layers.BatchNormalization()
    layer.build((None, None, None, 3))
    signature = [tf.TensorSpec([None, None, None, 3])]
    run = tf.function(lambda x: layer(x, training=True), input_signature=signature)
    for shape in [(2, 4, 4, 3), (5, 2, 3, 3)]:
        x = batch(shape)[0]
        y, _ = equations.batch_norm_forward(x, np.ones(3), np.zeros(3))
        assert_equal([run(tf.cast(x, "float32"))], [y])


def test_moving_statistics_are_of_the_biased_variance_unlike_in_fused_kernels():
    # TensorFlow's fused kernel hands out N / (N - 1) times the variance it normalizes with, as
    # PyTorch does (keras issue 10443); Keras 3 takes the plain path, and so do we.
    x = tf.cast(batch((2, 3, 1, 4))[0], "float32")
    ours, theirs = pair(x.shape, momentum=0.0)
    ours(x, training=True)
    theirs(x, training=True)
    fused = tf.raw_ops.FusedBatchNormV3(
        x=x, scale=tf.ones(4), offset=tf.zeros(4), mean=[], variance=[], epsilon=1e-3
    )
    biased = np.var(x, axis=(0, 1, 2))
    np.testing.assert_allclose(ours.moving_variance, biased, rtol=1e-6)
    np.testing.assert_allclose(theirs.moving_variance, biased, rtol=1e-6)
    np.testing.assert_allclose(fused.batch_variance, biased * 6 / 5, rtol=1e-6)


@pytest.mark.parametrize(
    ("trainable", "training", "moves"),
    [(True, True, True), (True, False, False), (True, None, False), (False, True, False)],
)
def test_only_training_moves_the_averages(trainable, training, moves):
    x = tf.cast(batch((5, 3))[0], "float32")
    layer = layers.BatchNormalization(trainable=trainable, momentum=0.75)
    y = layer(x, training=training)
    weight = 0.25 if moves else 0.0
    np.testing.assert_allclose(layer.moving_mean, weight * np.mean(x, 0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, 1 - weight + weight * np.var(x, 0), rtol=1e-5)
    inference = x / np.sqrt(1 + 1e-3)  # with the averages of a new layer, 0 and 1
    assert np.allclose(y, inference, atol=1e-5) is not moves


def test_a_batch_of_one_gives_beta():
    layer = layers.BatchNormalization()
    layer.build((None, 3))
    layer.beta.assign([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(layer(tf.fill([1, 3], 7.0), training=True), [[1, 2, 3]])


# --- The closed form as a gradient ---

BATCHES = st.tuples(st.integers(4, 8), st.integers(1, 3), st.integers(1, 4))


@settings(max_examples=20, deadline=None)
@given(shape=BATCHES, seed=st.integers(0, 99), epsilon=st.sampled_from([1e-3, 1.0]))
def test_closed_form_is_what_automatic_differentiation_finds(shape, seed, epsilon):
    x, dy = map(tf.constant, batch(shape, seed))
    gamma, beta = (
        tf.constant(batch(shape, seed + 1)[0][:1, :1]),
        tf.zeros([1, 1, shape[-1]], x.dtype),
    )

    def plain(x, gamma, beta):
        x_hat, _ = layers.standardize(x, *layers.moments(x, (0, 1)), epsilon)
        return gamma * x_hat + beta

    def closed(x, gamma, beta):
        return layers.normalize_batch(x, gamma, beta, (0, 1), epsilon)[0]

    results = []
    for function in (closed, plain):
        with tf.GradientTape() as tape:
            tape.watch([x, gamma, beta])
            y = function(x, gamma, beta)
        results.append([y, *tape.gradient(y, [x, gamma, beta], dy)])
    assert_equal(*[[value.numpy() for value in result] for result in results], 1e-10)


def test_gradient_is_the_slope_of_the_output():
    x, dy = batch((5, 3))
    layer = layers.BatchNormalization(dtype="float64")
    slope = numerical_gradient(lambda x: layer(tf.constant(x), training=True).numpy(), x, dy)
    _, dx, *_ = step(layer, x, dy, dtype="float64", training=True)
    assert relative_error(dx, slope) < 1e-8


@MODES
def test_second_derivatives_are_those_of_keras(mode):
    x, dy = (tf.cast(value, "float64") for value in batch((6, 3)))
    results = []
    for layer in pair((6, 3), dtype="float64"):

        def curvature(x, layer=layer):
            with tf.GradientTape() as outer:
                outer.watch(x)
                with tf.GradientTape() as inner:
                    inner.watch(x)
                    loss = tf.reduce_sum(layer(x, training=True) * dy)
                length = tf.reduce_sum(inner.gradient(loss, x) ** 2)
            return outer.gradient(length, [x, *layer.trainable_variables[:1]])

        run = curvature if mode is EAGER else tf.function(curvature, **mode)
        results.append([value.numpy() for value in run(x)])
    assert_equal(*results, 1e-10)


def test_no_gradient_flows_through_the_statistics():
    x = tf.constant(batch((4, 3))[0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        _, mean, variance = layers.normalize_batch(x, tf.ones([1, 3], x.dtype), 0.0 * x[:1], [0], 0)
    assert tape.gradient([mean, variance], x) is None


# --- Properties of every normalization ---

RELATIVES = {
    "layer": (layers.LayerNormalization, keras.layers.LayerNormalization, {}),
    "layer, no beta": (
        layers.LayerNormalization,
        keras.layers.LayerNormalization,
        {"center": False, "axis": 1},
    ),
    "rms": (layers.RMSNormalization, keras.layers.RMSNormalization, {}),
    "group": (layers.GroupNormalization, keras.layers.GroupNormalization, {"groups": 2}),
    "group, first": (
        layers.GroupNormalization,
        keras.layers.GroupNormalization,
        {"groups": 2, "axis": 1},
    ),
}


@pytest.mark.parametrize(
    ("name", "mode"), [*((name, EAGER) for name in RELATIVES), ("layer", XLA), ("group", XLA)]
)
def test_relatives_equal_keras(name, mode):
    our, their, options = RELATIVES[name]
    shape, rng = (2, 4, 3, 6), np.random.default_rng(0)
    ours, theirs = our(**options), their(**options)
    for layer in (ours, theirs):
        layer.build((None, *shape[1:]))
    weights = [rng.uniform(0.5, 2, w.shape) for w in theirs.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    assert_equal(step(ours, *batch(shape), mode), step(theirs, *batch(shape), mode), 2e-6)
    half = [step(layer, *batch(shape), mode, "float16")[0] for layer in (ours, theirs)]
    assert_equal(half[:1], half[1:], TOLERANCE["float16"])


@given(seed=st.integers(0, 99))
@settings(max_examples=5, deadline=None)
def test_instance_normalization_is_group_normalization_with_single_channels(seed):
    x, dy = batch((2, 3, 2, 4), seed)
    instance = step(layers.InstanceNormalization(), x, dy)
    assert_equal(instance, step(layers.GroupNormalization(groups=4), x, dy), 2e-6)
    assert_equal(instance, step(keras.layers.GroupNormalization(groups=-1), x, dy), 2e-6)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 99),
    scale=st.floats(0.01, 100),
    shift=st.floats(-100, 100),
    layer=st.sampled_from(
        [
            layers.BatchNormalization,
            layers.LayerNormalization,
            layers.InstanceNormalization,
            lambda **options: layers.GroupNormalization(groups=2, **options),
        ]
    ),
)
def test_scale_and_shift_of_the_input_are_forgotten(seed, scale, shift, layer):
    layer = layer(epsilon=0.0, dtype="float64")
    x = tf.constant(batch((4, 3, 4), seed)[0])
    call = {"training": True} if isinstance(layer, layers.BatchNormalization) else {}
    np.testing.assert_allclose(layer(scale * x + shift, **call), layer(x, **call), atol=1e-8)


def test_equals_the_equations():
    x, dy = batch((4, 3, 2, 5))
    rng = np.random.default_rng(0)
    gamma, beta = rng.normal(size=(2, 5))
    y, cache = equations.batch_norm_forward(x, gamma, beta, epsilon=0.1)
    layer = layers.BatchNormalization(epsilon=0.1, dtype="float64")
    layer.build(x.shape)
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)
    results = step(layer, x, dy, dtype="float64", training=True)
    assert_equal(results[:4], [y, *equations.batch_norm_backward(dy, cache)], 1e-13)


# --- Inside models, and on disk ---


class Subclassed(keras.Model):
    def __init__(self, norm):
        super().__init__()
        self.norm, self.top = norm, keras.layers.Dense(1)

    def call(self, x, training=None):
        return self.top(self.norm(x, training=training))


def functional(norm):
    x = keras.Input((3,))
    return keras.Model(x, keras.layers.Dense(1)(norm(x)))


def sequential(norm):
    return keras.Sequential([norm, keras.layers.Dense(1)])


@pytest.mark.parametrize(
    ("build", "jit_compile"),
    [(sequential, False), (functional, False), (Subclassed, False), (functional, True)],
)
def test_fit_goes_the_way_of_keras(build, jit_compile):
    x = batch((24, 3))[0].astype("float32")
    weights = []
    for norm in (layers.BatchNormalization(), keras.layers.BatchNormalization()):
        keras.utils.set_random_seed(0)
        model = build(norm)
        model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=jit_compile)
        model.fit(x, x.sum(1, keepdims=True), batch_size=8, epochs=2, shuffle=False, verbose=0)
        weights.append([*model.get_weights(), model.predict(x, verbose=0)])
    assert_equal(*weights, 1e-5)


EVERY_LAYER = [
    layers.BatchNormalization(axis=2, momentum=0.5, epsilon=0.01, center=False, name="norm"),
    layers.LayerNormalization(axis=-2, scale=False),
    layers.RMSNormalization(epsilon=0.1),
    layers.InstanceNormalization(),
    layers.GroupNormalization(groups=2, axis=2),
]


# Keras itself converts its variables in a way that NumPy 2 deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("layer", EVERY_LAYER, ids=lambda layer: type(layer).__name__)
def test_a_saved_model_comes_back_without_custom_objects(layer, tmp_path):
    x = batch((3, 2, 4))[0].astype("float32")
    model = keras.Sequential([keras.Input((2, 4)), layer])
    model.set_weights([w + 0.5 for w in model.get_weights()])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[0]) is type(layer)
    assert loaded.layers[0].get_config() == layer.get_config()
    assert_equal([loaded(x)], [model(x)])


def test_an_exported_model_computes_the_same(tmp_path):
    x = batch((3, 4))[0].astype("float32")
    model = keras.Sequential(
        [keras.Input((4,)), layers.BatchNormalization(), layers.LayerNormalization()]
    )
    model.export(tmp_path / "model", verbose=False)
    exported = tf.saved_model.load(tmp_path / "model")
    assert_equal([exported.serve(x)], [model(x)])


def test_config_is_that_of_keras():
    options = {"axis": 1, "momentum": 0.9, "epsilon": 0.01, "center": False, "name": "norm"}
    ours = layers.BatchNormalization(**options).get_config()
    assert options.items() <= ours.items()
    assert ours.items() <= keras.layers.BatchNormalization(**options).get_config().items()
    assert layers.BatchNormalization.from_config(ours).get_config() == ours
    ours, theirs = pair((2, 3))
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    assert ours.compute_output_shape((None, 3)) == theirs.compute_output_shape((None, 3))


# --- What is refused ---


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"axis": 1.5}, "axis must be an integer; received 1.5: use"),
        ({"axis": [1, 2]}, r"received \[1, 2\]: use -1"),
        ({"epsilon": -1e-3}, "epsilon must be finite and >= 0; received -0.001: try 1e-3"),
        ({"epsilon": float("nan")}, "received nan"),
        ({"momentum": 1.1}, "momentum must lie from 0 to 1; received 1.1"),
        ({"momentum": -0.1}, "received -0.1"),
    ],
    ids=str,
)
def test_wrong_settings(options, message):
    with pytest.raises(ValueError, match=message):
        layers.BatchNormalization(**options)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (layers.BatchNormalization(axis=2), (None, 3), r"from -2 to 1 .*\(None, 3\); received 2"),
        (layers.BatchNormalization(axis=-3), (None, 3), "received -3"),
        (layers.BatchNormalization(), (None, None), r"known size.*\(None, None\).*keras.Input"),
        (layers.BatchNormalization(), (3,), "no axis to average over"),
        (layers.InstanceNormalization(), (None, 3), "no axis to average over"),
        (
            layers.LayerNormalization(axis=0),
            (5, 3),
            r"axis 0 holds the examples.*\(5, 3\): x needs rank 2",
        ),
        (layers.BatchNormalization(axis=-2), (5, 3), "received axis=-2"),
        (layers.GroupNormalization(groups=4), (None, 2, 6), "channels, 6; received 4"),
        (layers.GroupNormalization(groups=8), (None, 2, 6), "more than the number of channels, 6"),
    ],
)
def test_wrong_shapes(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.build(shape)


def test_a_built_layer_keeps_its_number_of_features():
    layer = layers.BatchNormalization()
    layer(tf.zeros([2, 3]))
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 3"):
        layer(tf.zeros([2, 4]))


@pytest.mark.parametrize("layer", [layers.BatchNormalization, layers.LayerNormalization])
def test_integers_are_refused_on_sight_and_in_models(layer):
    with pytest.raises(TypeError, match=r"received int64: cast first, as in x.astype"):
        layer()(np.arange(6).reshape(2, 3))
    with pytest.raises(TypeError, match=r"received uint8"):
        layer()(keras.Input((3,), dtype="uint8"))


@pytest.mark.parametrize(
    "layer", [layers.InstanceNormalization, lambda: layers.GroupNormalization(2)]
)
def test_masks_are_refused_on_sight_and_in_models(layer):
    x = np.ones((2, 3, 4), "float32")
    with pytest.raises(ValueError, match=r"mask is not supported.*shape \(2, 3\)"):
        layer()(x, mask=np.ones((2, 3), bool))
    with pytest.raises(ValueError, match="mask is not supported"):
        layer()(keras.layers.Masking()(keras.Input((3, 4))))
    with pytest.raises(ValueError, match="mask is not supported"):
        layer()(keras.layers.Masking()(x))


@pytest.mark.parametrize("signature", [(0, 3), (None, 3)], ids=["eager", "unknown size"])
@pytest.mark.parametrize("options", [{}, {"renorm": True}, {"synchronized": True}], ids=str)
def test_a_batch_of_no_rows_leaves_the_averages_alone(options, signature):
    layer = layers.BatchNormalization(**options)
    layer(np.ones((2, 3), "float32"), training=True)
    before = [weight.numpy() for weight in layer.weights]

    def run(x):
        return layer(x, training=True)

    if signature == (None, 3):
        run = tf.function(run, input_signature=[tf.TensorSpec(signature)])
    assert run(tf.zeros((0, 3))).shape == (0, 3)
    after = [weight.numpy() for weight in layer.weights]
    np.testing.assert_array_equal(np.array(before), np.array(after))
    assert layer(np.ones((0, 3), "float32")).shape == (0, 3)
    moved = run(tf.ones((2, 3)))
    assert np.isfinite(moved).all()
    assert (layer.moving_mean.numpy() > before[2]).all()


def test_a_mask_is_refused_where_a_mean_would_count_what_it_hides():
    with pytest.raises(ValueError, match="mask is not supported"):
        layers.LayerNormalization(axis=1)(keras.layers.Masking()(np.ones((2, 3, 4), "float32")))


class Masked(keras.layers.Layer):
    """Stores the mask that the layer before it passes on."""

    supports_masking = True

    def call(self, x, mask=None):
        self.mask = mask
        return x


@pytest.mark.parametrize("layer", [layers.LayerNormalization, layers.RMSNormalization])
def test_a_mask_passes_through_where_steps_do_not_meet(layer):
    x = np.pad(np.ones((2, 3, 4), "float32"), ((0, 0), (0, 2), (0, 0)))
    for masked in keras.layers.Masking()(x), keras.layers.Masking()(keras.Input((5, 4))):
        after = Masked()
        after(layer()(masked))
        assert after.mask is not None


def test_root_mean_square_has_nothing_to_leave_out():
    for name in "center", "scale":
        with pytest.raises(TypeError, match=name):
            layers.RMSNormalization(**{name: False})
