"""The NumPy equations.

The `check_...` functions are properties of a layer implementation: the right layer passes all of
them, and every wrong copy of it fails at least one.
"""

import os
from functools import cache

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from local.equations import (
    BatchNorm,
    batch_norm_backward,
    batch_norm_backward_staged,
    batch_norm_forward,
    group_norm,
    instance_norm,
    layer_norm,
    normalize,
    rms_norm,
)
from local.exercises.broken import BROKEN
from local.exercises.ideas import MISCONCEPTIONS
from local.gradients import numerical_gradient, relative_error

fast = settings(
    max_examples=12, deadline=None, derandomize=True, database=None, phases=[Phase.generate]
)
numbers = st.integers(-40, 40).map(lambda i: i / 8)


def tables(min_rows=2, min_columns=1):
    shapes = st.tuples(st.integers(min_rows, 7), st.integers(min_columns, 4))
    return shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=numbers))


def varied(x):
    """The same table with columns that are not constant, for epsilon = 0."""
    return x + np.linspace(0, 1, len(x))[:, None] ** 2 * 100


def like(x, seed=0):
    return np.random.default_rng(seed).normal(size=np.shape(x))


def make(layer_class, features, epsilon=1e-3, momentum=0.9):
    """A layer whose parameters and moving averages are all different from their defaults."""
    layer = layer_class(features, momentum=momentum, epsilon=epsilon)
    layer.gamma, layer.beta = 1.5 + np.arange(features), 0.25 - np.arange(features)
    layer.moving_mean, layer.moving_variance = np.full(features, 0.5), np.full(features, 4.0)
    return layer


# --- Checks: forward -----------------------------------------------------------------------------


def check_four_numbers_by_hand(layer_class):
    layer = make(layer_class, 2, epsilon=4.0)
    layer.gamma, layer.beta = np.array([3.0, 1.0]), np.array([1.0, 0.0])
    x = np.array([[2.0, 1.0], [4.0, 1.0], [6.0, 1.0], [8.0, 1.0]])  # mean 5, variance 5, s = 3
    expected = [[-2, 0], [0, 0], [2, 0], [4, 0]]
    np.testing.assert_allclose(layer.forward(x, training=True), expected, atol=1e-12)


@fast
@given(x=tables())
def check_output_has_mean_beta_and_deviation_gamma(layer_class, x):
    layer = make(layer_class, x.shape[1])
    y = layer.forward(x, training=True)
    expected = layer.gamma**2 * x.var(0) / (x.var(0) + layer.epsilon)
    np.testing.assert_allclose(y.mean(0), layer.beta, atol=1e-9)
    np.testing.assert_allclose(y.var(0), expected, atol=1e-9)


@fast
@given(x=tables(), shift=st.floats(-100, 100))
def check_a_shift_changes_nothing(layer_class, x, shift):
    layer = make(layer_class, x.shape[1])
    y = layer.forward(x, training=True)
    np.testing.assert_allclose(layer.forward(x + shift, training=True), y, atol=1e-9)


@fast
@given(x=tables(), scale=st.sampled_from([-3.0, -0.25, 0.125, 2.0, 1000.0]))
def check_a_scale_leaves_its_sign_only(layer_class, x, scale):
    """x -> a x with epsilon -> a² epsilon: the normalized value is multiplied by the sign of a."""
    one = make(layer_class, x.shape[1])
    other = make(layer_class, x.shape[1], epsilon=1e-3 * scale**2)
    one.beta = other.beta = np.zeros(x.shape[1])
    y = np.sign(scale) * one.forward(x, training=True)
    np.testing.assert_allclose(other.forward(scale * x, training=True), y, atol=1e-9)


@fast
@given(x=tables(), seed=st.integers(0, 99))
def check_order_of_the_batch_is_kept(layer_class, x, seed):
    layer = make(layer_class, x.shape[1])
    order = np.random.default_rng(seed).permutation(len(x))
    y = layer.forward(x, training=True)
    np.testing.assert_allclose(layer.forward(x[order], training=True), y[order], atol=1e-9)


