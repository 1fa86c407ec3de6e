"""Assignment 1, second half: gradients by differences, node by node, and in one line."""

import numpy as np

from local.equations import batch_axes, batch_norm_backward_staged, batch_norm_forward
from local.exercises.ideas import Idea
from local.exercises.judging import (
    Mistake,
    broken_layers,
    compare,
    inputs_unchanged,
    layer_of,
    numbers,
    right_outputs,
    slip,
)
from local.exercises.question import Question
from local.exercises.questions.forward_and_backward.forward import batch, images, parameters, table

# --- Gradient by differences ---------------------------------------------------------------------


def differences_cases(rng):
    """Functions whose gradient is known: f(x) = sin(x @ weights), on x of three shapes."""
    cases = []
    for about, shape in {"a table": (4, 3), "one number": (1, 1), "images": (2, 2, 2, 2)}.items():
        weights = 2 * rng.normal(size=(shape[-1], 5))
        dy = rng.normal(size=(*shape[:-1], 5))
        cases.append({"about": about, "x": rng.normal(size=shape), "dy": dy, "weights": weights})
    return cases


def judge_differences(case, given):
    """The gradient of the sum of f(x) * dy, to six digits."""
    x, dy, weights = case["x"], case["dy"], case["weights"]
    gradient = (np.cos(x @ weights) * dy) @ weights.T

    def mistakes():
        bend = -(np.sin(x @ weights) * dy) @ np.square(weights).T
        apart = "how far apart are the two points?"
        return [
            slip(
                {"gradient": np.cos(x @ weights) @ weights.T},
                "dy is not used: the loss is the sum of f(x) * dy, not of f(x)",
            ),
            slip({"gradient": 2 * gradient}, f"twice the slope: {apart}"),
            slip({"gradient": gradient / 2}, f"half the slope: {apart}"),
            slip({"gradient": -gradient}, "the sign is turned: above minus below"),
            slip(
                {"gradient": gradient + bend * 5e-6},
                "a difference on one side is wrong by a multiple of h: go to both sides of x",
            ),
        ]

    about, hint = case["about"], "nudge one entry of x at a time, on both sides, in a copy of x"
    what = f"six digits of the gradient: {about}"
    findings = [compare(what, "gradient", given, gradient, mistakes, hint, 2, tolerance=5e-7)]
    return [*findings, inputs_unchanged(given, findings, about)]


# --- Backward ------------------------------------------------------------------------------------


def backward_cases(rng):
    """A table and images, each with the cache that a right forward pass leaves."""
    cases = []
    for about, shape in {"a table (N, D)": table(rng), "images (N, H, W, C)": images(rng)}.items():
        x, dy, epsilon = batch(rng, shape), rng.normal(size=shape), 0.1
        gamma = parameters(rng, shape[-1])["gamma"]
        _, cache = batch_norm_forward(x, gamma, np.zeros_like(gamma), epsilon)
        case = {"about": about, "_x": x, "dy": dy, "epsilon": epsilon}
        cases.append(case | {"x_hat": cache.x_hat, "s": cache.s, "gamma": gamma})
    return cases


def backward_outputs(case):
    """What a layer makes of the case: dx, dgamma and dbeta, (3.1), (3.2) and (3.10)."""

    def outputs(layer_class):
        layer = layer_of(layer_class, case, case["s"].size)
        layer.forward(case["_x"], training=True)
        return dict(zip(("dx", "dgamma", "dbeta"), layer.backward(case["dy"]), strict=True))

    return outputs


@np.errstate(all="ignore")
def judge_backward(case, given):
    """The three gradients, and whether the inputs were left alone."""
    outputs, about = backward_outputs(case), case["about"]
    wanted = right_outputs(case, outputs)

    def mistakes():
        swapped = {"dgamma": wanted["dbeta"], "dbeta": wanted["dgamma"]}
        return [*broken_layers(outputs), slip(swapped, "dgamma and dbeta have changed places")]

    dx, hint = numbers(given.get("dx")), "do the entries of dx add up to 0 for each feature (3.11)?"
    if dx is not None and dx.ndim and np.all(np.abs(dx.sum(batch_axes(dx))) < 1e-3):
        hint = "the entries of dx do add up to 0; what about those of dx times x_hat (3.12)?"
    properties = {
        "dx": hint,
        "dgamma": "gamma_j multiplies a whole column of x_hat: N gradients arrive at it",
        "dbeta": "beta_j is added to a whole column: N gradients arrive at it",
    }
    findings = [
        compare(f"{about}: {name}", name, given, wanted[name], mistakes, hint, 1 + (name == "dx"))
        for name, hint in properties.items()
    ]
    return [*findings, inputs_unchanged(given, findings, about)]


