"""A sweep: every net as if it were trained alone, whatever becomes of the others."""

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from local import training
from local.ensembles import sgd
from local.ensembles.mlp import MLP, MLPEnsemble
from local.ensembles.plan import Plan
from local.ensembles.statistics import mean_and_variance
from local.ensembles.sweeps import Results, sweep
from local.layers import moments, standardize
from tests.small_sweeps import RATES, SCALES, TEST, X, Y, assert_same, net, run


def noisy(y, uniform):
    return y * uniform(1, 1.25) + uniform(-0.5, 0.5, batch=True)


def centred(z):
    """Statistics of the batch that no gradient flows through."""
    return [tf.stop_gradient(moment) for moment in moments(z, [-2])]


def standardized(kernel):
    """Each unit's column centred and divided by its deviation: Qiao et al. (2019)."""
    return standardize(kernel, *moments(kernel, [-2]), 1e-12)[0]


def of_length_one(kernel):
    """Every net's whole kernel divided by its norm."""
    return kernel / tf.norm(kernel, axis=[-2, -1], keepdims=True)


NORMALIZATIONS = [None, "batch", "layer", "group", "rms"]
KINDS = [(kind, {}) for kind in NORMALIZATIONS]
KINDS += [(None, {"noise": noisy}), ("batch", {"noise": noisy}), (centred, {"activation": "tanh"})]
KINDS += [(None, {"kernel": of_length_one}), ("batch", {"kernel": standardized})]
KINDS += [("renorm", {}), ("dynamic_tanh", {}), (None, {"skips": True, "branch": 0.5})]


@pytest.mark.parametrize(("normalization", "settings"), KINDS)
def test_every_net_is_trained_as_if_it_were_alone(normalization, settings):
    whole = run(normalization, settings, seeds=(1, 4), init_scales=SCALES, l2=0.01)
    assert whole.loss.shape == (2, 3, 2, 6)
    assert np.isfinite(whole.loss).all()
    alone = run(
        normalization, settings, seeds=(4,), learning_rates=[0.1], init_scales=[0.5], l2=0.01
    )
    np.testing.assert_allclose(alone.loss[0, 0, 0], whole.loss[1, 1, 0], atol=1e-5)
    assert alone.train_accuracy[0, 0, 0] == pytest.approx(whole.train_accuracy[1, 1, 0])
    assert alone.test_accuracy[0, 0, 0] == pytest.approx(whole.test_accuracy[1, 1, 0])


def by_hand(model, rate, seed, l2=0.0, epochs=2, batch_size=16):
    """Plain gradient descent, one batch after another: the losses."""
    shuffle, losses = np.random.default_rng(seed), []
    kernels = [layer.kernel for layer in model.layers if hasattr(layer, "kernel")]
    for _ in range(epochs):
        order = shuffle.permutation(len(X))
        for start in range(0, len(X) - batch_size + 1, batch_size):
            rows = order[start : start + batch_size]
            with tf.GradientTape() as tape:
                probability = tf.nn.softmax(model(X[rows], training=True))
                right = tf.gather(probability, Y[rows], axis=1, batch_dims=1)
                loss = -tf.reduce_mean(tf.math.log(right))
                penalty = l2 * sum(tf.reduce_sum(tf.square(kernel)) for kernel in kernels)
                total = loss + penalty
            weights = model.trainable_variables
            for weight, gradient in zip(weights, tape.gradient(total, weights), strict=True):
                weight.assign_sub(rate * gradient)
            losses.append(float(loss))
    return losses