@fast
@given(x=tables(min_rows=3))
def check_a_column_keeps_its_shape(layer_class, x):
    """Distances within a column are all multiplied by one number: two heaps stay two heaps."""
    y = make(layer_class, x.shape[1]).forward(x, training=True)
    dx, dy = x - x[:1], y - y[:1]
    np.testing.assert_allclose(dy[1:] * dx[1], dy[1] * dx[1:], atol=1e-6)


@fast
@given(x=tables(min_columns=2))
def check_features_do_not_see_each_other(layer_class, x):
    layer = make(layer_class, x.shape[1])
    y = layer.forward(x, training=True)
    other = x.copy()
    other[:, 1:] = other[:, 1:] ** 2 + 7
    np.testing.assert_allclose(layer.forward(other, training=True)[:, 0], y[:, 0], atol=1e-9)


@fast
@given(x=tables(), training=st.booleans())
def check_gamma_and_beta_are_an_affine_map(layer_class, x, training):
    layer, plain = make(layer_class, x.shape[1]), make(layer_class, x.shape[1])
    plain.gamma, plain.beta = np.ones(x.shape[1]), np.zeros(x.shape[1])
    expected = layer.gamma * plain.forward(x, training) + layer.beta
    np.testing.assert_allclose(layer.forward(x, training), expected, atol=1e-9)


def check_pixels_belong_to_the_batch(layer_class):
    x = like(np.empty((2, 3, 4, 5))) + np.arange(12).reshape(3, 4, 1)
    y = make(layer_class, 5).forward(x, training=True)
    flat = make(layer_class, 5).forward(x.reshape(-1, 5), training=True)
    np.testing.assert_allclose(y, flat.reshape(x.shape), atol=1e-12)


def check_constant_feature_becomes_beta(layer_class):
    layer = make(layer_class, 2)
    y = layer.forward(np.full((4, 2), 3.5), training=True)
    np.testing.assert_allclose(y, np.tile(layer.beta, (4, 1)), atol=1e-12)


def check_batch_of_one_becomes_beta(layer_class):
    layer = make(layer_class, 3)
    y = layer.forward(np.array([[1.0, -5.0, 30.0]]), training=True)
    np.testing.assert_allclose(y, [layer.beta], atol=1e-12)


def check_digits_survive_far_from_zero(layer_class):
    near = like(np.empty((256, 1))).astype(np.float16).astype(np.float32)
    far = near + np.float32(1e4)
    y = make(layer_class, 1).forward(far, training=True)
    exact = make(layer_class, 1).forward(far.astype(np.float64) - 1e4, training=True)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, exact, atol=1e-3)


# --- Checks: backward ----------------------------------------------------------------------------


@fast
@given(x=tables(min_rows=3))
def check_gradients_match_finite_differences(layer_class, x):
    dy = like(x)
    layer = make(layer_class, x.shape[1], epsilon=0.1)

    def output(x, gamma=layer.gamma, beta=layer.beta):
        right = make(BatchNorm, x.shape[1], epsilon=0.1)
        right.gamma, right.beta = gamma, beta
        return right.forward(x, training=True)

    layer.forward(x, training=True)
    dx, dgamma, dbeta = layer.backward(dy)
    np.testing.assert_allclose(dx, numerical_gradient(output, x, dy), atol=1e-6)
    numeric = numerical_gradient(lambda gamma: output(x, gamma=gamma), layer.gamma, dy)
    np.testing.assert_allclose(dgamma, numeric, atol=1e-6)
    numeric = numerical_gradient(lambda beta: output(x, beta=beta), layer.beta, dy)
    np.testing.assert_allclose(dbeta, numeric, atol=1e-6)


@fast
@given(x=tables())
def check_gradient_in_inference_is_a_division(layer_class, x):
    layer = make(layer_class, x.shape[1])
    layer.forward(x, training=False)
    expected = like(x) * layer.gamma / np.sqrt(layer.moving_variance + layer.epsilon)
    np.testing.assert_allclose(layer.backward(like(x))[0], expected, atol=1e-12)


@fast
@given(x=tables())
def check_sum_of_the_input_gradient_vanishes(layer_class, x):
    layer = make(layer_class, x.shape[1])
    layer.forward(x, training=True)
    np.testing.assert_allclose(layer.backward(like(x))[0].sum(0), 0, atol=1e-9)


