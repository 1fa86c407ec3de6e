"""Convolutional nets side by side: each as a Keras model that was trained alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from local.ensembles.cnn import CNN, EPSILON, KINDS, MOMENTUM, CNNEnsemble, cut
from local.layers import (
    BatchNormalization,
    GroupNormalization,
    InstanceNormalization,
    moments,
    standardize,
)

LAYERS = ((2, 4), (2, 6))
SEEDS = (0, 3)
RATE, STEPS, SIZE = 0.2, 5, 4
WITHOUT_INSTANCE = tuple(kind for kind in KINDS if kind != "instance")


def pictures(n=22, side=8, seed=0):
    """Noise that is brighter in another channel for each of three labels."""
    random = np.random.default_rng(seed)
    y = np.arange(n) % 3
    x = random.normal(size=(n, side, side, 3)) + np.eye(3)[y][:, None, None]
    return x.astype(np.float32), y


X, Y = pictures()


@pytest.fixture(scope="module")
def trained():
    nets = CNNEnsemble(CNN(LAYERS), X.shape[1:], 3, SEEDS)
    return nets, nets.train(X, Y, batch_size=SIZE, rate=RATE, steps=STEPS)


class RMS(keras.layers.Layer):
    """y = gamma x / sqrt(mean of x² over pixels and channels + epsilon) + beta"""

    def build(self, shape):
        self.gamma = self.add_weight(shape[-1:], "ones")
        self.beta = self.add_weight(shape[-1:], "zeros")

    def call(self, x):
        square = tf.reduce_mean(x * x, [1, 2, 3], keepdims=True)
        return self.gamma * x / tf.sqrt(square + EPSILON) + self.beta


NORMALIZERS = {
    "batch": lambda: BatchNormalization(momentum=MOMENTUM),
    "layer": lambda: GroupNormalization(1),
    "group": lambda: GroupNormalization(2),
    "instance": InstanceNormalization,
    "rms": RMS,
}


def standardized(kernel, axes=(-2,)):
    """Each channel's weights centred and divided by their deviation: Qiao et al. (2019)."""
    return standardize(kernel, *moments(kernel, axes), 1e-12)[0]


class StandardizedConv2D(keras.layers.Conv2D):
    """Keras's layer, with standardized kernels in place of those that are trained."""

    def call(self, x):
        z = tf.nn.conv2d(x, standardized(self.kernel, (0, 1, 2)), self.strides, "VALID")
        return z + self.bias if self.use_bias else z


def alone(kind, nets, model, convolution=keras.layers.Conv2D):
    """The Keras model that begins where the model (seed, kind) of `nets` begins."""
    layers = [keras.Input(X.shape[1:])]
    for side, channels in LAYERS:
        layers.append(convolution(channels, side, side, use_bias=kind is None))
        layers += [NORMALIZERS[kind]()] if kind else []
        layers.append(keras.layers.ReLU())
    keras_model = keras.Sequential([*layers, keras.layers.Conv2D(3, 2), keras.layers.Flatten()])
    convolutions = [w for w in keras_model.weights if w.path.endswith("kernel")]
    for weight, (variable, initial) in zip(convolutions, nets.initial, strict=False):
        assert variable.shape[:2] == (len(SEEDS), len(KINDS))
        weight.assign(initial[model].reshape(weight.shape))
    return keras_model


def batches(seed):
    """Whole batches of one permutation after the other."""
    random = np.random.default_rng(seed)
    whole = len(X) // SIZE * SIZE
    rows = np.concatenate([random.permutation(len(X))[:whole] for _ in range(STEPS)])
    return rows.reshape(-1, SIZE)[:STEPS]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_net_is_the_keras_model_trained_alone(trained, kind, seed):
    nets, losses = trained
    place = SEEDS.index(seed), KINDS.index(kind)
    model = alone(kind, nets, place)
    np.testing.assert_allclose(losses[place], trained_alone(model, seed), atol=1e-5)
    logits = nets.logits(X, nets.moving)[place]
    np.testing.assert_allclose(logits, model(X, training=False), atol=1e-5)
    if kind == "batch":
        precise = nets.logits(X, nets.statistics(X))[place]
        np.testing.assert_allclose(precise, model(X, training=True), atol=1e-5)


def trained_alone(model, seed):
    """Train a Keras model by hand; return its losses."""
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    losses = []
    for rows in batches(seed):
        with tf.GradientTape() as tape:
            loss = entropy(Y[rows], model(X[rows], training=True))
        slopes = tape.gradient(loss, model.trainable_variables)
        for weight, slope in zip(model.trainable_variables, slopes, strict=True):
            weight.assign_sub(RATE * slope)
        losses.append(float(loss))
    return losses


