"""Assignment 2: the Keras layer with moving averages."""

from dataclasses import replace

import numpy as np

from local.equations import BatchNorm
from local.exercises.broken import BROKEN
from local.exercises.ideas import IDEAS, Idea
from local.exercises.judging import (
    TOLERANCE,
    Mistake,
    broken_layers,
    close,
    compare,
    finding,
    layer_of,
    right_outputs,
    slip,
)
from local.exercises.question import WITH_KERAS, Assignment, Question

DUTIES = {
    "a step of training": (4, "training", (7, 4), "float32"),
    "a step with images": (2, "training", (3, 2, 3, 4), "float32"),
    "inference": (3, "inference", (6, 4), "float32"),
    "frozen, training=True": (2, "frozen", (6, 4), "float32"),
    "a copy by get_config": (2, "saved", (6, 4), "float32"),
    "mixed precision": (2, "training", (8, 4), "mixed_float16"),
}
"""Points, what is done with the layer, and the shape and the type of x."""


def layer_cases(rng):
    """One case for each duty of the layer, with its points: an exception costs one duty only."""
    cases = []
    for about, (points, duty, shape, dtype) in DUTIES.items():
        scale = 200 if dtype == "mixed_float16" else 2  # the squares of 200 leave float16
        x = rng.normal(size=shape) * rng.uniform(0.5, 1, shape[-1]) * scale + scale
        case = {"about": about, "_points": points, "duty": duty, "dtype": dtype, "epsilon": 0.05}
        case["x"] = x.astype(dtype.removeprefix("mixed_"))
        cases.append(case | {"dy": rng.normal(size=shape).astype("float32")} | weights(rng, 4))
    return cases


def weights(rng, features):
    """Momentum and the four weights of a layer, (features,) each, none of them as it starts."""
    return {
        "momentum": float(rng.uniform(0.6, 0.8)),
        "gamma": rng.uniform(1.5, 3, features).astype("float32"),
        "beta": rng.uniform(4, 9, features).astype("float32"),
        "moving_mean": rng.normal(size=features).astype("float32"),
        "moving_variance": rng.uniform(0.1, 2, features).astype("float32"),
    }


def layer_outputs(case, training=False):
    """What the probe `layer` would give for a layer of NumPy, in inference or always training."""
    x, dy = case["x"].astype(np.float64), case["dy"].astype(np.float64)

    def outputs(layer_class):
        layer = layer_of(layer_class, case, x.shape[-1])
        if case["duty"] == "training":
            given = {"y": layer.forward(x, training=True)}
            given |= zip(("dx", "dgamma", "dbeta"), layer.backward(dy), strict=True)
        else:
            given = {"y": layer.forward(x, training), "alone": layer.forward(x[:1], training)}
        if case["duty"] == "saved":
            layer.forward(x, training=True)
        averages = {"moving_mean": layer.moving_mean, "moving_variance": layer.moving_variance}
        return given | averages

    return outputs


FROZEN = Idea(
    "trainable = False says more than that gamma and beta stay: which statistics are meant?",
    misconception=9,
)


def layer_mistakes(case):
    """Those of the broken layers, and of a layer that trains where it should not."""
    names = set(BROKEN)
    if case["duty"] == "saved":  # here these two look alike; the steps of training tell them apart
        names -= {"SampleVariance", "UnbiasedMovingVariance"}
    mistakes = broken_layers(layer_outputs(case), names)
    if case["duty"] == "training":
        return mistakes
    idea = IDEAS["BatchStatisticsInInference"]
    if case["duty"] == "frozen":
        idea = FROZEN
        mistakes = [m._replace(idea=idea) if m.idea.misconception == 6 else m for m in mistakes]
    trains = layer_outputs(case, training=True)(BatchNorm)
    return [*mistakes, Mistake(trains, idea)]


def layer_hints(case):
    """For each output the property it should have."""
    if case["dtype"] == "mixed_float16":  # dx is of the order of float16's rounding
        names = ("y", "dgamma", "dbeta", "moving_mean", "moving_variance")
        return dict.fromkeys(names, "squares of 200 leave float16: in which type do you add up?")
    if case["duty"] == "training":
        return {
            "y": "hold it against (2.1) to (2.4), here with the statistics of the batch",
            "dx": "the tape follows what you compute: do mean and variance depend on x for it?",
            "dgamma": "gamma multiplies x_hat, in every row",
            "dbeta": "beta is added, in every row",
            "moving_mean": "(5.1): the old average and the mean of the batch, weighted",
            "moving_variance": "(5.2): the old average and the variance of the batch, weighted",
        }
    copied = "from_config(get_config()) should give a layer of the same settings"
    averages = "here the averages stay as they are" if case["duty"] != "saved" else copied
    return {
        "y": copied if case["duty"] == "saved" else "in inference the averages are the statistics",
        "alone": "an example alone should get the answer that it gets in a batch",
        "moving_mean": averages,
        "moving_variance": averages,
    }


