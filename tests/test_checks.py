"""Instant checks: right code passes, each wrong idea gets its hint, and nothing ever raises."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from local import equations, gradients, layers
from local.exercises import checks, probes
from local.exercises.broken import BROKEN
from local.exercises.ideas import IDEAS, MISCONCEPTIONS
from local.exercises.questions import BY_NAME, layer
from local.exercises.questions.forward_and_backward import backward, forward

seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=15, deadline=None, derandomize=True, database=None)


def axes(x):
    return tuple(range(x.ndim - 1))


def mean_and_variance(x):
    mean = x.mean(axes(x), dtype=float)
    return mean, ((x - mean) ** 2).mean(axes(x))


def forward_by(layer_class):
    """The reader's function that computes what such a layer does."""

    def forward(x, gamma, beta, epsilon=1e-3):
        layer = layer_class(len(gamma), epsilon=epsilon)
        layer.gamma, layer.beta = gamma, beta
        return layer.forward(x, training=True), layer.cache

    return forward


def backward_by(layer_class):
    def backward(dy, cache):
        layer = layer_class(len(cache.gamma))
        layer.gamma, layer.cache, layer.training = cache.gamma, cache, True
        return layer.backward(dy)

    return backward


def find_learning_rate(train, rates):
    ends = [train(rate)[-50:].mean() for rate in rates]
    return rates[np.nanargmin(ends)]


def choose_momentum(steps):
    return 0.01 ** (1 / steps)


def predict(net, x):
    return np.argmax(net(x, training=False), axis=1)


