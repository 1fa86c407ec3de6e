import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from local.gradients import numerical_gradient, relative_error

fast = settings(max_examples=50, deadline=None, derandomize=True, database=None)
values = arrays(np.float64, array_shapes(max_dims=3, max_side=4), elements=st.floats(-50, 50))


@fast
@given(x=values)
def test_linear_maps_are_exact(x):
    slopes = np.arange(1.0, x.size + 1).reshape(x.shape)
    gradient = numerical_gradient(lambda x: slopes * x, x)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-7)


@fast
@given(x=values)
def test_dy_weighs_the_outputs(x):
    dy = np.cos(x)
    np.testing.assert_allclose(numerical_gradient(np.sin, x, dy), dy**2, atol=1e-8)


def test_default_step_is_near_the_best():
    x = np.linspace(-2, 2, 21)

    def error(h=None):
        return relative_error(numerical_gradient(np.exp, x, h=h), np.exp(x))

    assert error() < 1e-9
    assert error() < min(error(1e-3), error(1e-9))


def test_default_step_follows_the_type_of_f():
    x = np.linspace(-2, 2, 21)
    gradient = numerical_gradient(lambda x: np.exp(x.astype(np.float32)), x)
    assert gradient.dtype == np.float64
    assert relative_error(gradient, np.exp(x)) < 1e-3
    tiny = numerical_gradient(lambda x: np.exp(x.astype(np.float32)), x, h=6e-6)
    assert relative_error(tiny, np.exp(x)) > 1e-3


def test_matrix_of_a_vector_function():
    matrix = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    gradient = numerical_gradient(lambda x: matrix @ x, np.ones(3), np.array([1.0, 10.0]))
    np.testing.assert_allclose(gradient, [41, 52, 63])


def test_x_is_left_alone_and_may_be_of_integers():
    x = np.array([3, 4])
    np.testing.assert_allclose(numerical_gradient(lambda x: (x**2).sum(), x), [6, 8])
    np.testing.assert_array_equal(x, [3, 4])


def test_step_grows_with_large_entries():
    x = np.array([1e12])
    assert numerical_gradient(lambda x: 3 * x, x)[0] == pytest.approx(3, rel=1e-6)


def test_gradient_errors():
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        numerical_gradient(np.sin, np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match="-1"):
        numerical_gradient(np.sin, np.ones(3), h=-1)


@fast
@given(a=values, factor=st.floats(1e-3, 1e3))
def test_relative_error_is_a_ratio(a, factor):
    b = a + np.linspace(1, 2, a.size).reshape(a.shape)
    error = relative_error(a, b)
    assert 0 < error <= 2
    assert error == pytest.approx(relative_error(b, a))
    assert error == pytest.approx(relative_error(factor * a, factor * b))


def test_relative_error_landmarks():
    a = np.array([3.0, 4.0])
    assert relative_error(a, a) == 0
    assert relative_error(0 * a, 0 * a) == 0
    assert relative_error(np.empty(0), np.empty(0)) == 0
    assert relative_error(a, 0 * a) == pytest.approx(1)
    assert relative_error(a, -a) == pytest.approx(2)
    assert relative_error(1e200 * a, 1.1e200 * a) == pytest.approx(1 / 11)
    assert relative_error(a, np.array([3.0, np.nan])) == np.inf
    assert relative_error(a, np.array([np.inf, 4.0])) == np.inf


def test_relative_error_wants_one_shape():
    with pytest.raises(ValueError, match=r"\(2,\).*\(2, 1\)"):
        relative_error(np.ones(2), np.ones((2, 1)))


@pytest.mark.parametrize(
    ("f", "h", "said"),
    [
        (lambda a: None, None, "received None"),
        (lambda a: (a, "cache"), None, "received a tuple of 2"),
        (np.sum, 1e-20, r"lost in rounding 1\.0"),
        (np.sum, np.inf, "positive and finite; received inf"),
    ],
)
def test_what_has_no_gradient_is_named(f, h, said):
    with pytest.raises(ValueError, match=said):
        numerical_gradient(f, [1.0, 2.0], h=h)