@np.errstate(all="ignore")
def judge_layer(case, given):
    """One duty of the layer; its findings share the points of the case."""
    about, wanted = case["about"], right_outputs(case, layer_outputs(case))
    half = case["dtype"] == "mixed_float16"

    def mistakes():
        return layer_mistakes(case)

    findings = [
        compare(
            *(f"{about}: {name}", name, given, wanted[name], mistakes, hint),
            tolerance=3e-3 if half else TOLERANCE,
        )
        for name, hint in layer_hints(case).items()
    ]
    if case["duty"] in ("inference", "frozen") and not any(f.passed for f in findings[:2]):
        later = "that the averages stay counts once the output is right"
        findings[2:] = [f.failed(later) if f.passed else f for f in findings[2:]]
    if half:
        passed = getattr(given.get("y"), "dtype", None) == np.float16
        hint = "the output has the layer's compute_dtype, so that the next layer need not guess"
        findings.append(finding(passed, f"{about}: float16 comes out", hint))
    if about == "a step of training":
        passed = np.array_equal(given.get("trainable"), 2)
        starts = np.repeat([[1.0], [0.0], [0.0], [1.0]], 4, axis=1)
        hint = "gamma, beta, moving mean and moving variance start at 1, 0, 0 and 1"
        what = f"{about}: the weights as they start"
        findings.append(finding(close(given.get("starts"), starts), what, hint))
        hint = "gradient descent changes two weights of this layer; the averages are not among them"
        findings.append(finding(passed, f"{about}: two trainable weights", hint))
    return [replace(f, weight=case["_points"] / len(findings)) for f in findings]


# --- In inference the layer is a line ------------------------------------------------------------


def line_cases(rng):
    """Moving variances about as small as epsilon, so that it is seen whether epsilon is there."""
    cases = []
    for about in ("a layer", "features that hardly varied"):
        case = {"about": about, "dtype": "float32", "epsilon": 0.05} | weights(rng, 4)
        if about != "a layer":
            case["moving_variance"] = np.array([0, 0.01, 0.05, 0.1], "float32")
        case["x"] = np.zeros((2, 4), "float32")  # the layer takes its number of features from it
        cases.append(case)
    return cases


def line_outputs(case):
    """What a layer makes of it in inference: a and c of the line a x + c."""

    def outputs(layer_class):
        layer = layer_of(layer_class, case, 4)
        c = layer.forward(np.zeros((1, 4)))[0]
        return {"a": layer.forward(np.ones((1, 4)))[0] - c, "c": c}

    return outputs


def judge_line(case, given):
    """Slope and intercept of the layer in inference."""
    outputs = line_outputs(case)
    wanted = right_outputs(case, outputs)

    def mistakes():
        named = ("NotCentred", "VarianceNotDeviation", "EpsilonOutsideRoot", "EpsilonForgotten")
        swapped = slip({"a": wanted["c"], "c": wanted["a"]}, "a and c have changed places")
        hint = "at x = 0 the line is at c, and there x - moving_mean is not 0"
        return [swapped, slip({"c": case["beta"]}, hint), *broken_layers(outputs, named)]

    hints = {
        "a": "a is what the output gains where x gains 1",
        "c": "c is the output where x is 0",
    }
    return [
        compare(f"{case['about']}: {name}", name, given, wanted[name], mistakes, hint)
        for name, hint in hints.items()
    ]


ASSIGNMENT = Assignment(
    number=2,
    title="a layer that remembers",
    about="a Keras layer with moving averages",
    minutes=90,
    questions=(
        Question(
            name="BatchNorm",
            title="The layer",
            parts=tuple(points for points, *_ in DUTIES.values()),
            outputs=("y", "alone", "dx", "dgamma", "dbeta", "moving_mean", "moving_variance"),
            cases=layer_cases,
            judge=judge_layer,
            needs=WITH_KERAS,
        ),
        Question(
            name="as_line",
            title="The layer in inference",
            parts=(5,),
            outputs=("a", "c"),
            cases=line_cases,
            judge=judge_line,
            needs=WITH_KERAS,
        ),
    ),
)
