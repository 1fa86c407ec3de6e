"""Training: reproducible, equal to the loop written out, recorded from the passes that train."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from local import examples, training
from local.layers import BatchRenormalization
from local.models import SmallNet

RECORD = ("z1", "a1", "z2", "a2")


@pytest.fixture(scope="module")
def problem():
    """Three shifted clouds in ten dimensions: x (90, 10), y (90,)."""
    random = np.random.default_rng(0)
    y = np.arange(90) % 3
    x = random.normal(size=(90, 10)) + 4 * np.eye(3, 10)[y]
    return x.astype(np.float32), y


@pytest.fixture(params=[0, np.inf], ids=["compiled", "not compiled"])
def long(request, monkeypatch):
    """With it, all trainings are compiled, or none."""
    monkeypatch.setattr(training, "LONG", request.param)


def fit(problem, normalization=None, **settings):
    model = SmallNet(hidden=6, normalization=normalization)
    settings = {"epochs": 3, "batch_size": 16, **settings}
    return model, training.fit(model, *problem, **settings)


def written_out(problem, seed, epochs=3, batch_size=16):
    """The training loop as chapter 1 writes it: one batch after another, nothing in a graph."""
    x, y = problem
    keras.utils.set_random_seed(seed)
    model = SmallNet(hidden=6)
    model(x[:1])
    optimizer = keras.optimizers.Adam()
    shuffle = np.random.default_rng(seed)
    losses, z1 = [], []
    for _ in range(epochs):
        order = shuffle.permutation(len(x))
        for start in range(0, len(x) - batch_size + 1, batch_size):
            rows = order[start : start + batch_size]
            with tf.GradientTape() as tape:
                values = model.forward(x[rows], training=True)
                loss = -tf.reduce_mean(
                    tf.math.log(tf.gather(values["a2"], y[rows], axis=1, batch_dims=1))
                )
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)
            losses.append(float(loss))
            z1.append(values["z1"].numpy())
    return losses, z1


@pytest.mark.usefixtures("long")
def test_the_graph_is_the_loop_written_out(problem):
    losses, z1 = written_out(problem, seed=3)
    _, history = fit(problem, seed=3, record=RECORD)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-4)
    for row, step in enumerate(history.steps):
        np.testing.assert_allclose(history.recorded["z1"][row], z1[step].ravel(), atol=1e-4)


@pytest.mark.usefixtures("long")
@pytest.mark.parametrize("normalization", [None, "before"])
@pytest.mark.parametrize("rate", [0.01, keras.optimizers.schedules.CosineDecay(0.01, 15)])
def test_models_of_several_seeds_train_as_each_would_alone(problem, normalization, rate):
    settings = {"epochs": 3, "batch_size": 16, "record": RECORD}
    found = training.fit_each(
        lambda: SmallNet(hidden=6, normalization=normalization), *problem, (3, 1),
        optimizer=keras.optimizers.Adam(rate), **settings,
    )  # fmt: skip
    for seed, (model, history) in zip((3, 1), found, strict=True):
        optimizer = keras.optimizers.Adam(rate)
        alone, expected = fit(problem, normalization, seed=seed, optimizer=optimizer, **settings)
        np.testing.assert_allclose(history.loss, expected.loss, rtol=1e-6)
        np.testing.assert_array_equal(history.accuracy, expected.accuracy)
        for name in RECORD:
            np.testing.assert_allclose(history.recorded[name], expected.recorded[name], atol=1e-6)
        for ours, theirs in zip(model.get_weights(), alone.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_after_an_interrupt_no_further_seed_is_trained(problem, monkeypatch, capsys):
    run = training.epoch_graph

    def stops(*arguments, **options):
        calls, epoch = iter(range(5)), run(*arguments, **options)

        def once_more(order):
            if next(calls) == 4:
                raise KeyboardInterrupt
            return epoch(order)

        return once_more

    monkeypatch.setattr(training, "epoch_graph", stops)
    found = training.fit_each(lambda: SmallNet(hidden=6), *problem, (0, 1, 2), epochs=3)
    assert [len(history.accuracy) for _, history in found] == [3, 1]
    assert "after 1 of 3 epochs" in capsys.readouterr().out


def test_the_history_has_its_shapes(problem):
    _, history = fit(problem, record=RECORD)
    assert history.loss.shape == (15,)  # 3 epochs of 90 // 16 = 5 steps
    assert history.accuracy.shape == (3,)
    np.testing.assert_array_equal(history.steps, [0, 5, 10])
    assert history.recorded["z1"].shape == history.recorded["a1"].shape == (3, 16 * 6)
    assert history.recorded["z2"].shape == history.recorded["a2"].shape == (3, 16 * 3)


@pytest.mark.parametrize("normalization", [None, "before"])
def test_the_test_accuracy_is_that_of_a_training_that_ends_there(problem, normalization):
    x, y = problem
    moved = x + 1.5, y  # so that not all are classified rightly
    _, history = fit(problem, normalization, epochs=3, test=moved)
    for epochs in range(1, 4):
        model, _ = fit(problem, normalization, epochs=epochs)
        assert history.test_accuracy[epochs - 1] == np.float32(training.score(model, *moved))
    assert len(history.test_accuracy) == 3
    assert len(fit(problem, normalization, epochs=1)[1].test_accuracy) == 0


def test_each_seed_is_tested_after_each_epoch(problem):
    options = {"epochs": 3, "batch_size": 16, "test": problem}
    found = training.fit_each(lambda: SmallNet(hidden=6), *problem, (0, 1), **options)
    for seed, (_, history) in enumerate(found):
        expected = fit(problem, seed=seed, test=problem)[1].test_accuracy
        np.testing.assert_array_equal(history.test_accuracy, expected)


def test_a_model_is_made_for_each_seed(problem):
    always = SmallNet(hidden=6)
    with pytest.raises(ValueError, match="a new model each time"):
        training.fit_each(lambda: always, *problem, (0, 1), epochs=1)
    seeds = (seed for seed in (0, 1))
    assert len(training.fit_each(lambda: SmallNet(hidden=6), *problem, seeds, epochs=1)) == 2


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_number_that_is_none_is_refused_before_it_spoils_a_net(problem, bad):
    x, y = problem
    model, _ = fit(problem, "before", epochs=1)
    before = model.get_weights()
    spoilt = x.copy()
    spoilt[3, 2] = bad
    for use in (
        lambda: fit((spoilt, y)),
        lambda: training.fit_each(lambda: SmallNet(hidden=6), spoilt, y, (0,)),
        lambda: training.precise_statistics(model, spoilt),
    ):
        with pytest.raises(ValueError, match="x must be finite; received 1 of 900 values"):
            use()
    for was, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(was, now)


def test_a_net_without_numbers_scores_nothing(problem):
    model, _ = fit(problem, epochs=1)
    model.set_weights([np.full_like(each, np.nan) for each in model.get_weights()])
    assert (training.labels(model, problem[0]) == -1).all()
    assert training.score(model, *problem) == 0


def test_labels_of_the_test_set_are_looked_at_before_the_training(problem):
    x, y = problem
    with pytest.raises(ValueError, match="y of the test set must be integers"):
        fit(problem, test=(x, y + 0.5))


def test_every_fifth_step_is_kept_across_epochs(problem):
    _, history = fit(problem, batch_size=13, record=("z2",))  # 6 steps an epoch
    np.testing.assert_array_equal(history.steps, [0, 5, 10, 15])


def test_an_epoch_may_have_no_fifth_step(problem):
    _, history = fit(problem, batch_size=45, epochs=5, record=("z2",))  # 2 steps an epoch
    np.testing.assert_array_equal(history.steps, [0, 5])
    assert history.recorded["z2"].shape == (2, 45 * 3)


@pytest.mark.parametrize(("batch_size", "steps"), [(7, 20), (50, 3), (26, 3), (10, 0), (10, 5)])
def test_batches_are_permutations_cut_into_whole_batches(batch_size, steps):
    epochs = list(examples.batches(50, batch_size, seed=4, steps=steps))
    whole = 50 // batch_size
    assert [len(epoch) for epoch in epochs[:-1]] == [whole] * (len(epochs) - 1)
    assert sum(map(len, epochs)) == steps
    shuffle = np.random.default_rng(4)
    for epoch in epochs:
        assert epoch.dtype == np.int32
        order = shuffle.permutation(50)[: whole * batch_size]
        np.testing.assert_array_equal(epoch.ravel(), order[: epoch.size])


@pytest.mark.usefixtures("long")
@pytest.mark.parametrize("normalization", [None, "before", "after"])
def test_a_seed_decides_everything(problem, normalization):
    runs = [fit(problem, normalization, seed=seed)[1].loss for seed in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


@pytest.mark.usefixtures("long")
@pytest.mark.parametrize("normalization", [None, "before", "after"])
def test_recording_does_not_change_the_training(problem, normalization):
    plain = fit(problem, normalization)[1].loss
    recorded = fit(problem, normalization, record=RECORD)[1].loss
    np.testing.assert_allclose(plain, recorded, rtol=1e-3)


def test_it_learns_and_the_score_says_so(problem):
    model, history = fit(problem, epochs=60)
    assert history.loss[-1] < history.loss[0]
    assert history.accuracy[-1] > 0.9
    assert training.score(model, *problem) > 0.9


def test_the_score_is_taken_in_inference_mode(problem):
    model, _ = fit(problem, "before", epochs=20)
    x, y = problem
    one_by_one = [training.score(model, x[i : i + 1], y[i : i + 1]) for i in range(len(x))]
    assert np.mean(one_by_one) == pytest.approx(training.score(model, x, y))


@pytest.mark.parametrize("normalization", ["before", "after"])
def test_precise_statistics_are_those_of_the_data(problem, normalization):
    model, _ = fit(problem, normalization, epochs=5)
    x, _ = problem
    training.precise_statistics(model, x)
    in_training = model.forward(x, training=True)["z2"]
    training.precise_statistics(model, x)
    np.testing.assert_allclose(model.forward(x)["z2"], in_training, atol=1e-4)
    assert model.batch_norm.momentum == 0.9


def test_precise_statistics_reach_every_layer(problem):
    """Also a second normalization, whose input depends on the first one's statistics."""
    x, _ = problem
    dense, norm = keras.layers.Dense, keras.layers.BatchNormalization
    model = keras.Sequential([dense(4), norm(), dense(4), norm()])
    model(x[:1])
    training.precise_statistics(model, x)
    output = np.asarray(model(x))
    np.testing.assert_allclose(output.mean(axis=0), 0, atol=1e-4)