@fast
@given(x=tables(min_rows=3), epsilon=st.sampled_from([0.0, 1e-3, 10.0]))
def check_sum_of_gradient_times_x_hat_is_epsilons(layer_class, x, epsilon):
    """(3.12): zero where epsilon is 0, and gamma epsilon dgamma / s³ elsewhere."""
    x = varied(x)
    layer = make(layer_class, x.shape[1], epsilon=epsilon)
    layer.forward(x, training=True)
    s = np.sqrt(x.var(0) + epsilon)
    x_hat = (x - x.mean(0)) / s
    expected = layer.gamma * epsilon * (like(x) * x_hat).sum(0) / s**3
    np.testing.assert_allclose((layer.backward(like(x))[0] * x_hat).sum(0), expected, atol=1e-9)


# --- Checks: training and inference --------------------------------------------------------------


@fast
@given(x=tables())
def check_training_moves_the_averages(layer_class, x):
    layer = make(layer_class, x.shape[1], momentum=0.9)
    layer.forward(x, training=True)
    np.testing.assert_allclose(layer.moving_mean, 0.9 * 0.5 + 0.1 * x.mean(0), atol=1e-12)
    np.testing.assert_allclose(layer.moving_variance, 0.9 * 4 + 0.1 * x.var(0), atol=1e-12)


@fast
@given(x=tables(min_rows=1))
def check_inference_uses_the_averages(layer_class, x):
    layer = make(layer_class, x.shape[1])
    y = layer.forward(x, training=False)
    expected = layer.gamma * (x - 0.5) / np.sqrt(4 + layer.epsilon) + layer.beta
    np.testing.assert_allclose(y, expected, atol=1e-12)


@fast
@given(x=tables())
def check_inference_leaves_the_averages(layer_class, x):
    layer = make(layer_class, x.shape[1])
    layer.forward(x, training=False)
    np.testing.assert_array_equal(layer.moving_mean, np.full(x.shape[1], 0.5))
    np.testing.assert_array_equal(layer.moving_variance, np.full(x.shape[1], 4.0))


CHECKS = {name: check for name, check in list(globals().items()) if name.startswith("check_")}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_right_layer_passes(check):
    check(layer_class=BatchNorm)


# --- The wrong copies ----------------------------------------------------------------------------


@cache
def finds(check, layer_class):
    """Whether the check fails for this layer; wrong shapes count, misspelt names do not."""
    try:
        with np.errstate(all="ignore"):
            check(layer_class=layer_class)
    except (AssertionError, ValueError):
        return True
    return False


@pytest.mark.parametrize("name", BROKEN)
def test_a_wrong_copy_is_found_and_yet_nearly_right(name):
    finders = [check_name for check_name, check in CHECKS.items() if finds(check, BROKEN[name])]
    print(f"{name}: {', '.join(finders) or 'found by no check'}")
    assert finders
    assert len(finders) <= 2 * len(CHECKS) / 3, "a wrong copy differs in one idea only"


def test_every_copy_says_what_is_wrong():
    for layer_class in BROKEN.values():
        assert layer_class.__doc__.endswith(".")
        assert layer_class.idea.misconception in {None, *MISCONCEPTIONS}


def test_every_check_finds_something():
    for name, check in CHECKS.items():
        assert any(finds(check, layer_class) for layer_class in BROKEN.values()), name


# --- The functions -------------------------------------------------------------------------------


