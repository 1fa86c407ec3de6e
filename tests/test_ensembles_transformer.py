"""Transformers side by side: one of them in plain NumPy, and who notices padding and company."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from local.ensembles.transformer import EPSILON, KINDS, Transformer, TransformerEnsemble
from local.ensembles.transformer import weighted_moments as moments_of_rows

SYMBOLS, LONGEST, CLASSES, WIDTH = 5, 7, 3, 4
ALONE = (None, "layer", "rms")


def sequences(n=12, seed=0):
    """Tokens 1..4 in sequences of unequal length, 0 where padded, and labels."""
    random = np.random.default_rng(seed)
    lengths = random.integers(2, LONGEST + 1, n)
    lengths[0] = 3
    tokens = random.integers(1, SYMBOLS, (n, LONGEST))
    tokens[np.arange(LONGEST) >= lengths[:, None]] = 0
    return tokens, tokens[:, 0] % CLASSES


TOKENS, LABELS = sequences()


def ensemble(kinds=KINDS, place="pre", blocks=1, seeds=(0, 3), rates=(0.01, 0.05)):
    net = Transformer(kinds, place, blocks, WIDTH)
    return TransformerEnsemble(net, SYMBOLS, LONGEST, CLASSES, seeds, rates)


def standardized(rows, kind):
    """Each row of (T, C) by its own statistics."""
    mean = rows.mean(-1, keepdims=True) if kind == "layer" else 0
    return (rows - mean) / np.sqrt(np.mean((rows - mean) ** 2, -1, keepdims=True) + EPSILON)


def plainly(kernels, tokens, kind, place, blocks):
    """Logits of one sequence without its padding, by one net, in NumPy; gamma is 1, beta 0."""

    def norm(rows):
        return standardized(rows, kind) if kind else rows

    def attend(rows, query, key, value, out):
        scores = (rows @ query) @ (rows @ key).T / np.sqrt(WIDTH)
        weights = np.exp(scores)
        return weights / weights.sum(-1, keepdims=True) @ (rows @ value) @ out

    tokens = tokens[tokens > 0]
    embedding, places, *others, last = kernels
    a = embedding[tokens] + places[: len(tokens)]
    for block in range(blocks):
        *attention, into, out = others[6 * block : 6 * block + 6]
        for branch in (
            lambda x, weights=attention: attend(x, *weights),
            lambda x, into=into, out=out: np.maximum(x @ into, 0) @ out,
        ):
            a = a + branch(norm(a)) if place == "pre" else norm(a + branch(a))
    return (norm(a) if place == "pre" else a).mean(0) @ last


@pytest.mark.parametrize("place", ["pre", "post"])
@pytest.mark.parametrize("blocks", [1, 2])
def test_every_net_reads_a_sequence_as_plain_numpy_does(place, blocks):
    nets = ensemble(ALONE, place, blocks)
    logits = nets.logits(TOKENS)
    for seed in range(2):
        kernels = [kernel.numpy()[seed, 0] for kernel in nets.kernels]
        for k, kind in enumerate(ALONE):
            for i, sequence in enumerate(TOKENS[:4]):
                expected = plainly(kernels, sequence, kind, place, blocks)
                np.testing.assert_allclose(logits[seed, 2 * k + 1, i], expected, atol=1e-4)


def noticed(one, other):
    """Which kinds give another answer to the first sequence: {kind: bool}."""
    change = np.abs(one[:, :, 0] - other[:, :, 0]).max((0, 2)).reshape(len(KINDS), -1).max(1)
    return dict(zip(KINDS, change > 1e-3, strict=True))


def test_padding_counts_for_batch_normalization_without_a_mask_alone():
    nets, short = ensemble(), np.where(np.arange(LONGEST) < 4, TOKENS, 0)
    one, other = (nets.logits(rows, training=True) for rows in (short[:, :4], short))
    assert noticed(one, other) == {kind: kind == "batch" for kind in KINDS}


def test_company_counts_for_both_kinds_over_the_batch_in_training_alone():
    nets, others = ensemble(), np.concatenate([TOKENS[:1], sequences(seed=1)[0][1:]])
    for training in (True, False):
        one, other = (nets.logits(rows, training=training) for rows in (TOKENS, others))
        expected = {kind: training and "batch" in (kind or "") for kind in KINDS}
        assert noticed(one, other) == expected


def test_a_mask_leaves_the_mean_and_the_variance_of_the_real_rows():
    a = np.random.default_rng(0).normal(1, 2, size=(2, 3, 6, WIDTH)).astype(np.float32)
    counts = np.array([1, 1, 0, 1, 0, 0], np.float32)
    mean, variance = moments_of_rows(a, counts.reshape(1, 1, 6, 1))
    real = a[:, :, counts > 0]
    np.testing.assert_allclose(mean[:, :, 0], real.mean(2), atol=1e-5)
    np.testing.assert_allclose(variance[:, :, 0], real.var(2), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_every_net_is_trained_as_if_it_were_alone(kind):
    whole = ensemble()
    losses = whole.train(TOKENS, LABELS, batch_size=5, steps=4)
    assert losses.shape == (2, 2 * len(KINDS), 4)
    alone = ensemble((kind,), seeds=(3,), rates=(0.05,))
    found = alone.train(TOKENS, LABELS, batch_size=5, steps=4)
    variant = 2 * KINDS.index(kind) + 1
    np.testing.assert_allclose(found[0, 0], losses[1, variant], atol=1e-4)
    logits = whole.logits(TOKENS)[1, variant]
    np.testing.assert_allclose(alone.logits(TOKENS)[0, 0], logits, atol=1e-3)


def test_a_step_is_that_of_keras_adam():
    ours, theirs = (ensemble(("layer",), seeds=(0,), rates=(0.05,)) for _ in range(2))
    ours.train(TOKENS, LABELS, batch_size=len(TOKENS), steps=3)
    adam = keras.optimizers.Adam(0.05)
    for _ in range(3):  # the order within a batch does not matter
        with tf.GradientTape() as tape:
            logits, _ = theirs.forward(tf.constant(TOKENS[None]))
            loss = keras.losses.sparse_categorical_crossentropy(LABELS, logits[0, 0], True)
            total = tf.reduce_mean(loss)
        weights = theirs.trainable
        adam.apply(tape.gradient(total, weights), weights)
    for one, other in zip(ours.trainable, theirs.trainable, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)


def test_moving_averages_follow_the_batches():
    nets = ensemble(("batch", "masked batch", "layer"), seeds=(0,), rates=(1e-9,))
    _, of_batch = nets.forward(tf.constant(TOKENS[None]))
    nets.train(TOKENS, LABELS, batch_size=len(TOKENS), steps=1)
    for averages, latest in zip(nets.moving, of_batch, strict=True):
        for average, value, first in zip(averages, latest, (0.0, 1.0), strict=True):
            np.testing.assert_allclose(average, 0.9 * first + 0.1 * value, atol=1e-5)


def test_it_learns():
    nets = ensemble(rates=(0.03,))
    losses = nets.train(TOKENS, LABELS, batch_size=6, steps=60)
    assert (losses[..., -10:].mean(-1) < 0.5 * losses[..., :3].mean(-1)).all()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"kinds": ()}, "kinds must be some of"),
        ({"kinds": ("group",)}, "received .'group'"),
        ({"place": "middle"}, "place must be one of.*received 'middle'"),
        ({"blocks": 0}, "at least 1; received 0 and 16"),
    ],
)
def test_what_no_transformer_can_be_is_refused_by_name(options, named):
    with pytest.raises(ValueError, match=named):
        Transformer(**options)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"batch_size": 13}, r"1\.\.12.*13"),
        ({"y": LABELS + 1}, "less than the number of classes, 3, received 3"),
        ({"y": LABELS[:5]}, "equal lengths, received 12 and 5"),
        ({"steps": 0}, "steps must be at least 1; received 0"),
        ({"tokens": TOKENS + 1}, r"tokens must be 0\.\.4.*received 5"),
        ({"tokens": np.pad(TOKENS, [(0, 0), (0, 1)])}, r"at most 7 long.*received 8"),
        ({"tokens": TOKENS * 0}, "a real token.*received one that is all padding"),
    ],
)
def test_what_cannot_be_trained_is_refused_by_name(options, named):
    usual = {"tokens": TOKENS, "y": LABELS, "batch_size": 4, "steps": 1}
    with pytest.raises(ValueError, match=named):
        ensemble(("layer",)).train(**(usual | options))