def batches(n, size, rng):
    return np.array_split(rng.permutation(n), n // size)


def as_line(layer):
    gamma, beta, mean, variance = map(np.asarray, layer.weights)
    a = gamma / np.sqrt(variance + layer.epsilon)
    return a, beta - a * mean


def find_bugs(layer_class):
    """Enough to tell the right layer from most others."""
    x = np.random.default_rng(0).normal(size=(5, 3))
    layer = layer_class(3, momentum=0.9)
    layer.gamma = np.array([1.0, 2.0, 3.0])
    y, _ = equations.batch_norm_forward(x, layer.gamma, np.zeros(3))
    np.testing.assert_allclose(layer.forward(x, training=True), y)
    np.testing.assert_allclose(layer.moving_mean, 0.1 * x.mean(0))


RIGHT = {
    "mean_and_variance": mean_and_variance,
    "batch_norm_forward": equations.batch_norm_forward,
    "gradient_by_differences": gradients.numerical_gradient,
    "batch_norm_backward_staged": equations.batch_norm_backward_staged,
    "batch_norm_backward": equations.batch_norm_backward,
    "BatchNorm": layers.BatchNormalization,
    "as_line": as_line,
    "find_learning_rate": find_learning_rate,
    "choose_momentum": choose_momentum,
    "predict": predict,
    "batches": batches,
}


class Reader(keras.layers.Layer):
    """A reader's layer, in pieces that a test can spoil."""

    batch = staticmethod(lambda x: list(range(len(x.shape) - 1)))
    new_share = 0.3
    wide = "float32"

    def __init__(self, momentum=0.99, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, shape):
        for name, start in zip(probes.WEIGHTS, ("ones", "zeros", "zeros", "ones"), strict=True):
            kept = self.add_weight(
                shape[-1:], start, trainable=name in ("gamma", "beta"), autocast=False
            )
            setattr(self, name, kept)

    def learns(self, training):
        return training and self.trainable

    def moved(self, average, value):
        return self.momentum * average + (1 - self.momentum) * value

    def call(self, inputs, training=None):
        x = tf.cast(inputs, self.wide)
        mean, variance = self.moving_mean, self.moving_variance
        if self.learns(training):
            mean = tf.reduce_mean(x, self.batch(x))
            variance = tf.reduce_mean((x - mean) ** 2, self.batch(x))
            self.moving_mean.assign(self.moved(self.moving_mean, mean))
            self.moving_variance.assign(self.moved(self.moving_variance, variance))
        return self.normalized(x, mean, variance)

    def normalized(self, x, mean, variance):
        y = self.gamma * (x - mean) / tf.sqrt(variance + self.epsilon) + self.beta
        return tf.cast(y, self.compute_dtype)


class BatchInInference(Reader):
    def learns(self, training):
        return self.trainable


class FrozenButLearning(Reader):
    def learns(self, training):
        return training


class PyTorchMomentum(Reader):
    def moved(self, average, value):
        return (1 - self.momentum) * average + self.momentum * value


class HeldConstant(Reader):
    def normalized(self, x, mean, variance):
        return super().normalized(x, tf.stop_gradient(mean), tf.stop_gradient(variance))


class Forgetful(Reader):
    def get_config(self):
        return super().get_config() | {"momentum": 0.99, "epsilon": 1e-3}


class AllTrainable(Reader):
    def build(self, shape):
        super().build(shape)
        self.moving_mean.trainable = True


class WideOutput(Reader):
    def normalized(self, x, mean, variance):
        return tf.cast(super().normalized(x, mean, variance), "float32")


class Narrow(Reader):
    def call(self, inputs, training=None):
        self.wide = inputs.dtype
        return super().call(inputs, training)

    def normalized(self, x, mean, variance):
        x, mean, variance = (tf.cast(value, "float32") for value in (x, mean, variance))
        return super().normalized(x, mean, variance)

    def moved(self, average, value):
        return super().moved(average, tf.cast(value, "float32"))


class Eager(Reader):
    def call(self, inputs, training=None):
        return super().call(inputs, training in (True, None))


class Elsewhere(Reader):
    def build(self, shape):
        super().build(shape)
        self.gamma.assign(0 * self.gamma)


def in_place(x):
    mean = x.mean(axes(x))
    x -= mean
    return mean, (x**2).mean(axes(x))


def spoiling(dy, cache):
    result = equations.batch_norm_backward(dy, cache)
    cache.x_hat[:] = 0
    return result


def freezing(net, x):
    net.trainable = False
    return np.argmax(net(x, training=False), axis=1)


def by_the_last_step(train, rates):
    return rates[np.nanargmin([train(rate)[-1] for rate in rates])]


def never_mixed(n, size, rng):
    return rng.permuted(np.arange(n // size * size).reshape(-1, size), axis=1)


def flattened(x, gamma, beta, epsilon=1e-3):
    y, cache = equations.batch_norm_forward(x.reshape(-1, x.shape[-1]), gamma, beta, epsilon)
    return y.reshape(x.shape), cache


def one_left_over(n, size, rng):
    return np.array_split(rng.permutation(n), range(size, n, size))


# --- What passes ---------------------------------------------------------------------------------


def outcome(capsys, name, written):
    """What the check of that name prints."""
    assert getattr(checks, f"check_{name}")(written) is None
    return capsys.readouterr().out


def test_notebooks_that_were_released_earlier_find_their_checkers(capsys):
    for checker, name in checks.EARLIER_NAMES.items():
        getattr(checks, checker)(RIGHT[name])
        assert capsys.readouterr().out.startswith(f"{name}: ")
    with pytest.raises(AttributeError, match="no check_forwards here; there are check_mean_and"):
        _ = checks.check_forwards


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_solution_passes(capsys, name):
    said = outcome(capsys, name, RIGHT[name])
    assert "passed   " in said
    assert "not yet" not in said
    assert "hint" not in said


@pytest.mark.parametrize("layer_class", [Reader, layers.BatchNormalization])
def test_other_right_layers_pass(capsys, layer_class):
    assert "not yet" not in outcome(capsys, "BatchNorm", layer_class)


def test_keras_own_layer_is_no_answer(capsys):
    class Borrowed(keras.layers.BatchNormalization):
        pass

    class Kept(keras.layers.BatchNormalization):
        call = keras.layers.BatchNormalization.call

    for layer_class in Borrowed, Kept:
        assert "no answer here" in outcome(capsys, "BatchNorm", layer_class)
    assert keras.layers.BatchNormalization()(np.eye(2)).shape == (2, 2)  # elsewhere it still works


@pytest.mark.parametrize("name", [name for name in RIGHT if name not in ("BatchNorm", "predict")])
@few
@given(seed=seeds)
def test_the_right_solution_passes_whatever_the_case(name, seed):
    question = BY_NAME[name]
    for case in question.cases(np.random.default_rng(seed)):
        findings = question.judge(case, checks.run(question, RIGHT[name], case))
        assert [finding for finding in findings if not finding.passed] == []


def as_lists(x, gamma, beta, epsilon=1e-3):
    y, cache = equations.batch_norm_forward(x, gamma, beta, epsilon)
    return y.tolist(), [each.tolist() for each in cache[:3]]


def as_float32(x, gamma, beta, epsilon=1e-3):
    x = x.astype(np.float32)
    return equations.batch_norm_forward(x, gamma, beta, epsilon)


@pytest.mark.parametrize("forward", [as_lists, as_float32])
def test_lists_and_float32_are_right_too(capsys, forward):
    assert "not yet" not in outcome(capsys, "batch_norm_forward", forward)


# --- Hints ---------------------------------------------------------------------------------------

SHOWN = {
    "1, statistics": ("mean_and_variance", lambda x: (x.mean(-1), x.var(-1)), 1),
    "1, forward": ("batch_norm_forward", forward_by(BROKEN["NeuronsNotBatch"]), 1),
    "4": ("batch_norm_forward", forward_by(BROKEN["NotCentred"]), 4),
    "5": ("batch_norm_forward", forward_by(BROKEN["ParametersIgnored"]), 5),
    "6, layer": ("BatchNorm", BatchInInference, 6),
    "6, predict": ("predict", lambda net, x: np.argmax(net(x, training=True), 1), 6),
    "7, layer": ("BatchNorm", PyTorchMomentum, 7),
    "7, choice": ("choose_momentum", lambda steps: 1 - 0.01 ** (1 / steps), 7),
    "8, forward": ("batch_norm_forward", forward_by(BROKEN["BatchOfOneUntouched"]), 8),
    "8, batches": ("batches", one_left_over, 8),
    "9": ("BatchNorm", FrozenButLearning, 9),
    "10, both": ("batch_norm_backward", backward_by(BROKEN["DetachedStatistics"]), 10),
    "10, mean": ("batch_norm_backward", backward_by(BROKEN["DetachedMean"]), 10),
    "10, variance": ("batch_norm_backward", backward_by(BROKEN["DetachedVariance"]), 10),
    "10, layer": ("BatchNorm", HeldConstant, 10),
    "11, outside": ("batch_norm_forward", forward_by(BROKEN["EpsilonOutsideRoot"]), 11),
    "11, forgotten": ("batch_norm_forward", forward_by(BROKEN["EpsilonForgotten"]), 11),
    "12": ("batch_norm_forward", forward_by(BROKEN["VarianceNotDeviation"]), 12),
    "14": ("mean_and_variance", lambda x: (x.mean(0), x.var(0)), 14),
    "14, forward": ("batch_norm_forward", forward_by(BROKEN["PixelStatistics"]), 14),
}


@pytest.mark.parametrize("idea", SHOWN)
def test_a_misconception_gets_its_hint_and_no_other(capsys, idea):
    name, written, misconception = SHOWN[idea]
    said = outcome(capsys, name, written)
    assert said.count("  hint  ") == 1
    sentence = MISCONCEPTIONS[misconception].sentence.replace("`", "")
    words = f'(misconception {misconception}: "{sentence}")'
    assert words in " ".join(said.split())


FORWARD = [idea for idea, (name, *_) in SHOWN.items() if name == "batch_norm_forward"]


@pytest.mark.parametrize("idea", FORWARD)
def test_no_case_hides_a_misconception_of_the_forward_pass(idea):
    name, written, misconception = SHOWN[idea]
    for seed in range(300):
        for case in BY_NAME[name].cases(np.random.default_rng(seed)):
            with np.errstate(all="ignore"):
                findings = BY_NAME[name].judge(case, checks.run(BY_NAME[name], written, case))
            for each in findings:
                of_value = each.what.endswith((": y", ": x_hat", ": s"))
                if of_value and not each.passed and case["about"] != forward.ALONE:
                    assert each.misconception == misconception, (seed, each)


def test_the_ideas_are_those_that_code_can_show():
    shown = {misconception for _, _, misconception in SHOWN.values()}
    assert shown == set(MISCONCEPTIONS) - {2, 3, 13, 15}
    for layer_class in BROKEN.values():
        if layer_class.idea.misconception:
            assert layer_class.idea.misconception in shown


STAGED = {
    "dgamma": lambda nodes, n: nodes["dgamma"] / n,
    "dx_hat": lambda nodes, n: nodes["dx_hat"] / 2,
    "ds": lambda nodes, n: -nodes["ds"],
    "dvariance": lambda nodes, n: nodes["dvariance"] * 2,
    "dsquared": lambda nodes, n: nodes["dsquared"] * n,
    "dmean": lambda nodes, n: -nodes["dmean"],
    "dx": lambda nodes, n: nodes["dcentered"],
}


@pytest.mark.parametrize("node", STAGED)
def test_a_slip_costs_the_node_where_it_is_made(node):
    """The nodes that follow are computed from the wrong one, and are right for all that."""

    def written(dy, cache):
        nodes = equations.batch_norm_backward_staged(dy, cache)
        nodes[node] = STAGED[node](nodes, dy.size // cache.s.size)
        s, batch, n = cache.s, axes(dy), dy.size // cache.s.size
        follow = {
            "ds": lambda: -(nodes["dx_hat"] * cache.x_hat * s).sum(batch) / s**2,
            "dvariance": lambda: nodes["ds"] / (2 * s),
            "dsquared": lambda: np.ones(dy.shape) * nodes["dvariance"] / n,
            "dcentered": lambda: nodes["dx_hat"] / s + 2 * cache.x_hat * s * nodes["dsquared"],
            "dmean": lambda: -nodes["dcentered"].sum(batch),
            "dx": lambda: nodes["dcentered"] + nodes["dmean"] / n,
        }
        order = list(nodes)
        later = ["dx_hat", *follow]
        start = later.index(node) + 1 if node in later else len(later)
        for name in later[start:]:
            nodes[name] = follow[name]()
        assert set(order) == set(nodes)
        return nodes

    question = BY_NAME["batch_norm_backward_staged"]
    for case in question.cases(np.random.default_rng(1)):
        failed = [f for f in question.judge(case, checks.run(question, written, case)) if f.hint]
        assert [f.what.split(": ")[1] for f in failed] == [node]


# No question asks for the gradient of this one.
@pytest.mark.parametrize("name", [name for name in IDEAS if name != "BatchGradientInInference"])
def test_every_wrong_layer_has_a_question_that_explains_it(name):
    """Its own outputs are what a reader with that idea would return."""
    outputs_of = {
        "mean_and_variance": forward.statistics_outputs,
        "batch_norm_forward": forward.forward_outputs,
        "batch_norm_backward": backward.backward_outputs,
        "BatchNorm": layer.layer_outputs,
        "as_line": layer.line_outputs,
    }
    ideas = set()
    for asked, outputs in outputs_of.items():
        question = BY_NAME[asked]
        for case in question.cases(np.random.default_rng(3)):
            with np.errstate(all="ignore"):
                given = outputs(case)(BROKEN[name])
            given = {key: np.asarray(value) for key, value in given.items()}
            ideas |= {finding.idea for finding in question.judge(case, given)}
    assert IDEAS[name] in ideas
    assert ideas & set(IDEAS.values()) == {IDEAS[name]}


def rolled(n, rng):
    return np.roll(np.arange(n), rng.integers(n))


def dropping(n, size, rng):
    return rng.permutation(n)[: n // size * size].reshape(-1, size)


def deaf(x, gamma, beta, epsilon):
    return equations.batch_norm_forward(x, gamma, beta, 1e-3)


def variance_kept(*arguments):
    y, cache = equations.batch_norm_forward(*arguments)
    return y, cache._replace(s=cache.s**2)


def gamma_lost(*arguments):
    y, cache = equations.batch_norm_forward(*arguments)
    return y, cache._replace(gamma=0 * cache.gamma)


def rows_counted(dy, cache):
    nodes = equations.batch_norm_backward_staged(dy, cache)
    n = dy.size // cache.s.size
    dcentered = nodes["dcentered"]
    return nodes | {"dx": dcentered - dcentered.sum(axes(dy)) / n * (n / len(dy))}


class Unscaled(Reader):
    def call(self, inputs, training=None):
        return (super().call(inputs, training) - self.beta) / self.gamma


@pytest.mark.parametrize(
    ("name", "written", "words"),
    [
        ("mean_and_variance", lambda x: (x.mean(axes(x)), x.std(axes(x))), "the deviation"),
        ("mean_and_variance", lambda x: (x.sum(axes(x)), x.var(axes(x))), "smallest and"),
        ("mean_and_variance", lambda x: ("zero", "one"), "array of numbers"),
        ("mean_and_variance", lambda x: x, "return mean, variance; received a ndarray"),
        ("mean_and_variance", lambda x: (x.mean(axes(x), keepdims=True), x.var(axes(x))), "shape"),
        ("batch_norm_forward", lambda x, *_: 0 * x, "should be its beta"),
        ("batch_norm_forward", lambda x, *_: x + np.nan, "NaN or infinity"),
        ("batch_norm_backward", lambda dy, c: (dy, dy.sum(axes(dy)), c.s), "(3.11)?"),
        ("batch_norm_backward_staged", lambda dy, c: dy, "return a dictionary"),
        ("gradient_by_differences", lambda f, x, dy: gradients.numerical_gradient(f, x), "dy is"),
        ("BatchNorm", Forgetful, "a layer of the same settings"),
        ("BatchNorm", AllTrainable, "averages are not among them"),
        ("mean_and_variance", in_place, "writes into an array"),
        ("batch_norm_forward", flattened, "the cache: x_hat"),
        ("batch_norm_backward", spoiling, "writes into an array"),
        ("predict", freezing, "the net is frozen"),
        ("find_learning_rate", by_the_last_step, "one step is luck"),
        ("batches", never_mixed, "each epoch shuffles"),
        ("BatchNorm", Elsewhere, "start at 1, 0, 0 and 1"),
        ("BatchNorm", Eager, "(misconception 6"),
        ("BatchNorm", WideOutput, "compute_dtype"),
        ("BatchNorm", Narrow, "in which type do you add up?"),
        ("find_learning_rate", lambda train, rates: rates[-1], "no number"),
        ("find_learning_rate", lambda train, rates: rates[0], "too small"),
        ("choose_momentum", lambda steps: 0.9999999, "still remember"),
        ("choose_momentum", lambda steps: 0.01, "few batches"),
        ("choose_momentum", lambda steps: 1 - 5 / steps, "few batches"),
        ("batches", lambda n, size, rng: np.array_split(rolled(n, rng), n // size), "shuffles"),
        ("batches", dropping, "nobody sits out"),
        ("batch_norm_forward", deaf, "which epsilon do you add?"),
        ("batch_norm_forward", variance_kept, "the second value of the cache is s"),
        ("batch_norm_forward", gamma_lost, "the third value of the cache is gamma"),
        ("batch_norm_backward_staged", rows_counted, "every pixel is one"),
        ("BatchNorm", Unscaled, "(misconception 5"),
        ("mean_and_variance", lambda x: exit(3), "stopped SystemExit"),
        ("batches", lambda n, size, rng: [np.arange(n)], "too small or too large"),
        ("batches", lambda n, size, rng: np.arange(n // size * size).reshape(-1, size), "shuffles"),
        ("batches", lambda n, size, rng: [[0] * size] * (n // size), "comes once"),
        ("find_bugs", lambda layer_class: None, "a copy gets away"),
        ("find_bugs", find_bugs, "gradient of the input"),
        ("find_bugs", lambda layer_class: 1 / 0, "stopped ZeroDivisionError"),
    ],
)
def test_other_slips_are_met_by_a_property(capsys, name, written, words):
    assert words in " ".join(outcome(capsys, name, written).split())


def with_sample_variance(x, gamma, beta, epsilon=1e-3):
    s = np.sqrt(x.var(axes(x), ddof=1) + epsilon)  # warns, and is NaN, for a batch of one
    x_hat = (x - x.mean(axes(x))) / s
    return gamma * x_hat + beta, (x_hat, s)


def test_a_plain_slip_gets_its_hint_and_no_other(capsys):
    said = outcome(capsys, "batch_norm_forward", with_sample_variance)
    assert said.count("  hint  ") == 1
    assert "N / (N - 1)" in said


def test_two_slips_at_once_get_a_hint_each(capsys):
    def halved_and_a_path_less(dy, cache):
        nodes = equations.batch_norm_backward_staged(dy, cache)
        nodes["dvariance"] = nodes["ds"] / cache.s
        return nodes | {"dcentered": nodes["dx_hat"] / cache.s}

    said = " ".join(outcome(capsys, "batch_norm_backward_staged", halved_and_a_path_less).split())
    assert "the derivative of a root?" in said
    assert "(misconception 10" in said


def test_shapes_that_do_not_fit_raise_the_question_of_the_axis(capsys):
    said = outcome(capsys, "batch_norm_forward", lambda x, *_: x - x.mean(axis=1))
    assert "ValueError in line" in said
    assert "over the features, axis 1" in " ".join(said.split())


def test_a_test_that_accuses_everybody_gets_nothing(capsys):
    def find_bugs(layer_class):
        raise AssertionError

    said = outcome(capsys, "find_bugs", find_bugs)
    assert f"find_bugs: 0 of {len(BROKEN) + 1} passed" in said
    assert "accuses the right layer" in said


@pytest.mark.parametrize("name", ["find_learning_rate", "choose_momentum"])
def test_an_answer_that_looks_at_nothing_earns_next_to_nothing(name):
    question, guesses = (
        BY_NAME[name],
        {"find_learning_rate": rates_by_number, "choose_momentum": half},
    )
    right = []
    for seed in range(40):
        rng, found = np.random.default_rng(seed), []
        for case in question.cases(rng):
            found += question.judge(case, checks.run(question, guesses[name], case))
        weights = [finding.weight * finding.passed for finding in found]
        right.append(sum(weights) / sum(finding.weight for finding in found))
    assert np.mean(right) < 0.5
    assert np.mean(np.array(right) == 1) < 0.2


def rates_by_number(train, rates):
    first = train(rates[0])[0]
    return 0.01 if first > 5 else 0.1 if first > 1 else 1.0


def half(steps):
    return 0.5


def test_what_is_borrowed_from_the_course_is_said_here_and_not_in_marking(capsys):
    space = {"__name__": "__main__", "equations": equations, "batch_norm": equations.BatchNorm}
    exec(
        "def helper(x):\n    return equations.moments(x, tuple(range(x.ndim - 1)))\n"
        "def mean_and_variance(x):\n    return [m.reshape(-1) for m in helper(x)]\n"
        "class Layer:\n    def forward(self):\n        return [batch_norm for _ in 'x']\n"
        "class Heir(batch_norm):\n    pass\n"
        "def honest(self):\n    return self.equations, [].batch_norm\n",
        space,
    )
    said = outcome(capsys, "mean_and_variance", space["mean_and_variance"])
    assert "not yet" not in said
    assert "equations is the course's own, and in marking it is not" in " ".join(said.split())
    assert checks.borrowed(space["Layer"]) == ["batch_norm"]
    assert checks.borrowed(space["Heir"]) == ["BatchNorm"]
    assert checks.borrowed(space["honest"]) == []
    assert checks.borrowed(equations.batch_norm_forward) == []


def test_an_input_that_is_written_to_is_noticed(capsys):
    def forward(x, gamma, beta, epsilon=1e-3):
        result = equations.batch_norm_forward(x, gamma, beta, epsilon)
        x -= 1
        return result

    assert "writes into an array" in outcome(capsys, "batch_norm_forward", forward)


# --- Not filled in, and exceptions ---------------------------------------------------------------


def stub(*_, **__):
    raise NotImplementedError("not filled in yet")


@pytest.mark.parametrize(
    "empty", [stub, lambda *_: None, lambda *_: ...], ids=["stub", "None", "."]
)
@pytest.mark.parametrize(
    "name", [name for name in BY_NAME if name not in ("BatchNorm", "find_bugs")]
)
def test_an_empty_function_is_not_filled_in_yet(capsys, name, empty):
    assert outcome(capsys, name, empty) == f"{name}: not filled in yet\n"


def test_an_empty_layer_or_hunt_is_not_filled_in_yet(capsys):
    class Empty(Reader):
        build = stub

    assert outcome(capsys, "BatchNorm", Empty) == "BatchNorm: not filled in yet\n"
    assert outcome(capsys, "find_bugs", stub) == "find_bugs: not filled in yet\n"


def test_a_layer_that_is_half_filled_in_is_judged(capsys):
    class HalfEmpty(Reader):
        get_config = stub

    said = outcome(capsys, "BatchNorm", HalfEmpty)
    assert "passed   inference" in said
    assert "not yet  a copy" in said
    assert "NotImplementedError" in said


def test_an_exception_is_one_line_with_the_line_of_the_readers_code(capsys):
    code = "def written(x):\n    half = x / 2\n    return x.mean(axis=9), half\n"
    names = {}
    exec(compile(code, "<the reader's cell>", "exec"), names)
    said = outcome(capsys, "mean_and_variance", names["written"])
    (line,) = [line for line in said.splitlines() if "stopped" in line]
    assert "AxisError in line 3 of your code: axis 9" in line
    assert "Traceback" not in said
    assert "hint" not in said


def test_an_exception_within_keras_names_the_readers_words(capsys):
    class Raising(Reader):
        def normalized(self, x, mean, variance):
            raise ValueError("my own words\nand more of them " + "w" * 500)

    said = outcome(capsys, "BatchNorm", Raising)
    (line,) = [line for line in said.splitlines() if "stopped" in line]
    assert "ValueError in line" in line
    assert "my own words and more of them" in line
    assert len(line) < 250


# --- Judges --------------------------------------------------------------------------------------

GARBAGE = [
    None,
    "a string",
    np.array("text"),
    np.array([None, {}], dtype=object),
    np.zeros(0),
    np.full((3, 3), np.nan),
    np.array(np.inf),
    np.array([1 + 2j]),
    np.array([True]),
    np.full((5, 4), 1e300),
    np.arange(12),
    -np.ones((1, 1, 1, 1, 1)),
    np.array([[0.01]]),
    np.array(2**63, dtype=np.uint64),
    [[1], [2, 3]],
]


def answered(question):
    """The names of all that a probe may send back."""
    return (*question.outputs, "unchanged", "starts", "trainable")


@pytest.mark.parametrize("name", BY_NAME)
@few
@given(data=st.data(), seed=seeds)
def test_judges_take_anything(name, data, seed):
    question = BY_NAME[name]
    given = {key: data.draw(st.sampled_from(GARBAGE)) for key in answered(question)}
    for case in question.cases(np.random.default_rng(seed)):
        findings, nothing = question.judge(case, given), question.judge(case, {})
        assert [(f.what, f.weight) for f in findings] == [(f.what, f.weight) for f in nothing]
        assert not any(f.passed for f in nothing)
        for f in findings:
            assert f.what
            assert not (f.passed and (f.hint or f.misconception))
            assert f.misconception is None or 1 <= f.misconception <= 15


@pytest.mark.parametrize("name", ["batch_norm_backward_staged", "predict"])
def test_zeros_earn_next_to_nothing(name):
    question = BY_NAME[name]
    (case, *_) = question.cases(np.random.default_rng(1))
    wanted = checks.run(question, RIGHT[name], case)
    given = {key: np.zeros_like(value) for key, value in wanted.items()}
    if name == "predict":  # it asks nothing, so nothing moves
        given |= {key: wanted[key] for key in ("moving_mean", "moving_variance")}
    findings = question.judge(case, given)
    assert sum(f.weight for f in findings if f.passed) < 0.1 * sum(f.weight for f in findings)


@pytest.mark.parametrize("name", BY_NAME)
def test_no_hint_repeats_a_number_that_came_back(name):
    question = BY_NAME[name]
    for value in (np.zeros((0, 239503), np.int8), np.array(239503), np.full((3, 4), 239503.0)):
        for case in question.cases(np.random.default_rng(1)):
            findings = question.judge(case, dict.fromkeys(answered(question), value))
            assert not any("239503" in f"{f.what}{f.hint}" for f in findings)


@pytest.mark.parametrize("name", BY_NAME)
def test_cases_follow_from_the_seed_and_hide_what_must_stay_outside(name):
    question = BY_NAME[name]
    one, same = (question.cases(np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_equal(one, same)
    seen = []

    class Asked(Exception):
        pass

    def probe(written, case, ask):
        seen.append(set(case))
        raise Asked

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(probes.PROBES, name, probe)
        with pytest.raises(Asked):
            checks.run(question, None, one[0])
    assert seen[0] == {key for key in one[0] if not key.startswith("_")} | {"outputs"}
    assert not seen[0] & {"_order", "_x", "answer"}


@pytest.mark.parametrize("arrays", [{}, {"suspect": np.array(99)}, {"x": np.zeros(1 << 21)}])
def test_a_layer_under_test_answers_nonsense_with_nothing(arrays):
    question = BY_NAME["find_bugs"]
    (case,) = question.cases(np.random.default_rng(0))
    assert question.answer(case, "forward", arrays) == {}


def test_a_layer_under_test_refuses_in_one_sentence():
    suspect = probes.Suspect(lambda name, **arrays: {}, 0, 3)
    with pytest.raises(ValueError, match="does not take"):
        suspect.forward(np.zeros((2, 5)))


def test_gamma_handed_back_alone_earns_nothing(capsys):
    said = outcome(capsys, "batch_norm_forward", lambda x, gamma, beta, epsilon: (x, (x, x, gamma)))
    assert "batch_norm_forward: 0 of" in said


def test_averages_that_move_are_named_though_the_labels_are_wrong(capsys):
    def predict(net, x):
        for _ in range(2):
            net(x, training=True)
        return np.full(len(x), 7)

    assert "to ask is not to train" in " ".join(outcome(capsys, "predict", predict).split())


@pytest.mark.parametrize("garbage", [3, "text", [[1], [2, 3]], (i for i in range(2)), object()])
def test_whatever_a_reader_returns_is_reported(capsys, garbage):
    for name in RIGHT:
        if name != "BatchNorm":
            said = outcome(capsys, name, lambda *_: garbage)
            assert "not yet" in said
            assert "hint" in said or "stopped" in said
