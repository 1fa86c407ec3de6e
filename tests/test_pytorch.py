"""Layers of PyTorch in Keras and back, against numbers that PyTorch itself computed.

Those are stored. Where PyTorch is installed, they are computed anew, and a net of Keras runs in it.
"""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local import layers, pytorch
from tests import pytorch_reference

REFERENCE = pytorch.reference()
FLAT = (4, 4, 4)
"""Height, width and channels of what the reference net flattens."""


def stored(part):
    """{name: array} of a part of the reference, such as "averages.state."."""
    return {k.removeprefix(part): v for k, v in REFERENCE.items() if k.startswith(part)}


def channels_last(x):
    return np.moveaxis(x, 1, -1)


def close(a, b, tolerance=1e-5):
    np.testing.assert_allclose(a, b, rtol=0, atol=tolerance)


def batch_norm(features=2, kind=keras.layers.BatchNormalization, **arguments):
    """Keras's layer for PyTorch's with these arguments."""
    norm = kind(**pytorch.keras_arguments(**arguments))
    norm.build((None, features))
    return norm


def test_the_file_says_which_pytorch_made_it_and_is_small():
    assert REFERENCE["version"].item()[0] in "12"
    assert pytorch.REFERENCE.stat().st_size < 30_000


# --- Settings ---


def test_the_defaults_are_those_of_pytorch():
    said = pytorch.keras_arguments()
    assert said["epsilon"] == pytest.approx(REFERENCE["defaults.batch_norm.eps"])
    assert said["momentum"] == pytest.approx(1 - REFERENCE["defaults.batch_norm.momentum"])
    assert said["center"] and said["scale"]


@given(eps=st.floats(1e-8, 1), momentum=st.floats(0, 1), affine=st.booleans(), n=st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_settings_come_back(eps, momentum, affine, n):
    norm = batch_norm(n, eps=eps, momentum=momentum, affine=affine)
    back = pytorch.pytorch_arguments(norm)
    assert back.pop("momentum") == pytest.approx(momentum, abs=1e-14)
    assert back == {"num_features": n, "eps": eps, "affine": affine}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"momentum": None}, "momentum must be a number; received None"),
        ({"momentum": 1.1}, "momentum must lie from 0 to 1; received 1.1"),
        ({"momentum": float("nan")}, "momentum must lie from 0 to 1"),
        ({"track_running_stats": False}, "track_running_stats must be True; received False"),
    ],
)
def test_settings_that_keras_lacks_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        pytorch.keras_arguments(**arguments)


def test_a_momentum_is_written_as_people_write_it():
    assert pytorch.keras_arguments(momentum=0.01)["momentum"] == 0.99
    assert pytorch.pytorch_arguments(batch_norm(momentum=0.1))["momentum"] == 0.1
    assert pytorch.pytorch_arguments(batch_norm(momentum=0.003))["momentum"] == 0.003


def test_only_batch_normalization_has_arguments():
    with pytest.raises(TypeError, match="received Dense"):
        pytorch.pytorch_arguments(keras.layers.Dense(2))


# --- Batch normalization: the numbers of PyTorch ---

KINDS = pytest.mark.parametrize(
    "kind", [keras.layers.BatchNormalization, layers.BatchNormalization]
)


@KINDS
def test_inference_is_that_of_pytorch(kind):
    norm = batch_norm(kind=kind)
    pytorch.load_state_dict(norm, stored("averages.state."))
    close(norm(REFERENCE["averages.x"][-1]), REFERENCE["averages.eval"])