def test_precise_statistics_are_those_of_renormalized_layers_too(problem):
    x, _ = problem
    dense, norm = keras.layers.Dense, BatchRenormalization
    model = keras.Sequential([dense(4), norm(), keras.layers.ReLU(), dense(4), norm()])
    model(10 * x[:1] + 5)
    settings = [(norm.momentum, norm.renorm_clipping) for norm in model.layers[1::3]]
    training.precise_statistics(model, 10 * x + 5)
    output = np.asarray(model(10 * x + 5))
    np.testing.assert_allclose(output.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(output.std(axis=0), 1, atol=0.01)
    assert [(norm.momentum, norm.renorm_clipping) for norm in model.layers[1::3]] == settings


def test_labels_in_a_column_have_no_score(problem):
    model, _ = fit(problem, epochs=1)
    with pytest.raises(ValueError, match="equal lengths, received 90 and 1"):
        training.score(model, problem[0], problem[1][:1])
    with pytest.raises(ValueError, match=r"received \(90, 1\): use np.ravel"):
        training.score(model, problem[0], problem[1][:, np.newaxis])


def test_labels_below_0_have_no_score_and_others_may_be_any(problem):
    model, _ = fit(problem, epochs=1)
    x, y = problem
    with pytest.raises(ValueError, match="0 or more, received -1"):
        training.score(model, x, y - 1)
    with pytest.raises(ValueError, match="one example or more, received 0"):
        training.score(model, x[:0], y[:0])
    assert training.score(model, x, y + 10) == 0  # the model has no logit for these


def test_precise_statistics_forget_even_what_was_no_number(problem):
    model, _ = fit(problem, "before", epochs=1)
    norm = next(layer for layer in model._flatten_layers() if hasattr(layer, "moving_mean"))
    training.precise_statistics(model, problem[0])
    precise = norm.moving_mean.numpy()
    norm.moving_mean.assign(np.full(precise.shape, np.nan))
    training.precise_statistics(model, problem[0])
    np.testing.assert_array_equal(norm.moving_mean.numpy(), precise)


def test_averages_stay_where_the_data_do_not_fit(problem):
    model, _ = fit(problem, "before", epochs=1)
    before = model.get_weights()
    with pytest.raises(ValueError, match="shape"):
        training.precise_statistics(model, problem[0][:, :2])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_model_that_offers_nothing_has_nothing_to_record(problem):
    with pytest.raises(ValueError, match=r"record may name \[\] of this model, received \['z1'\]"):
        training.fit(keras.Sequential([keras.layers.Dense(3)]), *problem, record=("z1",))


def test_precise_statistics_need_a_batch_normalization(problem):
    frozen, _ = fit(problem, "before", epochs=1)
    frozen.trainable = False
    with pytest.raises(ValueError, match=r"must be trainable, received .*: thaw them"):
        training.precise_statistics(frozen, problem[0])
    model, _ = fit(problem, epochs=1)
    with pytest.raises(ValueError, match="must hold a batch normalization"):
        training.precise_statistics(model, problem[0])


@pytest.mark.parametrize("normalization", ["before", "after"])
def test_there_are_no_statistics_of_nothing(problem, normalization):
    """The mean of no rows is no number, and would be stored in silence."""
    model, _ = fit(problem, normalization, epochs=1)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"x must hold an example or more, received \(0, .*\)"):
        training.precise_statistics(model, problem[0][:0])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("x", "received"),
    [(None, "None"), (3.0, "3.0"), ([], r"\(0,\)"), (np.ones((3, 0)), r"\(3, 0\)")],
)
def test_what_holds_no_example_is_named(problem, x, received):
    model, _ = fit(problem, "before", epochs=1)
    with pytest.raises(ValueError, match=f"an example or more, received {received}: give it rows"):
        training.precise_statistics(model, x)