def stages(case, nodes):
    """Each node from the nodes behind it, as they are given: an error counts where it is made."""
    dy, x_hat, s = case["dy"], case["x_hat"], case["s"]
    axes, n = batch_axes(dy), dy.size // s.size
    centered, dx_hat, dcentered = x_hat * s, nodes["dx_hat"], nodes["dcentered"]
    return {
        "dbeta": dy.sum(axes),
        "dgamma": (dy * x_hat).sum(axes),
        "dx_hat": case["gamma"] * dy,
        "ds": -(dx_hat * centered).sum(axes) / s**2,
        "dvariance": nodes["ds"] / (2 * s),
        "dsquared": np.broadcast_to(nodes["dvariance"] / n, dy.shape),
        "dcentered": dx_hat / s + 2 * centered * nodes["dsquared"],
        "dmean": -dcentered.sum(axes),
        "dx": dcentered + nodes["dmean"] / n,
    }


def stage_mistakes(case, nodes, wanted):
    """What is often written instead of each node."""
    dy, s = case["dy"], case["s"]
    n = dy.size // s.size
    missing = "two arrows leave this node, so two terms arrive: one of them is missing"
    constants = Idea(missing, misconception=10)
    turned = "the sign is turned"
    direct = nodes["dx_hat"] / s
    return [
        slip(
            {name: wanted[name] / n for name in ("dbeta", "dgamma")},
            "one number serves N rows, so N gradients arrive at it: do they add up, or average?",
        ),
        slip(
            {
                "dsquared": wanted["dsquared"] * n / len(dy),
                "dx": nodes["dcentered"] + nodes["dmean"] / len(dy),
            },
            "N counts all rows of a column, and in images every pixel is one",
        ),
        slip({"dx_hat": dy}, "gamma stands between x_hat and y"),
        slip({name: -wanted[name] for name in ("ds", "dmean")}, turned),
        slip({"dvariance": nodes["ds"] / s}, "what is the derivative of a root?"),
        slip({"dsquared": wanted["dsquared"] * n}, "the variance is a mean, not a sum"),
        Mistake({"dcentered": direct}, constants),
        slip({"dcentered": wanted["dcentered"] - direct}, missing),
        Mistake({"dx": nodes["dcentered"]}, constants),
        slip({"dx": nodes["dcentered"] + nodes["dmean"]}, "the mean is a mean, not a sum"),
    ]


@np.errstate(all="ignore")
def judge_staged(case, given):
    """Each node of the graph of chapter 3, from the nodes behind it as they were given."""
    _, cache = batch_norm_forward(case["_x"], case["gamma"], case["gamma"], case["epsilon"])
    nodes = batch_norm_backward_staged(case["dy"], cache)
    for name, node in nodes.items():
        value = numbers(given.get(name))
        if value is None or value.shape != node.shape or not (np.abs(value) < 1e99).all():
            continue
        if np.abs(value).max() > 1e-3 * np.abs(node).max():  # from nothing only nothing follows
            nodes[name] = value
    wanted, about = stages(case, nodes), case["about"]
    hint = "look at the graph: which nodes does it feed, and with which local derivatives?"

    def mistakes():
        return stage_mistakes(case, nodes, wanted)

    findings = [
        compare(f"{about}: {name}", name, given, wanted[name], mistakes, hint) for name in wanted
    ]
    return [*findings, inputs_unchanged(given, findings, about)]


NODES = ("dbeta", "dgamma", "dx_hat", "ds", "dvariance", "dsquared", "dcentered", "dmean", "dx")

QUESTIONS = (
    Question(
        name="gradient_by_differences",
        title="A gradient without calculus",
        parts=(3,),
        outputs=("gradient",),
        cases=differences_cases,
        judge=judge_differences,
    ),
    Question(
        name="batch_norm_backward_staged",
        title="Backward, node by node",
        parts=(5,),
        outputs=NODES,
        cases=backward_cases,
        judge=judge_staged,
    ),
    Question(
        name="batch_norm_backward",
        title="Backward, in one line",
        parts=(4,),
        outputs=("dx", "dgamma", "dbeta"),
        cases=backward_cases,
        judge=judge_backward,
    ),
)