@KINDS
def test_training_moves_the_averages_as_in_pytorch_up_to_the_factor(kind):
    state, x = stored("averages.state."), REFERENCE["averages.x"]
    norm = batch_norm(kind=kind)
    fresh = {"running_mean": np.zeros(2), "running_var": np.ones(2)}
    pytorch.load_state_dict(norm, state | fresh)
    for step, batch in enumerate(x, start=1):
        y = norm(batch, training=True)
        close(norm.moving_mean, REFERENCE["averages.running_mean"][step - 1])
        running = REFERENCE["averages.running_var"][step - 1]
        start, rows = 0.9**step, len(batch)
        close(norm.moving_variance, pytorch.biased_variance(running, rows, start))
        close(pytorch.unbiased_variance(norm.moving_variance, rows, start), running)
    assert abs(norm.moving_variance - running)[0] > 0.1  # that is, not the same
    close(y, REFERENCE["averages.training"])


def test_the_factor_is_that_of_every_size_of_batch():
    sizes, x = REFERENCE["variances.sizes"], REFERENCE["variances.x"]
    for rows, running in zip(sizes, REFERENCE["variances.running_var"], strict=True):
        close(pytorch.biased_variance(running, rows), x[:rows].var())
        close(pytorch.unbiased_variance(x[:rows].var(), rows), running)


def test_averages_with_any_momentum_are_converted_as_they_are():
    norm = batch_norm()
    state = stored("averages.cumulative.state.")  # momentum=None
    pytorch.load_state_dict(norm, state)
    close(norm.moving_mean, REFERENCE["averages.x"].mean((0, 1)), 1e-5)
    close(norm.moving_variance, state["running_var"], 0)


def test_without_gamma_and_beta():
    norm = batch_norm(affine=False)
    assert norm.get_weights()[0].shape == (2,) and len(norm.weights) == 2
    pytorch.load_state_dict(norm, stored("modes.plain.state."))
    close(norm(REFERENCE["modes.x"]), REFERENCE["modes.plain.eval"])
    close(norm(REFERENCE["modes.x"], training=True), REFERENCE["modes.plain.training"])
    assert pytorch.state_dict(norm).keys() == stored("modes.plain.state.").keys()


def test_without_running_statistics_there_is_nothing_to_load_and_training_mode_is_both():
    state = stored("modes.untracked.state.")
    norm = batch_norm()
    with pytest.raises(ValueError, match=r"'running_mean'; received .*track_running_stats=False"):
        pytorch.load_state_dict(norm, state)
    norm.set_weights([state["weight"], state["bias"], np.zeros(2), np.ones(2)])
    close(norm(REFERENCE["modes.x"], training=True), REFERENCE["modes.untracked.eval"])


@pytest.mark.parametrize(("rows", "start"), [(1, 0), (0, 0), (4, -0.1), (4, 1.1)])
def test_batches_that_have_no_factor_are_refused(rows, start):
    for convert in pytorch.biased_variance, pytorch.unbiased_variance:
        with pytest.raises(ValueError, match=r"rows must be 2|start must lie"):
            convert(1.0, rows, start)


# --- A whole net ---


@pytest.fixture
def net():
    """The reference net in Keras, with images channels last."""
    return keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            keras.layers.Conv2D(4, 3),
            keras.layers.BatchNormalization(**pytorch.keras_arguments()),
            keras.layers.ReLU(),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )


def parts(net):
    """Its layers with weights, their names in PyTorch, and what the inputs are flattened from."""
    convolution, norm, _, _, dense = net.layers
    return [(convolution, "0.", None), (norm, "1.", None), (dense, "4.", FLAT)]


def test_a_net_of_pytorch_answers_the_same_in_keras_and_goes_back(net):
    state = stored("net.state.")
    for layer, prefix, flattened in parts(net):
        pytorch.load_state_dict(layer, state, prefix, flattened)
    x = channels_last(REFERENCE["net.x"])
    close(net(x, training=False), REFERENCE["net.eval"])
    back = {}
    for layer, prefix, flattened in parts(net):
        back |= pytorch.state_dict(layer, prefix, flattened)
    assert back.keys() == state.keys()
    for name, value in back.items():
        np.testing.assert_array_equal(value, state[name] if "tracked" not in name else 0)
    close(net(x, training=True), REFERENCE["net.forgotten"])
    close(net.layers[1].moving_mean, REFERENCE["net.forgotten.running_mean"])


