"""The Keras callback keeps the values of the passes that train, and TensorBoard can read them."""

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import HISTOGRAMS, EventAccumulator

from local import training
from local.models import SmallNet
from local.recorder import Recorder

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(64, 10)).astype(np.float32)
Y = np.arange(64) % 3


def keras_fit(recorder, examples=64, **settings):
    keras.utils.set_random_seed(0)
    model = SmallNet(hidden=6)
    model.compile(
        "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    settings = {"batch_size": 16, "epochs": 3, "verbose": 0, **settings}
    model.fit(X[:examples], Y[:examples], callbacks=[recorder], **settings)
    return model


def test_the_values_come_from_the_pass_that_trains():
    """After one step the weights have moved: only the training pass itself saw the old ones."""
    recorder = Recorder()
    model = keras_fit(recorder, examples=16, epochs=1, shuffle=False)
    keras.utils.set_random_seed(0)
    untrained = SmallNet(hidden=6)
    expected = untrained.forward(X[:16])
    for name, values in recorder.history.recorded.items():
        np.testing.assert_allclose(values[0], np.ravel(expected[name]), atol=1e-5)
    assert not np.allclose(
        recorder.history.recorded["z1"][0], np.ravel(model.forward(X[:16])["z1"])
    )


def test_the_history_is_that_of_our_own_training(monkeypatch):
    recorder = Recorder()
    keras_fit(recorder, shuffle=False)
    keras.utils.set_random_seed(0)
    model = SmallNet(hidden=6)
    model(X[:1])

    class InOrder:
        permutation = staticmethod(np.arange)

    monkeypatch.setattr(np.random, "default_rng", lambda seed: InOrder())
    ours = training.fit(model, X, Y, epochs=3, batch_size=16, record=("z1", "a1", "z2", "a2"))

    keras_way = recorder.history
    np.testing.assert_allclose(keras_way.loss, ours.loss, rtol=1e-4)
    np.testing.assert_allclose(keras_way.accuracy, ours.accuracy, atol=1e-6)
    np.testing.assert_array_equal(keras_way.steps, ours.steps)
    for name, values in ours.recorded.items():
        np.testing.assert_allclose(keras_way.recorded[name], values, atol=1e-4)


def test_the_event_file_holds_the_same_histograms(tmp_path):
    recorder = Recorder(log_dir=tmp_path)
    keras_fit(recorder)
    events = EventAccumulator(str(tmp_path), size_guidance={HISTOGRAMS: 0, "tensors": 0}).Reload()
    history = recorder.history
    assert set(events.Tags()["tensors"]) == {"z1", "a1", "z2", "a2"}
    for name, values in history.recorded.items():
        written = events.Tensors(name)
        assert [event.step for event in written] == history.steps.tolist()
        for event, row in zip(written, values, strict=True):
            left, right, count = histogram(event).T
            assert count.sum() == row.size
            assert left[0] == pytest.approx(row.min(), abs=1e-5)
            assert right[-1] == pytest.approx(row.max(), abs=1e-5)
            expected, _ = np.histogram(row, bins=np.append(left, right[-1]))
            assert np.abs(np.cumsum(count - expected)).max() <= 2  # samples on a bin's edge


def histogram(event):
    """The (buckets, 3) array of left edge, right edge and count in a histogram event."""
    proto = event.tensor_proto
    return np.frombuffer(proto.tensor_content, np.float64).reshape(-1, 3)


def test_a_smaller_last_batch_leaves_its_loss_only(monkeypatch):
    monkeypatch.setattr("local.recorder.EVERY", 1)
    recorder = Recorder()
    keras_fit(recorder, examples=40, epochs=1)  # batches of 16, 16 and 8
    assert recorder.history.loss.shape == (3,)
    np.testing.assert_array_equal(recorder.history.steps, [0, 1])
    assert recorder.history.recorded["z2"].shape == (2, 48)


def test_a_model_without_a_recorder_is_refused():
    model = keras.Sequential([keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match="Sequential hands no values to a recorder"):
        model.fit(X, X[:, :3], verbose=0, callbacks=[Recorder()])


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_model_that_was_fitted_before_is_recorded_too(jit_compile):
    model = keras_fit(Recorder())
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, jit_compile=jit_compile)
    model.fit(X, Y, verbose=0)
    expected = np.ravel(model.forward(X[:16])["z1"])
    recorder = Recorder(record=("z1",))
    model.fit(X[:16], Y[:16], batch_size=16, shuffle=False, verbose=0, callbacks=[recorder])
    np.testing.assert_allclose(recorder.history.recorded["z1"][0], expected, atol=1e-5)
    model.fit(X, Y, verbose=0)  # and goes on without it


def test_several_steps_at_once_are_refused():
    model = SmallNet()
    model.compile("sgd", "mse", steps_per_execution=4)
    with pytest.raises(ValueError, match=r"every step.*steps_per_execution=4: leave it at 1"):
        model.fit(X, Y, verbose=0, callbacks=[Recorder()])


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"\['a1', 'a2', 'z1', 'z2'\].*received \['z9'\]"):
        keras_fit(Recorder(record=("z1", "z9")))


def test_a_history_before_training_is_refused():
    with pytest.raises(ValueError, match="nothing was recorded yet"):
        Recorder().history  # noqa: B018
