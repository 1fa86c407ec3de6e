"""Run what a reader wrote on one case and hand back what came out. No answer is known here.

A probe is a function `probe(written, case, ask) -> {name: array}`.  written: the reader's function
or class.  case: the inputs by name, never changed.  ask(name, **arrays) -> {name: array}: questions
to whoever runs the probe; the bug hunt and the search for a learning rate have some.  An output
that is no array of numbers is left out.  Raises NotFilledIn where nothing was returned, and
whatever the reader's code raises.

The probe of a question bears its name; a question without one is a plain function, which
`plain_function` calls.

In grading this file is all that the process with the reader's code sees of the course, so it needs
NumPy alone; Keras and TensorFlow are imported by the probes that run a layer.
"""

import sys
from typing import NamedTuple

import numpy as np


class NotFilledIn(NotImplementedError):
    """The reader's function returned None or `...`."""


class Cache(NamedTuple):
    """What the forward pass keeps for the backward pass, as in `local.equations`."""

    x_hat: np.ndarray
    s: np.ndarray
    gamma: np.ndarray
    dtype: np.dtype


def probe(name, written, case, ask=None):
    """The outputs of what a reader wrote for the question of that name.

    case: as `Question.visible` makes it.
    """
    return PROBES.get(name, plain_function)(written, case, ask)


def plain_function(written, case, ask=None):
    """What a function returns, by the names in case["outputs"].

    It is called with the case's entries in their order, but for "about" and "outputs".
    """
    arguments = {k: v for k, v in case.items() if k not in ("about", "outputs")}
    arrays = {k: v.copy() for k, v in arguments.items() if isinstance(v, np.ndarray)}
    returned = written(*(arguments | arrays).values())
    names = case["outputs"]
    outputs = unpacked(returned, *names) if len(names) > 1 else {names[0]: returned}
    return numbers(outputs) | unchanged(case, **arrays)


# --- forward-and-backward ------------------------------------------------------------------------


def batch_norm_forward(written, case, ask=None):
    """y, and of the cache x_hat, s and gamma."""
    x, gamma, beta = (case[name].copy() for name in ("x", "gamma", "beta"))
    returned = written(x, gamma, beta, float(case["epsilon"]))
    pair = isinstance(returned, tuple | list) and len(returned) == 2
    y, cache = returned if pair else (returned, ())
    cache = cache if isinstance(cache, tuple | list) else ()
    cached = dict(zip(("x_hat", "s", "gamma"), cache, strict=False))
    return numbers({"y": y, **cached}) | unchanged(case, x=x, gamma=gamma, beta=beta)


def gradient_by_differences(written, case, ask=None):
    """The gradient of the sum of sin(x weights) * dy."""
    x, dy, weights = case["x"].copy(), case["dy"].copy(), case["weights"]

    def f(x):
        return np.sin(x @ weights)

    return numbers({"gradient": written(f, x, dy)}) | unchanged(case, x=x, dy=dy)


def batch_norm_backward_staged(written, case, ask=None):
    """The gradient of every node of the graph, by its name."""
    dy, cache = case["dy"].copy(), cache_of(case)
    nodes = written(dy, cache)
    if nodes is None or nodes is ...:
        raise NotFilledIn
    if not isinstance(nodes, dict):
        raise TypeError(f"return a dictionary of gradients; received a {type(nodes).__name__}")
    outputs = numbers({str(name): value for name, value in nodes.items()})
    return outputs | unchanged(case, dy=dy, **arrays_of(cache))


def batch_norm_backward(written, case, ask=None):
    """dx, dgamma and dbeta."""
    dy, cache = case["dy"].copy(), cache_of(case)
    outputs = numbers(unpacked(written(dy, cache), "dx", "dgamma", "dbeta"))
    return outputs | unchanged(case, dy=dy, **arrays_of(cache))


def arrays_of(cache):
    """The arrays of a cache, by name."""
    return {name: getattr(cache, name) for name in ("x_hat", "s", "gamma")}


def cache_of(case):
    """What the forward pass would have kept, from the case's own arrays."""
    x_hat, s, gamma = (case[name].copy() for name in ("x_hat", "s", "gamma"))
    return Cache(x_hat, s, gamma, x_hat.dtype)


# --- layer ---------------------------------------------------------------------------------------

WEIGHTS = ("gamma", "beta", "moving_mean", "moving_variance")