def test_the_order_of_flattening_matters(net):
    for layer, prefix, _ in parts(net):
        pytorch.load_state_dict(layer, stored("net.state."), prefix)
    wrong = net(channels_last(REFERENCE["net.x"])) - REFERENCE["net.eval"]
    assert np.abs(wrong).max() > 0.1


OTHERS = {
    "linear": (keras.layers.Dense(2), False),
    "conv1d": (keras.layers.Conv1D(3, 2), True),
    "grouped": (keras.layers.Conv2D(6, 2, dilation_rate=2, groups=2), True),
    "depthwise": (keras.layers.DepthwiseConv2D((2, 3), depth_multiplier=2), True),
    "conv3d": (keras.layers.Conv3D(2, (1, 2, 3)), True),
    "transposed": (keras.layers.Conv2DTranspose(3, (2, 3), strides=2), True),
    "layer_norm": (keras.layers.LayerNormalization(epsilon=1e-5), False),
    "our layer_norm": (layers.LayerNormalization(epsilon=1e-5), False),
    "group_norm": (keras.layers.GroupNormalization(2, epsilon=1e-5), True),
    "our group_norm": (layers.GroupNormalization(2, epsilon=1e-5), True),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_layers_answer_as_in_pytorch_and_go_back(name):
    layer, of_images = OTHERS[name]
    part = f"layers.{name.removeprefix('our ')}."
    x, y = (channels_last(v) if of_images else v for v in (stored(part)["x"], stored(part)["y"]))
    layer.build((None, *x.shape[1:]))
    pytorch.load_state_dict(layer, stored(part), "state.")
    close(layer(x), y)
    back = pytorch.state_dict(layer)
    assert back.keys() == stored(f"{part}state.").keys()
    for entry, value in back.items():
        np.testing.assert_array_equal(value, stored(f"{part}state.")[entry])
        assert value.flags.c_contiguous


# --- What states there may be ---


def made(layer, shape, seed=0):
    """The layer, built, with arbitrary weights."""
    layer.build((None, *shape))
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.uniform(0.5, 2, w.shape) for w in layer.weights])
    return layer


KERAS = {
    "dense": (lambda: keras.layers.Dense(5), (12,)),
    "convolution": (lambda: keras.layers.Conv2D(2, (3, 1), use_bias=False), (5, 5, 3)),
    "normalization": (keras.layers.BatchNormalization, (12,)),
    "no gamma": (lambda: keras.layers.BatchNormalization(scale=False), (12,)),
    "no beta": (lambda: layers.LayerNormalization(center=False), (12,)),
    "RMS": (keras.layers.RMSNormalization, (12,)),
    "our RMS": (layers.RMSNormalization, (12,)),
    "instances": (layers.InstanceNormalization, (4, 12)),
}


@pytest.mark.parametrize("flattened", [None, (2, 2, 3), (4, 3)])
@pytest.mark.parametrize("kind", KERAS)
def test_weights_of_keras_come_back(kind, flattened):
    new, shape = KERAS[kind]
    first, second = made(new(), shape), made(new(), shape, seed=1)
    flattened = None if kind == "convolution" else flattened
    state = pytorch.state_dict(first, "net.0.", flattened)
    pytorch.load_state_dict(second, state, "net.0.", flattened)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert all(name.startswith("net.0.") for name in state)


def test_pytorch_has_both_gamma_and_beta_or_none():
    state = pytorch.state_dict(made(keras.layers.BatchNormalization(center=False), (3,)))
    np.testing.assert_array_equal(state["bias"], np.zeros(3))
    state = pytorch.state_dict(made(keras.layers.BatchNormalization(scale=False), (3,)))
    np.testing.assert_array_equal(state["weight"], np.ones(3))
    assert "bias" not in pytorch.state_dict(made(keras.layers.RMSNormalization(), (3,)))