def test_precise_statistics_of_a_model_that_is_not_built(problem):
    """It has a batch normalization, but not yet."""
    with pytest.raises(ValueError, match=r"model must have weights.*train it first"):
        training.precise_statistics(SmallNet(normalization="before"), problem[0])


def test_any_keras_model_that_returns_logits_trains(problem):
    model = keras.Sequential([keras.layers.Dense(3)])
    history = training.fit(model, *problem, epochs=2, optimizer=keras.optimizers.SGD(0.1))
    assert history.recorded == {}
    assert np.isfinite(history.loss).all()


def test_the_split_is_stratified_and_seeded():
    x = np.arange(400, dtype=np.float32).reshape(100, 2, 2)
    y = np.repeat([0, 1], [80, 20])
    x_train, x_test, y_train, y_test = training.split(x, y)
    assert x_train.shape == (75, 4)
    assert x_test.shape == (25, 4)
    assert y_train.sum() == 15
    assert y_test.sum() == 5
    np.testing.assert_array_equal(x_test, training.split(x, y)[1])
    assert not np.array_equal(x_test, training.split(x, y, seed=1)[1])


def test_an_interrupt_loses_nothing(problem, monkeypatch, capsys):
    def interrupted(epochs, *_, **__):
        yield from list(epochs)[:2]
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "tqdm", interrupted)
    model, history = fit(problem, epochs=50, record=("z1",))
    assert history.loss.shape == (10,)
    assert history.recorded["z1"].shape[0] == 2
    assert "ends after 2 of 50 epochs" in capsys.readouterr().out
    assert 0 <= training.score(model, *problem) <= 1


