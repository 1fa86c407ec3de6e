"""Assignment 1, second half: gradients by differences, node by node, and in one line."""

import numpy as np

from local.equations import batch_axes, batch_norm_backward_staged, batch_norm_forward
from local.exercises.judging import Mistake, Question, compared, kept, made, mistakes, right, usable
from local.exercises.questions.forward import SLUG, batch, images, parameters, table

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

    def wrong():
        bend = -(np.sin(x @ weights) * dy) @ np.square(weights).T
        return [
            Mistake(
                {"gradient": np.cos(x @ weights) @ weights.T},
                "dy is not used: the loss is the sum of f(x) * dy, not of f(x)",
            ),
            Mistake(
                {"gradient": 2 * gradient}, "twice the slope: how far apart are the two points?"
            ),
            Mistake(
                {"gradient": gradient / 2}, "half the slope: how far apart are the two points?"
            ),
            Mistake({"gradient": -gradient}, "the sign is turned: above minus below"),
            Mistake(
                {"gradient": gradient + bend * 5e-6},
                "a difference on one side is wrong by a multiple of h: go to both sides of x",
            ),
        ]

    hint = "nudge one entry of x at a time, on both sides, in a copy of x"
    about = f"six digits of the gradient: {case['about']}"
    found = [compared(about, "gradient", given, gradient, wrong, hint, 2, tolerance=5e-7)]
    return [*found, kept(given, found, case["about"])]


# --- Backward ------------------------------------------------------------------------------------


def cases(rng):
    """A table and images, each with the cache that a right forward pass leaves."""
    cases = []
    for about, shape in {"a table (N, D)": table(rng), "images (N, H, W, C)": images(rng)}.items():
        x, dy, epsilon = batch(rng, shape), rng.normal(size=shape), 0.1
        gamma = parameters(rng, shape[-1])["gamma"]
        _, cache = batch_norm_forward(x, gamma, np.zeros_like(gamma), epsilon)
        case = {"about": about, "_x": x, "dy": dy, "epsilon": epsilon}
        cases.append(case | {"x_hat": cache.x_hat, "s": cache.s, "gamma": gamma})
    return cases


def outputs_for(case):
    """What a layer makes of the case: dx, dgamma and dbeta, (3.1), (3.2) and (3.10)."""

    def outputs(layer_class):
        layer = made(layer_class, case, case["s"].size)
        layer.forward(case["_x"], training=True)
        return dict(zip(("dx", "dgamma", "dbeta"), layer.backward(case["dy"]), strict=True))

    return outputs


@np.errstate(all="ignore")
def judge(case, given):
    """The three gradients, and whether the inputs were left alone."""
    outputs, about = outputs_for(case), case["about"]
    wanted = right(case, outputs)

    def wrong():
        swapped = {"dgamma": wanted["dbeta"], "dbeta": wanted["dgamma"]}
        return [*mistakes(outputs), Mistake(swapped, "dgamma and dbeta have changed places")]

    dx, hint = usable(given.get("dx")), "do the entries of dx add up to 0 for each feature (3.11)?"
    if dx is not None and dx.ndim and np.all(np.abs(dx.sum(batch_axes(dx))) < 1e-3):
        hint = "the entries of dx do add up to 0; what about those of dx times x_hat (3.12)?"
    properties = {
        "dx": hint,
        "dgamma": "gamma_j multiplies a whole column of x_hat: N gradients arrive at it",
        "dbeta": "beta_j is added to a whole column: N gradients arrive at it",
    }
    found = [
        compared(f"{about}: {name}", name, given, wanted[name], wrong, hint, 1 + (name == "dx"))
        for name, hint in properties.items()
    ]
    return [*found, kept(given, found, case["about"])]


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
    direct = nodes["dx_hat"] / s
    return [
        Mistake(
            {name: wanted[name] / n for name in ("dbeta", "dgamma")},
            "one number serves N rows, so N gradients arrive at it: do they add up, or average?",
        ),
        Mistake(
            {
                "dsquared": wanted["dsquared"] * n / len(dy),
                "dx": nodes["dcentered"] + nodes["dmean"] / len(dy),
            },
            "N counts all rows of a column, and in images every pixel is one",
        ),
        Mistake({"dx_hat": dy}, "gamma stands between x_hat and y"),
        Mistake({name: -wanted[name] for name in ("ds", "dmean")}, "the sign is turned"),
        Mistake({"dvariance": nodes["ds"] / s}, "what is the derivative of a root?"),
        Mistake({"dsquared": wanted["dsquared"] * n}, "the variance is a mean, not a sum"),
        Mistake({"dcentered": direct}, missing, 10),
        Mistake({"dcentered": wanted["dcentered"] - direct}, missing),
        Mistake({"dx": nodes["dcentered"]}, missing, 10),
        Mistake({"dx": nodes["dcentered"] + nodes["dmean"]}, "the mean is a mean, not a sum"),
    ]


@np.errstate(all="ignore")
def judge_staged(case, given):
    """Each node of the graph of chapter 3, from the nodes behind it as they were given."""
    _, cache = batch_norm_forward(case["_x"], case["gamma"], case["gamma"], case["epsilon"])
    nodes = batch_norm_backward_staged(case["dy"], cache)
    for name, node in nodes.items():
        value = usable(given.get(name))
        if value is None or value.shape != node.shape or not (np.abs(value) < 1e99).all():
            continue
        if np.abs(value).max() > 1e-3 * np.abs(node).max():  # from nothing only nothing follows
            nodes[name] = value
    wanted = stages(case, nodes)
    hint = "look at the graph: which nodes does it feed, and with which local derivatives?"
    found = [
        compared(
            f"{case['about']}: {name}",
            name,
            given,
            wanted[name],
            lambda: stage_mistakes(case, nodes, wanted),
            hint,
        )
        for name in wanted
    ]
    return [*found, kept(given, found, case["about"])]


QUESTIONS = (
    Question(
        "gradient_by_differences",
        *(SLUG, 3, "A gradient without calculus", "gradient_by_differences"),
        *(differences_cases, judge_differences),
    ),
    Question(
        "batch_norm_backward_staged",
        *(SLUG, 5, "Backward, node by node", "backward_staged"),
        *(cases, judge_staged),
    ),
    Question("batch_norm_backward", SLUG, 4, "Backward, in one line", "backward", cases, judge),
)
