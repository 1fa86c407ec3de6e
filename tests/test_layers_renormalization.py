"""Batch renormalization against the algorithm of its paper in NumPy, and against Keras's layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from local import layers
from tests.layer_steps import MODES, assert_equal, batch, step

NAMES = ("moving_mean", "moving_variance", "moving_stddev", "renorm_mean", "renorm_stddev")
CLIPPINGS = st.fixed_dictionaries(
    {},
    optional={
        "rmin": st.floats(0, 1),
        "rmax": st.floats(1, 3),
        "dmax": st.floats(0, 5),
    },
)


def of_the_paper(x, gamma, beta, averages, epsilon, momentum, renorm_momentum, clipping):
    """Output and new averages (Ioffe 2017, algorithm 1), with Keras's second pair of averages."""
    mean, s = x.mean(0), np.sqrt(x.var(0) + epsilon)
    past = averages["renorm_mean"], np.maximum(averages["renorm_stddev"], np.sqrt(epsilon))
    r = np.clip(s / past[1], clipping.get("rmin", 0), clipping.get("rmax", np.inf))
    dmax = clipping.get("dmax", np.inf)
    d = np.clip((mean - past[0]) / past[1], -dmax, dmax)
    y = gamma * ((x - mean) / s * r + d) + beta

    def moved(name, value, m):
        return m * averages[name] + (1 - m) * value

    stddev = moved("moving_stddev", s, momentum)
    return y, {
        "moving_mean": moved("moving_mean", mean, momentum),
        "moving_variance": np.maximum(stddev**2 - epsilon, 0),
        "moving_stddev": stddev,
        "renorm_mean": moved("renorm_mean", mean, renorm_momentum),
        "renorm_stddev": moved("renorm_stddev", s, renorm_momentum),
    }


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 99),
    rows=st.integers(1, 6),
    clipping=CLIPPINGS,
    momenta=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    epsilon=st.sampled_from([1e-3, 0.5]),
)
def test_equals_the_algorithm(seed, rows, clipping, momenta, epsilon):
    rng = np.random.default_rng(seed)
    x, gamma, beta = batch((rows, 3), seed)[0], *rng.uniform(0.5, 2, (2, 3))
    momentum, renorm_momentum = momenta
    layer = layers.BatchNormalization(
        momentum=momentum, epsilon=epsilon, renorm=True, renorm_clipping=clipping,
        renorm_momentum=renorm_momentum, dtype="float64",
    )  # fmt: skip
    layer.build((None, 3))
    assert [w.name for w in layer.weights] == ["gamma", "beta", *NAMES]
    before = dict(zip(NAMES, rng.uniform(0.01, 2, (5, 3)), strict=True))
    layer.set_weights([gamma, beta, *before.values()])
    y = layer(tf.constant(x), training=True)
    expected, after = of_the_paper(
        x, gamma, beta, before, epsilon, momentum, renorm_momentum, clipping
    )
    np.testing.assert_allclose(y, expected, atol=1e-10)
    for name in NAMES:
        np.testing.assert_allclose(getattr(layer, name), after[name], atol=1e-10)


@MODES
def test_equals_keras(mode):
    options = {"renorm": True, "renorm_clipping": {"rmax": 1.2, "dmax": 0.5}, "momentum": 0.8}
    try:
        theirs = keras.layers.BatchNormalization(**options)
    except ValueError:
        pytest.skip(f"Keras {keras.__version__} has no renorm")
    x, dy = batch((5, 4, 3))
    weights = np.random.default_rng(0).uniform(0.5, 2, (7, 3))
    results = []
    for layer in (layers.BatchNormalization(**options), theirs):
        layer.build((None, 4, 3))
        layer.set_weights(list(weights))
        call = {"training": True, "mask": tf.constant(np.tri(5, 4) > 0)}
        results.append(step(layer, x, dy, mode, **call))
    assert_equal(*results, 1e-5)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_is_saved_with_its_averages(tmp_path):
    x = batch((4, 3))[0].astype("float32")
    norm = layers.BatchRenormalization(renorm_clipping={"rmax": 2.0}, renorm_momentum=0.5)
    model = keras.Sequential([keras.Input((3,)), norm])
    model(x, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[0]) is layers.BatchRenormalization
    assert loaded.layers[0].get_config() == norm.get_config()
    assert_equal([loaded(x, training=True)], [model(x, training=True)])


def test_limits_of_one_and_zero_are_batch_normalization():
    x, dy = batch((6, 3))
    limits = {"rmin": 1.0, "rmax": 1.0, "dmax": 0.0}
    plain = step(layers.BatchNormalization(), x, dy, training=True)
    renorm = step(layers.BatchRenormalization(renorm_clipping=limits), x, dy, training=True)
    assert_equal(renorm[:4], plain[:4])


def test_the_layer_begins_with_the_limits_of_the_paper():
    layer = layers.BatchRenormalization()
    assert layer.renorm_clipping == {"rmin": pytest.approx(1 / 3), "rmax": 3, "dmax": 5}
    far = layer(tf.constant([[100.0], [101.0]]), training=True)
    np.testing.assert_allclose(np.mean(far), 5, rtol=1e-5)  # d = 100.5, clipped
    layer.renorm_clipping["dmax"] = 0.0
    assert layers.BatchRenormalization().renorm_clipping["dmax"] == 5


def test_in_training_an_example_hardly_depends_on_its_batch():
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, (512, 8)).astype("float32")
    layer, plain = layers.BatchRenormalization(), layers.BatchNormalization()
    for norm in (layer, plain):
        for _ in range(400):
            norm(x, training=True)
    two = x[:2]
    inference = layer(two).numpy()
    apart = [np.abs(norm(two, training=True) - inference).mean() for norm in (layer, plain)]
    assert apart[0] < 0.2 * apart[1]


def test_no_gradient_flows_through_the_corrections():
    x, dy = batch((4, 3))
    layer = layers.BatchRenormalization(dtype="float64", renorm_clipping=None)
    _, dx, *_ = step(layer, x, dy, dtype="float64", training=True)
    plain = layers.BatchNormalization(dtype="float64")
    _, of_plain, *_ = step(plain, x, dy, dtype="float64", training=True)
    r = np.sqrt(x.var(0) + 1e-3)  # a new layer's renorm_stddev is 1
    np.testing.assert_allclose(dx, of_plain * r)


@pytest.mark.parametrize(
    ("clipping", "message"),
    [
        ({"rmas": 3.0}, r"Received invalid keys.*rmas.*use some of \['rmin', 'rmax', 'dmax'\]"),
        ({"rmax": 0.5, "rmin": 1.0}, "rmax should be at least rmin.*rmin=1.0, rmax=0.5"),
        ({"rmin": -1.0}, "rmin at least 0; received rmin=-1.0"),
        ({"rmax": float("nan")}, "rmax=nan"),
        ({"dmax": -1.0}, "dmax should be non-negative; received -1.0"),
    ],
    ids=str,
)
def test_limits_that_contradict(clipping, message):
    with pytest.raises(ValueError, match=message):
        layers.BatchNormalization(renorm=True, renorm_clipping=clipping)
    with pytest.raises(ValueError, match=message):
        layers.BatchRenormalization(renorm_clipping=clipping)


def test_a_momentum_beyond_its_range():
    with pytest.raises(ValueError, match=r"renorm_momentum must lie from 0 to 1; received 1.5"):
        layers.BatchRenormalization(renorm_momentum=1.5)
