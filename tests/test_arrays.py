"""Masked arrays: what they hide would count in silence, so whoever takes arrays refuses them."""

import numpy as np
import pytest

from local import equations, gradients, mosaics, ridges, training
from local.claims import above, claim
from local.ensembles.cnn import CNN, CNNEnsemble
from local.ensembles.mlp import MLP
from local.ensembles.sweeps import sweep
from local.models import SmallNet

X = np.random.default_rng(0).normal(size=(8, 4, 4, 3))
Y = np.arange(8) % 2
TABLE = X.reshape(8, -1)
GAMMA = np.ones(3)
OPTIONS = {"learning_rates": [0.1], "seeds": [0], "epochs": 1, "batch_size": 4}


def hiding(values):
    """`values`, the first and the last hidden."""
    mask = np.zeros(np.shape(values), bool)
    mask.flat[[0, -1]] = True
    return np.ma.array(values, mask=mask)


def layer_after_forward():
    layer = equations.BatchNorm(3)
    layer.forward(X, training=True)
    return layer


def cached():
    return equations.batch_norm_forward(X, GAMMA, GAMMA)[1]


def small_net():
    model = SmallNet(classes=2, normalization="before")
    model(TABLE[:1].astype("float32"))
    return model


def cnn():
    return CNNEnsemble(CNN(((2, 8),), kinds=(None,)), (4, 4, 3), 2, [0])


@pytest.mark.parametrize(
    ("name", "call", "values"),
    [
        ("x", lambda x: equations.batch_norm_forward(x, GAMMA, GAMMA), X),
        ("gamma", lambda gamma: equations.batch_norm_forward(X, gamma, GAMMA), GAMMA),
        ("beta", lambda beta: equations.batch_norm_forward(X, GAMMA, beta), GAMMA),
        ("dy", lambda dy: equations.batch_norm_backward(dy, cached()), X),
        ("dy", lambda dy: equations.batch_norm_backward_staged(dy, cached()), X),
        ("x", lambda x: layer_after_forward().forward(x), X),
        ("dy", lambda dy: layer_after_forward().backward(dy), X),
        ("x", lambda x: equations.normalize(x, 0), X),
        ("x", equations.layer_norm, X),
        ("x", equations.instance_norm, X),
        ("x", lambda x: equations.group_norm(x, 3), X),
        ("x", equations.rms_norm, X),
        ("x", lambda x: gradients.numerical_gradient(np.sin, x), GAMMA),
        ("dy", lambda dy: gradients.numerical_gradient(np.sin, GAMMA, dy), GAMMA),
        (r"f\(x\)", lambda y: gradients.numerical_gradient(lambda x: y, GAMMA), GAMMA),
        ("a", lambda a: gradients.relative_error(a, GAMMA), GAMMA),
        ("b", lambda b: gradients.relative_error(GAMMA, b), GAMMA),
        ("rows", ridges.densities, TABLE),
        ("x", lambda x: mosaics.show_labeled_image_mosaic(x, Y), X.clip(0, 1)),
        ("y", lambda y: mosaics.show_labeled_image_mosaic(X.clip(0, 1), y), Y),
        ("measured", lambda m: claim("hidden-seeds", "A sentence.", m, above(0), (0, 1, 2)), GAMMA),
        ("x", lambda x: training.fit(SmallNet(), x, Y, epochs=1, batch_size=4), TABLE),
        ("y", lambda y: training.fit(SmallNet(), TABLE, y, epochs=1, batch_size=4), Y),
        ("x", lambda x: training.score(small_net(), x, Y), TABLE),
        ("y", lambda y: training.score(small_net(), TABLE, y), Y),
        ("x", lambda x: training.precise_statistics(small_net(), x), TABLE),
        ("x of the training set", lambda x: sweep(MLP(depth=1), x, Y, **OPTIONS), TABLE),
        ("y of the training set", lambda y: sweep(MLP(depth=1), TABLE, y, **OPTIONS), Y),
        ("y of the test set", lambda y: sweep(MLP(1), TABLE, Y, test=(TABLE, y), **OPTIONS), Y),
        ("x", lambda x: cnn().train(x, Y, batch_size=4, rate=0.1, steps=1), X),
    ],
)
def test_hidden_values_are_refused_by_the_name_of_their_argument(name, call, values):
    with pytest.raises(ValueError, match=f"^{name} must hide no values.*masked.* with 2 hidden"):
        call(hiding(values))


def test_a_masked_array_that_hides_nothing_is_like_any_other():
    y, _ = equations.batch_norm_forward(np.ma.array(X), np.ma.array(GAMMA), GAMMA)
    np.testing.assert_array_equal(y, equations.batch_norm_forward(X, GAMMA, GAMMA)[0])