@pytest.fixture(scope="module")
def trained_with_hook():
    nets = CNNEnsemble(CNN(LAYERS, kernel=standardized), X.shape[1:], 3, SEEDS)
    return nets, nets.train(X, Y, batch_size=SIZE, rate=RATE, steps=STEPS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_on_kernels_is_a_keras_layer_that_reparametrizes_its_own(trained_with_hook, kind):
    nets, losses = trained_with_hook
    place = 1, KINDS.index(kind)
    model = alone(kind, nets, place, StandardizedConv2D)
    np.testing.assert_allclose(losses[place], trained_alone(model, SEEDS[1]), rtol=1e-4)
    logits = nets.logits(X, nets.moving)[place]
    np.testing.assert_allclose(logits, model(X, training=False), rtol=1e-3, atol=1e-4)


def test_scale_and_shift_of_a_standardized_channel_change_nothing():
    nets = CNNEnsemble(CNN(LAYERS, kernel=standardized), X.shape[1:], 3, SEEDS)
    random, before = np.random.default_rng(0), nets.logits(X, nets.moving)
    for kernel in nets.kernels[:-1]:
        columns = (*kernel.shape[:2], 1, kernel.shape[-1])
        kernel.assign(kernel * random.uniform(0.5, 3, columns) + random.normal(size=columns))
    np.testing.assert_allclose(nets.logits(X, nets.moving), before, rtol=1e-3, atol=1e-3)


def test_a_hook_that_changes_the_shape_is_named():
    nets = CNNEnsemble(CNN(LAYERS, kernel=lambda kernel: kernel[:1]), X.shape[1:], 3, SEEDS)
    with pytest.raises(ValueError, match=r"\(2, 6, 12, 4\); received \(1, 6, 12, 4\)"):
        nets.statistics(X)


def test_pictures_of_one_pixel_make_a_dense_net():
    x = X.reshape(len(X), 1, 1, -1)
    nets = CNNEnsemble(CNN(((1, 6),), (None, "batch")), x.shape[1:], 3, (0,))
    weights = nets.kernels[0].numpy()[0, 0], nets.kernels[1].numpy()[0, 0]
    plain = np.maximum(x[:, 0, 0] @ weights[0], 0) @ weights[1]
    np.testing.assert_allclose(nets.logits(x, nets.moving)[0, 0], plain, atol=1e-4)


def test_company_counts_for_batch_normalization_alone(trained):
    nets, _ = trained
    changed = np.concatenate([X[:1], 3 * X[1:]])
    few = nets.logits(X, nets.statistics(X))[:, :, 0]
    others = nets.logits(changed, nets.statistics(changed))[:, :, 0]
    noticed = np.abs(few - others).max(axis=(0, 2)) > 1e-4
    assert dict(zip(KINDS, noticed, strict=True)) == {kind: kind == "batch" for kind in KINDS}


def test_training_begins_anew_and_learns(trained):
    nets, first = trained
    before = nets.logits(X, nets.moving)
    losses = nets.train(X, Y, batch_size=11, rate=RATE, steps=40)
    assert losses.shape == (len(SEEDS), len(KINDS), 40)
    assert (losses[..., -5:].mean(-1) < losses[..., 0]).all()
    again = nets.train(X, Y, batch_size=SIZE, rate=np.float64(RATE), steps=STEPS)
    np.testing.assert_array_equal(again, first)
    np.testing.assert_array_equal(nets.logits(X, nets.moving), before)


def test_cut_takes_neighbouring_pixels():
    image = np.arange(16.0).reshape(1, 4, 4, 1)
    np.testing.assert_array_equal(cut(tf.constant(image), 2)[0, 1], [2, 3, 6, 7])


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"layers": ()}, "layers"),
        ({"layers": ((0, 4),)}, r"layers.*\(0, 4\)"),
        ({"kinds": ()}, "kinds"),
        ({"kinds": ("colour",)}, "kinds.*colour"),
        ({"layers": ((2, 5),)}, "multiples of 2.*5"),
        ({"kernel": 3}, "kernel must be None or a function.*received 3"),
    ],
)
def test_what_no_net_can_be_is_refused_by_name(options, named):
    with pytest.raises(ValueError, match=named):
        CNN(**options)


@pytest.mark.parametrize(
    ("net", "named"),
    [
        (CNN(((3, 4),)), "side 3.*8"),
        (CNN(((4, 4), (2, 4))), "instance.*layer 2"),
    ],
)
def test_images_that_cannot_be_cut_are_refused(net, named):
    with pytest.raises(ValueError, match=named):
        CNNEnsemble(net, (8, 8, 3), 3, (0,))
    with pytest.raises(ValueError, match=r"\(H, H, C\); received \(8, 16, 3\)"):
        CNNEnsemble(CNN(((2, 4),)), (8, 16, 3), 3, (0,))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"batch_size": 0}, "1..22.*0"),
        ({"batch_size": 23}, "1..22.*23"),
        ({"steps": 0}, "steps.*0"),
        ({"y": Y[:9]}, "equal lengths, received 22 and 9"),
        ({"y": Y + 1}, "less than the number of classes, 3, received 3"),
        ({"y": Y - 1}, "0 or more, received -1"),
        ({"x": X[:, :4, :4]}, r"\(8, 8, 3\).*\(22, 4, 4, 3\)"),
        ({"x": np.full_like(X, np.inf)}, "x must be finite; received 4224 of 4224"),
    ],
)
def test_what_cannot_be_trained_is_refused_by_name(trained, options, named):
    usual = {"x": X, "y": Y, "batch_size": SIZE, "rate": RATE, "steps": 1}
    with pytest.raises(ValueError, match=named):
        trained[0].train(**(usual | options))


def test_one_pixel_is_enough_for_all_but_instance():
    net = CNN(((4, 4), (2, 4)), WITHOUT_INSTANCE)
    nets = CNNEnsemble(net, (8, 8, 3), 3, (0,))
    assert np.isfinite(nets.train(X, Y, batch_size=1, rate=0.01, steps=3)).all()