def BatchNorm(written, case, ask=None):
    """One of the layer's duties, `case["duty"]`: training, inference, frozen, saved.

    Raises TypeError where Keras's own layer computes, also if it was loaded again or copied.
    """
    import keras

    # Its code is replaced, so that whoever saved the method before is refused, too.
    call = keras.layers.BatchNormalization.call
    own, call.__code__ = call.__code__, refused.__code__
    before = sys.getprofile()

    def watch(frame, event, argument):
        if event == "call" and alike(frame.f_code, own):
            refused(None)

    sys.setprofile(watch)
    try:
        return on_duty(written, case)
    finally:
        sys.setprofile(before if callable(before) else None)
        call.__code__ = own


def alike(code, own):
    """Whether a function's code is `own`, or makes use of nearly the same names."""
    if len(code.co_names) < len(own.co_names) / 2:
        return False
    names, others = set(code.co_names), set(own.co_names)
    return len(names & others) > 0.8 * len(names | others)


def refused(self, *args, **kwargs):
    """Stands in for the `call` of Keras's layer."""
    raise TypeError("Keras's own BatchNormalization is no answer here: compute (2.1) to (2.4)")


def on_duty(written, case):
    """The outputs of the layer at `case["duty"]`."""
    import tensorflow as tf

    duty, x = str(case["duty"]), tf.constant(case["x"])
    tested = built(written, case)
    if duty == "training":
        new = written(dtype=str(case["dtype"]))
        new.build(x.shape)
        starts = {"starts": [np.asarray(getattr(new, name)) for name in WEIGHTS]}
        return trained(tested, x, tf.constant(case["dy"])) | averages(tested) | numbers(starts)
    if duty == "saved":
        config = tested.get_config()
        tested, old = written.from_config(config), tested
        tested.build(x.shape)
        tested.set_weights(old.get_weights())
    if duty == "frozen":
        tested.trainable = False
    y = tested(x, training=duty == "frozen")
    alone = tested(x[:1], **({"training": True} if duty == "frozen" else {}))
    after = averages(tested)
    if duty == "saved":  # only a step of training shows the momentum
        tested(x, training=True)
        after = averages(tested)
    return numbers({"y": y, "alone": alone}) | after


def built(layer_class, case):
    """A layer with the weights of the case."""
    momentum, epsilon = float(case["momentum"]), float(case["epsilon"])
    tested = layer_class(momentum=momentum, epsilon=epsilon, dtype=str(case["dtype"]))
    tested.build(case["x"].shape)
    for name in WEIGHTS:
        getattr(tested, name).assign(case[name])
    return tested


