"""The small net is the one of chapter 1, with batch normalization where it is asked for."""

import keras
import numpy as np
import pytest

from local.models import SmallNet

X = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32)


def test_the_forward_pass_is_the_equations():
    model = SmallNet(hidden=4)
    values = model.forward(X)
    w1, b1 = (v.numpy() for v in model.hidden.weights)
    w2, b2 = (v.numpy() for v in model.output_layer.weights)
    z1 = X @ w1 + b1
    z2 = np.tanh(z1) @ w2 + b2
    a2 = np.exp(z2) / np.exp(z2).sum(axis=1, keepdims=True)
    for name, expected in {"z1": z1, "a1": np.tanh(z1), "z2": z2, "a2": a2}.items():
        np.testing.assert_allclose(values[name], expected, atol=1e-5)
    np.testing.assert_allclose(model(X), z2, atol=1e-5)


@pytest.mark.parametrize(("normalization", "normalized"), [("before", "z1"), ("after", "a1")])
def test_normalization_stands_where_it_was_asked_for(normalization, normalized):
    model = SmallNet(hidden=4, normalization=normalization)
    values = model.forward(X, training=True)
    others = {"z1", "a1"} - {normalized}
    np.testing.assert_allclose(np.mean(values[normalized], axis=0), 0, atol=1e-5)
    assert all(np.abs(np.mean(values[name], axis=0)).max() > 1e-3 for name in others)


def test_any_activation_and_size():
    values = SmallNet(hidden=7, classes=2, activation="relu").forward(X)
    assert values["a1"].shape == (8, 7)
    assert values["a2"].shape == (8, 2)
    np.testing.assert_array_equal(values["a1"], np.maximum(values["z1"], 0))


def test_an_unknown_normalization_is_refused():
    with pytest.raises(ValueError, match=r"None, 'before', 'after'.*received 'between'"):
        SmallNet(normalization="between")


def test_it_trains_with_keras_too():
    keras.utils.set_random_seed(0)
    model = SmallNet(hidden=4, normalization="before")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss)
    history = model.fit(X, np.arange(8) % 3, batch_size=8, epochs=30, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