@fast
@given(x=tables(), epsilon=st.sampled_from([1e-5, 1e-3, 2.0]))
def test_functions_and_layer_agree(x, epsilon):
    layer = make(BatchNorm, x.shape[1], epsilon=epsilon)
    y, cache = batch_norm_forward(x, layer.gamma, layer.beta, epsilon)
    np.testing.assert_array_equal(y, layer.forward(x, training=True))
    gradients = batch_norm_backward(like(x), cache)
    for ours, theirs in zip(gradients, layer.backward(like(x)), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@fast
@given(x=tables(), epsilon=st.sampled_from([1e-5, 1e-3, 2.0]))
def test_staged_backward_equals_closed_form(x, epsilon):
    gamma, beta = like(x[0], 1), like(x[0], 2)
    _, cache = batch_norm_forward(x, gamma, beta, epsilon)
    staged = batch_norm_backward_staged(like(x), cache)
    closed = dict(zip(("dx", "dgamma", "dbeta"), batch_norm_backward(like(x), cache), strict=True))
    for name, value in closed.items():
        scale = max(1.0, np.abs(value).max())
        np.testing.assert_allclose(staged[name] / scale, value / scale, rtol=0, atol=1e-10)


def test_staged_backward_at_every_node():
    """Each node is nudged while the nodes before it stay, and the rest of the graph follows."""
    x, gamma, beta, dy = (like(np.empty(shape), 3) for shape in [(5, 2), 2, 2, (5, 2)])

    def output(**given):
        mean = given.get("mean", x.mean(0))
        centered = given.get("centered", given.get("x", x) - mean)
        squared = given.get("squared", centered**2)
        variance = given.get("variance", squared.mean(0))
        s = given.get("s", np.sqrt(variance + 1e-3))
        return gamma * given.get("x_hat", centered / s) + beta

    c = x - x.mean(0)
    s = np.sqrt(c.var(0) + 1e-3)
    nodes = {"mean": x.mean(0), "centered": c, "squared": c**2, "variance": c.var(0), "s": s}
    staged = batch_norm_backward_staged(dy, batch_norm_forward(x, gamma, beta)[1])
    for name, value in (nodes | {"x_hat": c / s}).items():
        numeric = numerical_gradient(lambda node, name=name: output(**{name: node}), value, dy)
        assert relative_error(staged["d" + name], numeric) < 1e-7, name


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(6, 3), (2, 5, 3), (2, 4, 5, 3)])
def test_types_and_shapes_are_kept(dtype, shape):
    x = like(np.empty(shape)).astype(dtype)
    y, cache = batch_norm_forward(x, np.ones(3, dtype), np.zeros(3, dtype))
    gradients = batch_norm_backward(y, cache)
    staged = batch_norm_backward_staged(y, cache)
    others = [layer_norm(x), rms_norm(x), group_norm(x, 3)]
    assert {a.dtype for a in (y, *gradients, *staged.values(), *others)} == {np.dtype(dtype)}
    assert [a.shape for a in (y, *gradients)] == [shape, shape, (3,), (3,)]
    assert {a.shape for a in others} == {shape}


def test_half_precision_input_does_not_overflow():
    x = np.array([[60000.0], [59000.0], [-60000.0]], dtype=np.float16)
    y, _ = batch_norm_forward(x, np.ones(1), np.zeros(1))
    exact, _ = batch_norm_forward(x.astype(np.float64), np.ones(1), np.zeros(1))
    np.testing.assert_allclose(y, exact, atol=1e-3)


def test_input_is_left_alone():
    x, gamma, beta = like(np.empty((4, 2))), np.ones(2), np.zeros(2)
    before = x.copy()
    _, cache = batch_norm_forward(x, gamma, beta)
    gamma[:] = 5  # as an optimizer does, between forward and backward
    dx, *_ = batch_norm_backward(before, cache)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(
        dx, batch_norm_backward(before, batch_norm_forward(x, np.ones(2), beta)[1])[0]
    )


# --- Keras and TensorFlow as witnesses -----------------------------------------------------------


@pytest.mark.parametrize("shape", [(6, 3), (3, 4, 5, 2)])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_equals_keras(shape, training):
    x, dy = like(np.empty(shape), 1) * 3 + 2, like(np.empty(shape), 2)
    ours = make(BatchNorm, shape[-1])
    theirs = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-3, dtype="float64")
    theirs.build(shape)
    theirs.set_weights([ours.gamma, ours.beta, ours.moving_mean, ours.moving_variance])
    inputs = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = theirs(inputs, training=training)
    variables = [inputs, theirs.gamma.value, theirs.beta.value]
    gradients = tape.gradient(y, variables, output_gradients=tf.constant(dy))
    np.testing.assert_allclose(ours.forward(x, training), y, atol=1e-10)
    for our, their in zip(ours.backward(dy), gradients, strict=True):
        np.testing.assert_allclose(our, their, atol=1e-9)
    np.testing.assert_allclose(ours.moving_mean, theirs.moving_mean, atol=1e-10)
    np.testing.assert_allclose(ours.moving_variance, theirs.moving_variance, atol=1e-10)