@pytest.mark.parametrize("normalization", [None, "batch", "layer", "group"])
def test_every_net_is_the_keras_net_trained_by_hand(normalization):
    options = {"seeds": (3,), "l2": 0.01, "keep_weights": True}
    model = run(normalization, epochs=0, **options).model(3, 0.1)
    results = run(normalization, **options)
    np.testing.assert_allclose(results.loss[0, 1, 0], by_hand(model, 0.1, 3, l2=0.01), atol=1e-5)
    swept = results.model(3, 0.1)
    for ours, theirs in zip(swept.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert results.train_accuracy[0, 1, 0] == pytest.approx(training.score(model, X, Y))
    assert results.test_accuracy[0, 1, 0] == pytest.approx(training.score(model, *TEST))


class StandardizedDense(keras.layers.Dense):
    """Keras's layer, with standardized columns in place of those that are trained."""

    def call(self, x):
        z = tf.matmul(x, standardized(self.kernel))
        return z + self.bias if self.use_bias else z


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_a_hook_on_kernels_is_a_keras_layer_that_reparametrizes_its_own(normalization):
    model = keras.Sequential([keras.Input((10,))])
    for _ in range(2):
        model.add(StandardizedDense(8, use_bias=normalization is None))
        if normalization == "batch":
            model.add(keras.layers.BatchNormalization(momentum=0.9))
        model.add(keras.layers.ReLU())
    model.add(keras.layers.Dense(3))
    dense = [layer for layer in model.layers if hasattr(layer, "kernel")]
    settings = {"kernel": standardized}
    initial = net(normalization, **settings).initial_kernels(10, 3, seed=3)
    for layer, kernel in zip(dense, initial, strict=True):
        layer.kernel.assign(kernel)
    results = run(normalization, settings, seeds=(3,), l2=0.01, keep_weights=True)
    np.testing.assert_allclose(results.loss[0, 1, 0], by_hand(model, 0.1, 3, l2=0.01), atol=1e-5)
    assert results.test_accuracy[0, 1, 0] == pytest.approx(training.score(model, *TEST))
    np.testing.assert_allclose(results.model(3, 0.1)(X), model(X), atol=1e-4)
    *hidden, last = (layer["kernel"][0, 1, 0] for layer in results.weights)
    for kernel in hidden:
        np.testing.assert_allclose(kernel.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(kernel.std(axis=0), 1, atol=1e-5)
    np.testing.assert_allclose(last, dense[-1].kernel, atol=1e-5)


def test_scale_and_shift_of_a_standardized_column_change_nothing():
    random, nets = np.random.default_rng(0), MLPEnsemble(net(kernel=standardized), 10, 3, (1,), [1])
    before, _ = nets.forward(X[None])
    for kernel in nets.kernels[:-1]:
        columns = (*kernel.shape[:-2], 1, kernel.shape[-1])
        kernel.assign(kernel * random.uniform(0.5, 3, columns) + random.normal(size=columns))
    np.testing.assert_allclose(nets.forward(X[None])[0], before, atol=1e-3)
    assert np.abs(before).max() > 1


def test_a_hook_sees_the_kernel_of_every_net_by_itself():
    seen = set()

    def look(kernel):
        seen.add(tuple(kernel.shape))
        return kernel

    looked = run(None, {"kernel": look}, seeds=(1, 2), init_scales=SCALES)
    assert seen == {(2, 6, 10, 8), (2, 6, 8, 8)}
    assert_same(looked, run(seeds=(1, 2), init_scales=SCALES), tolerance=0)


def test_a_hook_that_changes_the_shape_is_named():
    with pytest.raises(ValueError, match=r"keeps the shape.*\(1, 3, 10, 8\); received \(1, 3, 8\)"):
        run(None, {"kernel": lambda kernel: tf.reduce_mean(kernel, -2)})


def test_labels_may_skip_a_class():
    """It has a logit, which learns to stay low; the test set may even have other labels."""
    x, y = X[Y != 1], Y[Y != 1]
    options = {"learning_rates": [0.1], "seeds": (1,), "epochs": 20, "batch_size": 16}
    test = TEST[0], TEST[1] + 1
    results = sweep(net("batch"), x, y, test=test, keep_weights=True, **options)
    assert results.weights[-1]["kernel"].shape[-1] == 3
    assert results.train_accuracy.min() > 0.8
    assert results.test_accuracy.max() < 0.4


def test_the_layer_within_is_that_of_keras_too():
    first = run("batch", epochs=0, keep_weights=True).model(1, 0.1)
    theirs = keras.Sequential(
        [
            keras.layers.BatchNormalization(momentum=0.9) if "batch" in layer.name else layer
            for layer in first.layers
        ]
    )
    theirs.build((None, 10))
    np.testing.assert_allclose(run("batch").loss[0, 1, 0], by_hand(theirs, 0.1, 1), atol=1e-5)


def test_training_fit_takes_the_same_steps():
    model = run(epochs=0, keep_weights=True).model(1, 0.1)
    history = training.fit(
        model, X, Y, epochs=2, batch_size=16, optimizer=keras.optimizers.SGD(0.1), seed=1
    )
    results = run()
    np.testing.assert_allclose(results.loss[0, 1, 0], history.loss, atol=1e-5)
    np.testing.assert_allclose(results.running_accuracy[0, 1, 0], history.accuracy, atol=1e-6)


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_a_net_that_explodes_touches_no_other(normalization):
    calm = run(normalization, learning_rates=[0.1], epochs=4)
    beside = run(normalization, learning_rates=[0.1, 1e30], epochs=4)
    assert not np.isfinite(beside.loss[0, 1, 0]).all()
    np.testing.assert_allclose(beside.loss[:, :1], calm.loss, atol=1e-5)
    np.testing.assert_array_equal(beside.diverged.ravel(), [False, True])
    np.testing.assert_allclose(beside.largest_stable_rate, 0.1)


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_a_seed_decides_every_bit(normalization):
    runs = [run(normalization, {"noise": noisy}, seeds=seeds) for seeds in ((1, 2), (1, 2), (2, 5))]
    assert_same(runs[0], runs[1], tolerance=0)
    np.testing.assert_allclose(runs[0].loss[1], runs[2].loss[0], atol=1e-5)
    assert np.abs(runs[0].loss[0] - runs[2].loss[1]).min() > 1e-3


@pytest.mark.parametrize("batch_size", [7, 16, 50])
def test_steps_count_whatever_the_batch_size(batch_size):
    results = run(steps=8, batch_size=batch_size, epochs=99)
    assert results.loss.shape == (1, 3, 1, 8)
    assert results.running_accuracy.shape == (1, 3, 1, -(-8 // (50 // batch_size)))


def test_it_learns_and_knows_its_axes():
    results = run("batch", epochs=20, seeds=(0, 1, 2))
    assert results.loss.shape == (3, 3, 1, 60)
    np.testing.assert_array_equal(results.learning_rates, RATES)
    np.testing.assert_array_equal(results.seeds, [0, 1, 2])
    assert results.test_accuracy[:, -1].min() > 0.8
    assert results.running_accuracy[:, -1, :, -1].min() > 0.8
    assert results.finished.all()
    assert results.precise_test_accuracy is None


def test_initial_scales_multiply_the_initial_kernels():
    results = run(epochs=0, init_scales=(0.01, 1, 3), keep_weights=True)
    for layer in results.weights:
        small, plain, large = np.moveaxis(layer["kernel"][0, 0], 0, 0)
        np.testing.assert_allclose(small, 0.01 * plain, rtol=1e-5)
        np.testing.assert_allclose(large, 3 * plain, rtol=1e-5)
    wide = MLP(width=400).initial_kernels(100, 3, seed=0)
    np.testing.assert_allclose([k.std() for k in wide[:2]], [0.02**0.5, 0.005**0.5], rtol=0.02)


def test_what_is_watched_are_the_steps_that_are_taken():
    def norm(name):
        return lambda layer: tf.norm(getattr(layer, name), axis=[-2, -1])

    options = {"keep_weights": True, "seeds": (1, 2), "l2": 0.01}
    before, after = run(epochs=0, **options), run(steps=1, **options)
    watched = run(
        watch={
            "kernel": norm("kernel"),
            "update": norm("update"),
            "dead": lambda layer: tf.reduce_mean(tf.cast(layer.a == 0, "float32"), axis=[-2, -1]),
        },
        **options,
    ).watched
    assert watched["update"].shape == (2, 3, 1, 6, 3)
    for number, (old, new) in enumerate(zip(before.weights, after.weights, strict=True)):
        taken = np.linalg.norm(old["kernel"] - new["kernel"], axis=(-2, -1))
        kernels = np.linalg.norm(old["kernel"], axis=(-2, -1))
        np.testing.assert_allclose(watched["update"][..., 0, number], taken, rtol=1e-3)
        np.testing.assert_allclose(watched["kernel"][..., 0, number], kernels, rtol=1e-5)
    assert (watched["dead"][..., :-1] > 0.1).all()
    assert (watched["dead"][..., -1] == 0).all()


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_precise_statistics_are_those_of_the_whole_training_set(normalization):
    results = run(normalization, epochs=3, precise=True, keep_weights=True)
    for index, rate in enumerate(RATES):
        model = results.model(1, rate)
        for layer in model.layers:
            layer.momentum = 0.0
        model(X, training=True)
        assert results.precise_train_accuracy[0, index, 0] == pytest.approx(
            training.score(model, X, Y)
        )
        assert results.precise_test_accuracy[0, index, 0] == pytest.approx(
            training.score(model, *TEST)
        )


def test_a_function_can_stand_for_a_name():
    assert_same(run("batch"), run(partial(mean_and_variance, "batch")))
    assert_same(run("layer"), run(partial(mean_and_variance, "layer")))
    assert np.abs(run("batch").loss - run(centred).loss).max() > 1e-3


def test_noise_is_fresh_and_bounded():
    drawn = []

    def keep(y, uniform):
        drawn.extend([uniform(2, 3), uniform(2, 3), uniform(-1, 0, batch=True)])
        return y

    plan = Plan(net(noise=keep), (0.1,), (1, 2), (1.0,), 1, 16, 0.0, False, False, {})
    nets = MLPEnsemble(plan.net, 10, 3, plan.seeds, [1.0])
    for step in (0, 1):
        nets.forward(X[None, :16], uniform=sgd.noise_source(plan, tf.constant(step, tf.int64)))
    each, whole = drawn[0::3] + drawn[1::3], drawn[2::3]
    assert {tuple(numbers.shape) for numbers in each} == {(2, 1, 16, 8)}
    assert {tuple(numbers.shape) for numbers in whole} == {(2, 1, 1, 8)}
    for numbers, low in [(each, 2), (whole, -1)]:
        values = np.stack(numbers)
        assert low <= values.min() < low + 0.2 < low + 0.8 < values.max() <= low + 1
        assert len(np.unique(values)) > 0.99 * values.size


LOSSES = arrays(
    np.float32, (2, 4, 1, 3), elements=st.sampled_from([0.5, 1, 2, 999, 5e3, np.inf, np.nan])
)


@given(LOSSES)
def test_a_rate_is_stable_while_no_smaller_one_diverges(loss):
    loss[..., 0] = 1
    results = Results(
        net(), np.arange(2), np.array([1.0, 2, 4, 8]), np.ones(1), loss, None, np.zeros((2, 4, 1))
    )
    for seed in range(2):
        expected = np.nan
        for rate, losses in zip(results.learning_rates, loss[seed, :, 0], strict=True):
            if not all(value <= 1000 for value in losses):
                break
            expected = rate
        np.testing.assert_equal(results.largest_stable_rate[seed, 0], expected)


def test_a_loss_that_is_infinite_from_the_start_has_diverged():
    loss = np.full((1, 1, 1, 3), np.inf, np.float32)
    results = Results(net(), [0], [1.0], [1.0], loss, None, np.zeros((1, 1, 1)))
    assert results.diverged.all()


def test_what_was_not_trained_has_no_loss_ratio():
    with pytest.raises(ValueError, match="a sweep of 0 steps: train longer"):
        _ = run(epochs=0).diverged


def test_an_interrupt_leaves_what_is_done(monkeypatch, capsys):
    def interrupted(epochs, *_, **__):
        yield next(iter(epochs))
        raise KeyboardInterrupt

    whole = run(epochs=1)
    monkeypatch.setattr(sgd, "tqdm", interrupted)
    assert_same(run(epochs=50), whole)
    assert "the sweep ends after 1 of 50 epochs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"learning_rates": []}, r"learning_rates must be one or more.*received \[\]"),
        ({"learning_rates": [0.1, 0.1]}, "increasing order; received"),
        ({"learning_rates": [0.0, 0.1]}, "positive numbers"),
        ({"init_scales": [np.nan]}, "init_scales must be"),
        ({"seeds": []}, r"seeds must be one or more.*received \[\]"),
        ({"seeds": [1, 1]}, r"different integers >= 0; received \[1, 1\]"),
        ({"steps": -1}, "number of steps must be >= 0.*received -1"),
        ({"l2": np.nan}, "l2 finite.*received 6 and nan"),
        ({"batch_size": 51}, r"1\.\.50, the number of examples, received 51"),
        ({"test": (X, Y - 1)}, "y of the test set must be 0 or more, received -1: number"),
        ({"test": (X, Y + 2**33)}, "y of the test set must fit into 32 bits, received 858993459"),
        ({"test": (X * np.inf, Y)}, "x of the test set must be finite; received"),
        ({"test": (X[:, :4], Y)}, r"x of the test set must be \(n, D\).*received \(50, 4\)"),
        (
            {"test": (X[:0], Y[:0])},
            "x and y of the test set must hold one example or more, received 0",
        ),
        (
            {"test": (X, Y + 0.5)},
            "y of the test set must be integers, received float64: use y.astype",
        ),
        (
            {"test": (X, Y[:9])},
            "x and y of the test set must have equal lengths, received 50 and 9",
        ),
    ],
)
def test_bad_input_is_named(change, said):
    with pytest.raises(ValueError, match=said):
        run(**change)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"depth": 0}, "at least 1; received 0 and 8"),
        ({"normalization": "instance"}, r"'batch', 'dynamic_tanh', 'group'.*received 'instance'"),
        ({"normalization": "group", "width": 12}, "multiple of the 8 groups; received 12"),
        ({"momentum": 1.5}, "received 1.5 and 0.001"),
        ({"epsilon": -1}, "received 0.9 and -1"),
        ({"kernel": "standardized"}, "None or a function.*received 'standardized'"),
        ({"activation": "rleu"}, "rleu"),
    ],
)
def test_a_net_that_cannot_be_is_named(change, said):
    with pytest.raises(ValueError, match=said):
        net(**change)


def test_a_model_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="keep_weights=True"):
        run(epochs=0).model(1, 0.1)
    kept = run("rms", epochs=0, seeds=(20250101, 20250102), keep_weights=True)
    with pytest.raises(ValueError, match=r"seeds of the sweep: .*received 20250103"):
        kept.model(20250103, 0.1)
    with pytest.raises(ValueError, match=r"learning_rates of the sweep: .*received 0\.3"):
        kept.model(20250101, 0.3)
    with pytest.raises(ValueError, match="received normalization='rms'"):
        kept.model(20250101, 0.1)


def test_many_sweeps_in_a_row_warn_of_nothing(caplog):
    for _ in range(6):
        run("batch", epochs=1, precise=True)
    assert caplog.records == []