def test_no_epochs_leave_an_empty_history(problem):
    _, history = fit(problem, epochs=0, record=RECORD)
    assert history.loss.shape == history.accuracy.shape == history.steps.shape == (0,)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"y": np.zeros(3, int)}, "equal lengths, received 90 and 3"),
        ({"y": np.full(90, 1.5)}, "y must be integers, received float64: use y.astype"),
        ({"y": np.zeros((90, 1), int)}, r"y must be \(n,\).*received \(90, 1\): use np.ravel"),
        ({"y": np.arange(90) % 3 - 1}, "y must be 0 or more, received -1: number the classes"),
        ({"y": np.arange(90) % 4}, "less than the number of classes, 3, received 3"),
        ({"y": np.arange(90) + 2**31}, "fit into 32 bits, received 2147483737"),  # not negative
        ({"y": np.full(90, 2**33)}, "fit into 32 bits, received 8589934592"),  # not 0
        ({"batch_size": 91}, r"1\.\.90, the number of examples, received 91"),
        ({"batch_size": 0}, r"1\.\.90, the number of examples, received 0"),
        ({"record": ("z1", "z9")}, r"\['a1', 'a2', 'z1', 'z2'\] of this model, received \['z9'\]"),
    ],
)
def test_bad_input_is_named(problem, change, said):
    x, y = problem
    with pytest.raises(ValueError, match=said):
        training.fit(SmallNet(), x, **{"y": y, "epochs": 1, **change})
