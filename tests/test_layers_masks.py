"""Masks in batch normalization, against Keras's layer, automatic differentiation and NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from local import layers
from local.gradients import numerical_gradient, relative_error
from tests.layer_steps import MODES, assert_equal, batch, pair, step


@st.composite
def shapes_and_axes(draw):
    """A shape, and an axis of it that is not the first and has two features or more."""
    shape = draw(st.lists(st.integers(1, 5), min_size=2, max_size=4))
    axis = draw(st.integers(1 - len(shape), -1))
    shape[axis] += 1  # with one feature and an axis but the last, Keras itself stops
    return tuple(shape), axis


@settings(max_examples=25, deadline=None)
@given(
    case=shapes_and_axes(),
    seed=st.integers(0, 99),
    counted=st.sampled_from([0.0, 0.5, 1.0]),
    dtype=st.sampled_from(["bool", "float32", "int32"]),
    repeated=st.booleans(),
    options=st.sampled_from(
        [{}, {"momentum": 0.5, "epsilon": 0.1}, {"center": False}, {"scale": False}]
    ),
)
def test_equals_keras_for_every_mask(case, seed, counted, dtype, repeated, options):
    shape, axis = case
    mask = np.random.default_rng(seed).uniform(size=shape[:-1]) < counted
    mask = mask[:, :1] if repeated and len(shape) > 2 else mask  # broadcasts along its last axis
    ours, theirs = pair(shape, axis=axis, dtype="float64", **options)
    call = {"training": True, "mask": tf.cast(mask, dtype)}
    x, dy = batch(shape, seed)
    results = [step(layer, x, dy, dtype="float64", **call) for layer in (ours, theirs)]
    for a, b in zip(*results, strict=True):
        # Keras divides by the number of rows + 1e-7, and few rows make large slopes of it.
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * max(10, np.abs(b).max()))


@MODES
def test_a_mask_is_the_same_in_every_way_to_run(mode):
    shape, mask = (5, 4, 3), tf.constant(np.random.default_rng(1).uniform(size=(5, 4)) < 0.5)
    results = [
        step(layer, *batch(shape), mode, training=True, mask=mask)
        for layer in pair(shape, momentum=0.7)
    ]
    assert_equal(*results, 2e-6)


@pytest.mark.parametrize("options", [{}, {"renorm": True}], ids=str)
def test_hidden_rows_are_as_good_as_left_out(options):
    x, dy = batch((6, 4, 3))
    mask = np.random.default_rng(2).uniform(size=(6, 4)) < 0.6
    dy[~mask] = 0  # the loss does not look at them either
    masked = step(layers.BatchNormalization(**options), x, dy, training=True, mask=mask)
    left = step(layers.BatchNormalization(**options), x[mask], dy[mask], training=True)
    y, dx, *others = masked
    assert_equal([y[mask], dx[mask], *others], left, 2e-6)
    np.testing.assert_array_equal(dx[~mask], 0)


@pytest.mark.parametrize("nonsense", [np.nan, np.inf, -np.inf, 1e38])
def test_what_is_hidden_may_be_anything(nonsense):
    x, dy = batch((6, 4, 3))
    mask = np.random.default_rng(2).uniform(size=(6, 4)) < 0.6
    dy[~mask] = 0
    call = {"training": True, "mask": tf.constant(mask)}
    expected = step(layers.BatchNormalization(), x, dy, **call)
    x[~mask] = nonsense
    y, dx, *others = step(layers.BatchNormalization(), x, dy, **call)
    assert_equal([y[mask], *others], [expected[0][mask], *expected[2:]])
    assert_equal([dx[mask]], [expected[1][mask]])


def test_weights_count_rows_as_often_as_they_say():
    x, dy = batch((5, 3))
    weights = np.array([1, 2, 0, 3, 1])
    repeated = np.repeat(x, weights, axis=0)
    layer = layers.BatchNormalization(momentum=0.0, dtype="float64")
    layer(tf.constant(x), training=True, mask=tf.constant(weights, "float64"))
    np.testing.assert_allclose(layer.moving_mean, repeated.mean(0))
    np.testing.assert_allclose(layer.moving_variance, repeated.var(0))
    scaled = [
        step(layers.BatchNormalization(), x, dy, training=True, mask=tf.constant(w, "float32"))
        for w in (weights, weights / 8)
    ]
    assert_equal(*scaled)


def test_a_mask_of_lower_rank_covers_the_first_axes():
    x, dy = batch((5, 2, 4, 3))
    mask = np.array([True, False, True, True, False])
    whole = np.broadcast_to(mask[:, None, None], (5, 2, 4))
    results = [
        step(layers.BatchNormalization(), x, dy, training=True, mask=tf.constant(m))
        for m in (mask, mask[:, None], whole)
    ]
    assert_equal(results[0], results[2])
    assert_equal(results[1], results[2])


def test_where_nothing_counts_mean_and_variance_are_0_as_in_keras():
    x, dy = batch((4, 3))
    mask = tf.zeros([4], bool)
    results = [step(layer, x, dy, training=True, mask=mask) for layer in pair(x.shape)]
    assert_equal(*results, 2e-6)
    layer = layers.BatchNormalization(momentum=0.75)
    y = layer(tf.cast(x, "float32"), training=True, mask=mask)
    np.testing.assert_allclose(y, x / np.sqrt(1e-3), rtol=1e-5)
    np.testing.assert_array_equal(layer.moving_mean, 0)
    np.testing.assert_array_equal(layer.moving_variance, 0.75)


@pytest.mark.parametrize("training", [False, None])
def test_inference_ignores_the_mask(training):
    x = tf.cast(batch((4, 5, 3))[0], "float32")
    layer = layers.BatchNormalization()
    layer(x, training=True)
    y = layer(x, training=training, mask=tf.constant(np.eye(4, 5) > 0))
    np.testing.assert_array_equal(y, layer(x, training=training))


def test_a_model_leaves_its_padding_out():
    steps, padding = [[1.0, 5.0], [2.0, 5.0]], [[0.0, 0.0], [0.0, 0.0]]
    x = np.array([steps + padding] * 6, "float32")
    inputs = keras.Input((None, 2))
    norm = layers.BatchNormalization(momentum=0.0)
    model = keras.Model(inputs, norm(keras.layers.Masking()(inputs)))
    model.compile("sgd", "mse")
    model.fit(x, x, batch_size=6, verbose=0)
    np.testing.assert_allclose(norm.moving_mean, [1.5, 5])
    np.testing.assert_allclose(norm.moving_variance, [0.25, 0], atol=1e-6)


# --- The closed form (3.15) ---


def by_tape(x, gamma, beta, axes, epsilon, weights):
    """(3.14) and (2.3), (2.4), for automatic differentiation."""
    weights = tf.broadcast_to(weights, x.shape)
    n = tf.reduce_sum(weights, axes, keepdims=True)
    mean = tf.reduce_sum(weights * x, axes, keepdims=True) / n
    variance = tf.reduce_sum(weights * (x - mean) ** 2, axes, keepdims=True) / n
    return gamma * (x - mean) / tf.sqrt(variance + epsilon) + beta


@settings(max_examples=20, deadline=None)
@given(
    shape=st.tuples(st.integers(4, 8), st.integers(1, 3), st.integers(1, 4)),
    seed=st.integers(0, 99),
    epsilon=st.sampled_from([1e-3, 1.0]),
    binary=st.booleans(),
)
def test_closed_form_is_what_automatic_differentiation_finds(shape, seed, epsilon, binary):
    x, dy = map(tf.constant, batch(shape, seed))
    rng = np.random.default_rng(seed)
    weights = rng.uniform(size=(*shape[:2], 1))
    weights = (weights < 0.7) + 0.0 if binary else weights
    weights[0, 0] = 1
    gamma, beta = tf.constant(rng.normal(size=(2, 1, 1, shape[-1])))
    results = []
    for function in (layers.normalize_weighted_batch, by_tape):
        with tf.GradientTape() as tape:
            tape.watch([x, gamma, beta])
            y = function(x, gamma, beta, (0, 1), epsilon, tf.constant(weights))
            y = y[0] if isinstance(y, tuple) else y
        results.append([y, *tape.gradient(y, [x, gamma, beta], dy)])
    assert_equal(*[[value.numpy() for value in result] for result in results], 1e-9)


def test_gradient_is_the_slope_of_the_output():
    x, dy = batch((6, 3))
    mask = tf.constant([True, False, True, True, False, True])
    layer = layers.BatchNormalization(dtype="float64")

    def forward(x):
        return layer(tf.constant(x), training=True, mask=mask).numpy()

    _, dx, *_ = step(layer, x, dy, dtype="float64", training=True, mask=mask)
    assert relative_error(dx, numerical_gradient(forward, x, dy)) < 1e-8


def test_the_gradient_sums_to_zero_over_all_rows_hidden_ones_too():
    x, dy = batch((8, 3))
    mask = tf.constant([True] * 5 + [False] * 3)
    layer = layers.BatchNormalization(dtype="float64", epsilon=0.0)
    y, dx, *_ = step(layer, x, dy, dtype="float64", training=True, mask=mask)
    np.testing.assert_allclose(dx.sum(0), 0, atol=1e-12)
    np.testing.assert_allclose((dx * y).sum(0), 0, atol=1e-12)
    assert (np.abs(dx[5:]) > 1e-3).all()


def test_second_derivatives_are_those_of_automatic_differentiation():
    x, dy = (tf.constant(value) for value in batch((6, 3)))
    weights = tf.constant([[1.0], [0], [1], [1], [0], [1]], "float64")
    gamma, beta = tf.constant([[0.5, 1, 2]], "float64"), tf.zeros([1, 3], "float64")
    results = []
    for function in (lambda *a: layers.normalize_weighted_batch(*a)[0], by_tape):
        with tf.GradientTape() as outer:
            outer.watch([x, gamma])
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(function(x, gamma, beta, [0], 1e-3, weights) * dy)
            length = tf.reduce_sum(inner.gradient(loss, x) ** 2)
        results.append([value.numpy() for value in outer.gradient(length, [x, gamma])])
    assert_equal(*results, 1e-9)


# --- What is refused ---


@pytest.mark.parametrize("shape", [(2, 3, 4), (3, 3), (2, 4), (2, 3, 1)])
@pytest.mark.parametrize("training", [True, False])
def test_a_mask_that_does_not_fit_is_refused_on_sight_and_in_models(shape, training):
    layer = layers.BatchNormalization()
    with pytest.raises(ValueError, match=r"mask of shape .* for x of shape \(2, 3, 4\): use one"):
        layer(tf.zeros([2, 3, 4]), training=training, mask=tf.ones(shape))
    with pytest.raises(ValueError, match="fewer axes than x"):
        layers.BatchNormalization()(
            keras.Input((3, 4), batch_size=2), mask=keras.Input(shape[1:], batch_size=shape[0])
        )