def test_the_inputs_of_a_flattened_map_are_reordered():
    layer = made(keras.layers.Dense(5), (12,))
    x = np.random.default_rng(0).normal(size=(2, 3, 2, 2)).astype("float32")  # channels first
    state = pytorch.state_dict(layer, flattened=(2, 2, 3))
    theirs = x.reshape(2, -1) @ state["weight"].T + state["bias"]
    close(layer(channels_last(x).reshape(2, -1)), theirs)


class Tensor:
    """What a state dict of PyTorch holds, as far as a conversion asks."""

    def __init__(self, values):
        self.values, self.calls = values, []

    def __array__(self, *_, **__):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    def __getattr__(self, name):
        if name not in ("detach", "cpu", "double"):
            raise AttributeError(name)

        def call():
            self.calls.append(name)
            return self

        return call

    def numpy(self):
        assert self.calls == ["detach", "cpu", "double"]
        return np.asarray(self.values, np.float64)


def test_tensors_may_have_gradients_and_lie_on_a_device():
    norm = batch_norm()
    state = {k: Tensor(v) for k, v in stored("averages.state.").items()}
    pytorch.load_state_dict(norm, state)
    close(norm.gamma, REFERENCE["averages.state.weight"], 1e-7)


GOOD = {"weight": np.ones(2), "bias": np.ones(2), "running_mean": np.ones(2)}
GOOD |= {"running_var": np.ones(2)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"running_var": None}, r"must hold 'bn.running_var'; received \['bn.bias'"),
        ({"weight": None}, r"'bn.weight'.*affine=False.*center=False, scale=False"),
        ({"bias": None}, r"'bn.bias'.*center=False"),
        ({"bias": np.ones(3)}, r"bn.bias must have shape \(2,\) .* received \(3,\)"),
        ({"weight": np.array([1, np.nan])}, "bn.weight must be finite"),
        ({"running_var": np.array([1, -0.1])}, "bn.running_var must be 0 or more; received -0.1"),
    ],
)
def test_a_wrong_state_is_named_and_nothing_is_taken_over(change, message):
    norm = batch_norm()
    before = norm.get_weights()
    state = {f"bn.{k}": v for k, v in (GOOD | change).items() if v is not None}
    with pytest.raises(ValueError, match=message):
        pytorch.load_state_dict(norm, state, "bn.")
    for a, b in zip(before, norm.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_entries_without_a_place_are_refused_unless_they_change_nothing():
    plain = batch_norm(affine=False)
    with pytest.raises(ValueError, match=r"bias has no place .*\['moving_mean'"):
        pytorch.load_state_dict(plain, GOOD)
    pytorch.load_state_dict(plain, GOOD | {"bias": np.zeros(2)})
    with pytest.raises(ValueError, match="has no place"):
        pytorch.load_state_dict(plain, GOOD | {"weight": np.full(2, 2.0), "bias": np.zeros(2)})
    layer_norm = made(keras.layers.LayerNormalization(), (2,))
    with pytest.raises(ValueError, match=r"running_\w+ has no place"):
        pytorch.load_state_dict(layer_norm, GOOD)
    dense = made(keras.layers.Dense(2, use_bias=False), (3,))
    with pytest.raises(ValueError, match="bias has no place"):
        pytorch.load_state_dict(dense, {"weight": np.ones((2, 3)), "bias": np.ones(2)})


def test_a_kernel_in_the_order_of_keras_is_refused():
    dense = made(keras.layers.Dense(2), (3,))
    with pytest.raises(ValueError, match=r"weight must have shape \(2, 3\) .* received \(3, 2\)"):
        pytorch.load_state_dict(dense, {"weight": np.ones((3, 2)), "bias": np.ones(2)})
    with pytest.raises(ValueError, match=r"'bias'; .*use_bias=False"):
        pytorch.load_state_dict(dense, {"weight": np.ones((2, 3))})


@pytest.mark.parametrize(
    ("layer", "shape", "error", "message"),
    [
        (keras.layers.LSTM(2), (3, 2), TypeError, "received LSTM"),
        (keras.layers.SeparableConv2D(2, 1), (3, 3, 2), TypeError, "received SeparableConv2D"),
        (keras.layers.EinsumDense("ab,bc->ac", 3), (2,), TypeError, "received EinsumDense"),
        (keras.layers.LayerNormalization(axis=(1, 2)), (3, 2), TypeError, "along one axis"),
        (keras.layers.Dense(2, lora_rank=1), (3,), TypeError, "lora_kernel_a"),
        (keras.layers.Dense(2), None, ValueError, "not built"),
    ],
)
def test_layers_without_a_counterpart_are_refused(layer, shape, error, message):
    if shape:
        layer.build((None, *shape))
    with pytest.raises(error, match=message):
        pytorch.state_dict(layer)
    with pytest.raises(error, match=message):
        pytorch.load_state_dict(layer, GOOD)


@pytest.mark.parametrize(
    ("layer", "shape"), [(keras.layers.Dense(2), (8,)), (keras.layers.Conv2D(2, 1), (2, 2, 3))]
)
def test_a_map_that_the_layer_does_not_take_is_refused(layer, shape):
    made(layer, shape)
    with pytest.raises(ValueError, match=r"flattened must multiply .* received 12"):
        pytorch.state_dict(layer, flattened=(2, 2, 3))


# --- Live, where PyTorch is installed ---


def test_the_stored_numbers_are_those_of_the_pytorch_here():
    pytest.importorskip("torch")
    computed = pytorch_reference.compute()
    assert computed.keys() == REFERENCE.keys()
    for name in computed.keys() - {"version"}:
        close(computed[name], REFERENCE[name])


def test_pytorch_refuses_a_batch_of_one_and_its_averages_move_when_its_parameters_do_not():
    torch = pytest.importorskip("torch")  # as the page on PyTorch says
    norm = torch.nn.BatchNorm1d(2).requires_grad_(False)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        norm(torch.ones(1, 2))
    norm(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    close(norm.running_mean, [0.2, 0.3])


@pytest.mark.parametrize("seed", range(3))
def test_a_net_of_keras_answers_the_same_in_pytorch_and_learns_on(net, seed):
    torch = pytest.importorskip("torch")
    nn, rng = torch.nn, np.random.default_rng(seed)
    norm = net.layers[1]
    norm.momentum = 0.75
    net.set_weights([rng.uniform(0.05, 0.3, w.shape) for w in net.get_weights()])
    x = rng.normal(size=(5, 3, 6, 6)).astype("float32")
    theirs = nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(**pytorch.pytorch_arguments(norm)),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(64, 3),
    )
    state = {}
    for layer, prefix, flattened in parts(net):
        state |= pytorch.state_dict(layer, prefix, flattened)
    theirs.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    with torch.no_grad():
        close(net(channels_last(x)), theirs.eval()(torch.tensor(x)))
        theirs.train()
        for _ in range(2):
            close(net(channels_last(x), training=True), theirs(torch.tensor(x)))
    close(norm.moving_mean, theirs[1].running_mean)

    trained = dict(theirs.named_parameters()) | dict(theirs.named_buffers())  # with gradients
    for layer, prefix, flattened in parts(net):
        pytorch.load_state_dict(layer, trained, prefix, flattened)
    with torch.no_grad():
        close(net(channels_last(x)), theirs.eval()(torch.tensor(x)))
    half = theirs.to(torch.bfloat16).state_dict()
    pytorch.load_state_dict(norm, half, "1.")
    close(norm.gamma, half["1.weight"].float(), 0)