def trained(tested, x, dy):
    """A step of training: the output, its gradients, and how many weights gradients may change."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tested(x, training=True)
    if y is None:
        raise NotFilledIn
    sources = {"dx": x, "dgamma": tested.gamma, "dbeta": tested.beta}
    gradients = tape.gradient(y, sources, tf.cast(dy, y.dtype))
    # Asked for zeros instead, TensorFlow fails on Keras's weights.
    gradients = {
        name: np.zeros(sources[name].shape) if gradient is None else gradient
        for name, gradient in gradients.items()
    }
    return numbers({"y": y, "trainable": len(tested.trainable_weights)} | gradients)


def averages(tested):
    """The two moving averages."""
    return numbers({name: getattr(tested, name) for name in WEIGHTS[2:]})


def as_line(written, case, ask=None):
    """Slope and offset of a layer in inference."""
    import keras

    return numbers(unpacked(written(built(keras.layers.BatchNormalization, case)), "a", "c"))


# --- diagnosis -----------------------------------------------------------------------------------


def find_learning_rate(written, case, ask):
    """The reader looks for a rate with a small training, which is asked for outside."""

    def train(rate):
        return ask("train", rate=np.array(float(rate)))["losses"]

    return numbers({"rate": written(train, case["rates"].copy())})


def predict(written, case, ask=None):
    """Labels for a batch, for its rows one by one, and what became of the moving averages."""
    import keras

    norm = built(keras.layers.BatchNormalization, case)
    net = keras.Sequential([keras.Input(case["x"].shape[1:]), norm])
    together = written(net, case["x"].copy())
    if together is None or together is ...:
        raise NotFilledIn
    one_by_one = [np.asarray(written(net, row[np.newaxis].copy())) for row in case["x"]]
    outputs = {"together": together, "alone": np.array(one_by_one), "trainable": norm.trainable}
    return numbers(outputs) | averages(norm)


def batches(written, case, ask=None):
    """Two epochs: the rows of all batches one after the other, and the sizes of the batches."""
    rng = np.random.default_rng(int(case["seed"]))
    outputs = {}
    for epoch in ("first", "second"):
        made = written(int(case["n"]), int(case["size"]), rng)
        if made is None or made is ...:
            raise NotFilledIn
        made = [np.atleast_1d(np.asarray(rows)) for rows in made]
        outputs[f"{epoch} rows"] = np.concatenate([*made, np.zeros(0, int)])
        outputs[f"{epoch} sizes"] = np.array([len(rows) for rows in made], int)
    return numbers(outputs)


# --- bug hunt ------------------------------------------------------------------------------------

PASSED, ACCUSED, RAISED = 0, 1, 2
"""The test found nothing; it raised an AssertionError; it raised something else."""


class Suspect:
    """A layer that answers from outside: its source is not here.

    The attributes and methods are those of `local.equations.BatchNorm`.
    """

    def __init__(self, ask, number, features, momentum=0.99, epsilon=1e-3):
        self.ask, self.number = ask, number
        self.momentum, self.epsilon = momentum, epsilon
        self.gamma, self.beta = np.ones(features), np.zeros(features)
        self.moving_mean, self.moving_variance = np.zeros(features), np.ones(features)

    def forward(self, x, training=False):
        # All that the answer depends on is sent along, so that outside nothing needs to be kept.
        state = {name: getattr(self, name) for name in (*WEIGHTS, "momentum", "epsilon")}
        sent = state | {"x": x, "training": bool(training), "suspect": self.number}
        self.sent = {name: np.array(value) for name, value in sent.items()}
        answer = self.asked("forward", self.sent)
        self.moving_mean, self.moving_variance = answer["moving_mean"], answer["moving_variance"]
        return answer["y"]

    def backward(self, dy):
        answer = self.asked("backward", self.sent | {"dy": np.array(dy)})
        return answer["dx"], answer["dgamma"], answer["dbeta"]

    def asked(self, name, arrays):
        answer = self.ask(name, **arrays)
        if not answer:
            raise ValueError(
                "the layer under test does not take these arguments: floating point, at most a "
                "million numbers, x of shape (..., D), gamma, beta and the averages of shape (D,), "
                "dy of the shape of x?"
            )
        return answer


def find_bugs(written, case, ask):
    """For each suspect what the reader's test says."""
    verdicts, faults = [], []
    for number in range(int(case["suspects"])):
        verdicts.append(verdict(written, layers_of(ask, number), faults))
    if len(faults) == len(verdicts):  # no layer's fault
        raise faults[0]
    return {"verdicts": np.array(verdicts)}


def layers_of(ask, number):
    """What makes layers of one suspect."""

    def suspect(features, momentum=0.99, epsilon=1e-3):
        return Suspect(ask, number, features, momentum, epsilon)

    return suspect


def verdict(test, suspect, faults):
    """PASSED, ACCUSED or RAISED: what `test` says of one suspect."""
    try:
        with np.errstate(all="ignore"):
            test(suspect)
    except AssertionError:
        return ACCUSED
    except NotImplementedError:
        raise
    except Exception as error:
        faults.append(error)
        return RAISED
    return PASSED


PROBES = {
    each.__name__: each
    for each in (
        *(batch_norm_forward, gradient_by_differences),
        *(batch_norm_backward_staged, batch_norm_backward),
        *(BatchNorm, as_line),
        *(find_learning_rate, predict, batches),
        find_bugs,
    )
}
"""By the name of their question."""

# --- From what a reader returns to arrays --------------------------------------------------------


def unpacked(returned, *names):
    """What was returned, by name."""
    if returned is None or returned is ...:
        raise NotFilledIn
    if not isinstance(returned, tuple | list) or len(returned) != len(names):
        length = f" of {len(returned)}" if isinstance(returned, tuple | list) else ""
        raise TypeError(f"return {', '.join(names)}; received a {type(returned).__name__}{length}")
    return dict(zip(names, returned, strict=True))


def numbers(outputs):
    """Those outputs that are arrays of numbers, as such; NotFilledIn where all are missing."""
    if all(value is None or value is ... for value in outputs.values()):
        raise NotFilledIn
    arrays = {}
    for name, value in outputs.items():
        try:
            array = np.array(np.asarray(value))  # a copy: variables change
        except Exception:  # ragged lists, and objects that refuse
            continue
        if array.dtype.kind in "biuf":
            arrays[name] = array
    return arrays


def unchanged(case, **inputs):
    """Whether the reader's code left its inputs as they were."""
    same = [case[name].tobytes() == value.tobytes() for name, value in inputs.items()]
    return {"unchanged": np.array(all(same))}