@pytest.mark.parametrize("shape", [(4, 6), (3, 5, 6), (2, 4, 4, 6)])
def test_relatives_equal_keras(shape):
    x = like(np.empty(shape)) * 3 + 2
    peer = {"epsilon": 1e-3, "dtype": "float64"}
    layers = keras.layers
    pairs = [(layer_norm(x), layers.LayerNormalization(**peer))]
    pairs += [(rms_norm(x), layers.RMSNormalization(**peer))]
    pairs += [(group_norm(x, g), layers.GroupNormalization(g, **peer)) for g in (1, 2, 3, 6)]
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs(x), atol=1e-10)


def test_relatives_are_one_function_with_other_axes():
    x = like(np.empty((3, 4, 5, 6))) * 2 + 1
    np.testing.assert_array_equal(group_norm(x, 6), instance_norm(x))
    np.testing.assert_allclose(group_norm(x, 1), normalize(x, (1, 2, 3)), atol=1e-12)
    y, _ = batch_norm_forward(x, np.ones(6), np.zeros(6))
    np.testing.assert_array_equal(y, normalize(x, (0, 1, 2)))


@fast
@given(x=tables(min_columns=2))
def test_layer_norm_of_a_table_is_batch_norm_of_its_transpose(x):
    y, _ = batch_norm_forward(x.T, np.ones(len(x)), np.zeros(len(x)))
    np.testing.assert_allclose(layer_norm(x), y.T, atol=1e-12)


# --- Errors: what was wrong, what was received, how to mend --------------------------------------

ONES, ZEROS = np.ones(3), np.zeros(3)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: batch_norm_forward(np.ones((4, 3), int), ONES, ZEROS), TypeError, "int64.*astype"),
        (lambda: batch_norm_forward(np.ones(3), ONES, ZEROS), ValueError, r"\(3,\).*newaxis"),
        (lambda: batch_norm_forward(np.ones((4, 2)), ONES, ZEROS), ValueError, r"gamma.*\(3,\)"),
        (lambda: batch_norm_forward(np.ones((4, 3)), ONES, 0.0), ValueError, r"beta.*\(\)"),
        (lambda: batch_norm_forward(np.ones((0, 3)), ONES, ZEROS), ValueError, r"empty.*\(0, 3\)"),
        (lambda: batch_norm_forward(np.ones((4, 3)), ONES, ZEROS, -1), ValueError, "epsilon.*-1"),
        (lambda: batch_norm_forward(np.ones((4, 3)), ONES, ZEROS, 0), ValueError, "epsilon > 0"),
        (lambda: layer_norm(np.ones((4, 3)), float("nan")), ValueError, "epsilon.*nan"),
        (lambda: rms_norm(np.zeros((4, 3)), 0), ValueError, "epsilon > 0"),
        (lambda: layer_norm([[1, 2]]), TypeError, "int64"),
        (lambda: instance_norm(np.ones((4, 3))), ValueError, r"\(4, 3\)"),
        (lambda: group_norm(np.ones((4, 3)), 2), ValueError, "groups=2.*3 channels"),
        (lambda: BatchNorm(3, momentum=1.5), ValueError, "1.5"),
    ],
)
def test_errors_name_what_was_received(call, error, words):
    with pytest.raises(error, match=f"(?s){words}"):
        call()


@pytest.mark.parametrize("backward", [batch_norm_backward, batch_norm_backward_staged])
def test_backward_wants_a_gradient_for_every_output(backward):
    _, cache = batch_norm_forward(like(np.empty((4, 3))), ONES, ZEROS)
    with pytest.raises(ValueError, match=r"\(4, 3\).*\(4, 1\)"):
        backward(np.ones((4, 1)), cache)
    with pytest.raises(TypeError, match="int64"):
        backward(np.ones((4, 3), int), cache)


def test_backward_wants_a_forward_pass_first():
    with pytest.raises(ValueError, match="no forward pass"):
        BatchNorm(3).backward(np.ones((4, 3)))
