"""Residual nets and the later relatives: each as one net that is trained by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from local.ensembles.mlp import MLP, MLPEnsemble
from local.ensembles.renormalization import renormalize
from tests.small_sweeps import X, Y, net, run

EPSILON, MOMENTUM, RATE = 1e-3, 0.9, 0.1
MOVING = np.array([0.3, -0.2, 1.0], np.float32), np.array([1.5, 0.7, 2.0], np.float32)
Z = np.random.default_rng(0).normal(0.2, 1.2, size=(6, 3)).astype(np.float32)


def normalized(z):
    """Z normalized over the batch, and the mean and variance of the batch."""
    mean, variance = tf.nn.moments(z, [0])
    return (z - mean) / tf.sqrt(variance + EPSILON), (mean, variance)


def test_renormalized_values_are_those_of_inference():
    out = renormalize(*normalized(Z), MOVING, EPSILON)
    np.testing.assert_allclose(out, (Z - MOVING[0]) / np.sqrt(MOVING[1] + EPSILON), atol=1e-5)


def test_the_correction_is_clipped():
    far = MOVING[0] + 100, MOVING[1] / 1e4
    z_hat, of_batch = normalized(Z)
    np.testing.assert_allclose(renormalize(z_hat, of_batch, far, EPSILON), 3 * z_hat - 5, atol=1e-5)
    wide = MOVING[0], MOVING[1] * 1e4
    d = (of_batch[0] - wide[0]) / np.sqrt(wide[1] + EPSILON)
    out = renormalize(z_hat, of_batch, wide, EPSILON)
    np.testing.assert_allclose(out, z_hat / 3 + d, atol=1e-5)


def test_no_gradient_flows_through_the_correction():
    z, upstream = tf.Variable(Z), np.random.default_rng(1).normal(size=Z.shape)
    with tf.GradientTape(persistent=True) as tape:
        z_hat, of_batch = normalized(z)
        renormed = tf.reduce_sum(upstream * renormalize(z_hat, of_batch, MOVING, EPSILON))
        r = np.sqrt((of_batch[1].numpy() + EPSILON) / (MOVING[1] + EPSILON))  # a constant
        held = tf.reduce_sum(upstream * r * z_hat)
    found = tape.gradient(renormed, z)
    np.testing.assert_allclose(found, tape.gradient(held, z), atol=1e-5)
    np.testing.assert_allclose(tf.reduce_sum(found, 0), 0, atol=1e-5)
    as_constants = upstream / np.sqrt(MOVING[1] + EPSILON)
    assert np.abs(found - as_constants).max() > 0.1


def of_length_one(kernel):
    return kernel / tf.norm(kernel, axis=-2, keepdims=True)


def as_it_is(z):
    return tf.zeros_like(z), tf.ones_like(z)


def rms(z):
    return z / tf.sqrt(tf.reduce_mean(z * z, -1, keepdims=True) + EPSILON)


def layer(z):
    return rms(z - tf.reduce_mean(z, -1, keepdims=True))


KINDS = {
    "none": {},
    "branches": {"branch": 0.0},
    "batch": {"normalization": "batch"},
    "renorm": {"normalization": "renorm"},
    "layer": {"normalization": "layer"},
    "rms": {"normalization": "rms"},
    "weights": {"normalization": as_it_is, "epsilon": 0, "kernel": of_length_one},
    "tanh": {"normalization": "dynamic_tanh"},
}


def split(settings):
    """The settings of a net as `run` takes them."""
    rest = {name: value for name, value in settings.items() if name != "normalization"}
    return {"normalization": settings.get("normalization"), "settings": rest}


class OneNet:
    """The three kernels and two normalizations of one residual net, written out plainly."""

    def __init__(self, kind, seed):
        self.kind = kind
        first, second, last = net(skips=True, **KINDS[kind]).initial_kernels(10, 3, seed)
        self.kernels = [tf.Variable(kernel) for kernel in (first, second, last)]
        self.betas = [tf.Variable(tf.zeros(units)) for units in (8, 8, 3)]
        self.gammas = [tf.Variable(tf.ones(8)) for _ in range(2)]
        self.alphas = [tf.Variable(0.5) for _ in range(2)]
        self.branch = tf.Variable(0.0 if kind == "branches" else 1.0)
        self.moving = [[tf.zeros(8), tf.ones(8)] for _ in range(2)]

    def weights(self):
        found = [*self.kernels, *self.betas]
        found += self.gammas if self.kind not in ("none", "branches") else []
        found += self.alphas if self.kind == "tanh" else []
        return [*found, self.branch] if self.kind == "branches" else found

    def normalize(self, number, z):
        """What the activation receives, in training; moves the averages."""
        if self.kind in ("none", "branches"):
            return z
        if self.kind in ("batch", "renorm"):
            z_hat, of_batch = normalized(z)
            if self.kind == "renorm":
                mean, variance = self.moving[number]
                s, s_moving = (tf.sqrt(v + EPSILON) for v in (of_batch[1], variance))
                r = tf.clip_by_value(s / s_moving, 1 / 3, 3)
                d = tf.clip_by_value((of_batch[0] - mean) / s_moving, -5, 5)
                z_hat = z_hat * tf.stop_gradient(r) + tf.stop_gradient(d)
            self.moving[number] = [
                MOMENTUM * old + (1 - MOMENTUM) * new
                for old, new in zip(self.moving[number], of_batch, strict=True)
            ]
        elif self.kind == "tanh":
            z_hat = tf.tanh(self.alphas[number] * z)
        else:
            z_hat = {"layer": layer, "rms": rms, "weights": lambda z: z}[self.kind](z)
        return self.gammas[number] * z_hat + self.betas[number]

    def logits(self, x):
        hook = of_length_one if self.kind == "weights" else lambda kernel: kernel
        first, second, last = self.kernels
        biased = self.kind in ("none", "branches")
        b1, b2 = self.betas[:2] if biased else (0.0, 0.0)
        z = x @ hook(first) + b1
        z += self.branch * (tf.nn.relu(self.normalize(0, z)) @ hook(second)) + b2
        return tf.nn.relu(self.normalize(1, z)) @ last + self.betas[2]


def by_hand(one, seed, epochs=2, batch_size=16):
    """Plain gradient descent, one batch after another: the losses."""
    shuffle, losses = np.random.default_rng(seed), []
    for _ in range(epochs):
        order = shuffle.permutation(len(X))
        for start in range(0, len(X) - batch_size + 1, batch_size):
            rows = order[start : start + batch_size]
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(
                    keras.losses.sparse_categorical_crossentropy(
                        Y[rows], one.logits(X[rows]), from_logits=True
                    )
                )
            weights = one.weights()
            for weight, slope in zip(weights, tape.gradient(loss, weights), strict=True):
                weight.assign_sub(RATE * slope)
            losses.append(float(loss))
    return losses


@pytest.mark.parametrize("kind", KINDS)
def test_every_residual_net_is_the_one_trained_by_hand(kind):
    results = run(**split({"skips": True, **KINDS[kind]}), seeds=(3, 5))
    for place, seed in enumerate((3, 5)):
        expected = by_hand(OneNet(kind, seed), seed)
        np.testing.assert_allclose(results.loss[place, 1, 0], expected, atol=2e-5)


def test_a_branch_of_nothing_is_a_net_of_one_layer_at_first():
    deep = MLPEnsemble(net(skips=True, branch=0.0, depth=5), 10, 3, (1,), [1.0])
    shallow = MLPEnsemble(net(depth=1), 10, 3, (1,), [1.0])
    shallow.kernels[-1].assign(deep.kernels[-1])
    np.testing.assert_allclose(deep.forward(X[None])[0], shallow.forward(X[None])[0], atol=1e-6)


def test_renormalization_corrects_in_training_alone():
    nets = MLPEnsemble(net("renorm"), 10, 3, (1,), [1.0])
    plain = MLPEnsemble(net("batch"), 10, 3, (1,), [1.0])
    whole, _ = nets.forward(X[None])
    np.testing.assert_allclose(whole, plain.forward(X[None])[0], atol=1e-5)
    training, _ = nets.forward(X[None], uniform=lambda low, high: low)
    np.testing.assert_allclose(training, nets.forward(X[None], nets.moving)[0], atol=1e-4)
    assert np.abs(training - whole).max() > 0.1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"branch": 0.0}, "needs skips=True; received 0.0 with skips=False"),
        ({"skips": True, "branch": np.nan}, "branch must be None or a finite number.*received nan"),
        ({"normalization": "tanh"}, "dynamic_tanh.*received 'tanh'"),
    ],
)
def test_what_no_residual_net_can_be_is_named(change, said):
    with pytest.raises(ValueError, match=said):
        MLP(**change)


def test_no_keras_model_is_made_of_a_net_with_skips():
    kept = run(settings={"skips": True}, epochs=0, keep_weights=True)
    with pytest.raises(ValueError, match="without skips; received skips=True"):
        kept.model(1, 0.1)


def test_what_is_learnt_beside_the_kernels_is_kept():
    settings = {"skips": True, "branch": 0.0, "normalization": "dynamic_tanh"}
    kept = run(**split(settings), keep_weights=True).weights
    assert kept[0]["alpha"].shape == kept[1]["branch"].shape == (1, 3, 1, 1)
    assert "branch" not in kept[0] and "alpha" not in kept[-1]
    assert (kept[1]["branch"] != 0).all() and (kept[0]["alpha"] != 0.5).all()
