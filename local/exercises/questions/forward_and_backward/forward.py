"""Assignment 1, first half: mean and variance, forward."""

import numpy as np

from local.exercises.broken import BROKEN
from local.exercises.judging import (
    broken_layers,
    compare,
    inputs_unchanged,
    layer_of,
    right_outputs,
    slip,
)
from local.exercises.question import Question

ALONE = "a batch of one"
NARROW = "features that hardly vary"
STATISTICS = ("NeuronsNotBatch", "PixelStatistics", "SampleVariance", "OnePassVariance")


def batch(rng, shape, shift=3.0):
    """A batch whose features differ in mean and deviation."""
    scale, mean = rng.uniform(0.5, 2, shape[-1]), shift * rng.normal(size=shape[-1])
    return rng.normal(size=shape) * scale + mean


def table(rng):
    """A shape (N, D) with N >= 5: with two rows the gradient nearly vanishes and tests nothing."""
    return int(rng.integers(5, 9)), int(rng.integers(3, 5))


def images(rng):
    """A shape (N, H, W, C)."""
    return (int(rng.integers(3, 5)), 2, 3, int(rng.integers(3, 5)))


def parameters(rng, features):
    """A gamma and a beta for each feature, far from 1 and 0: it shows if one is left out."""
    return {"gamma": rng.uniform(1.5, 3, features), "beta": rng.uniform(4, 9, features)}


# --- Mean and variance ---------------------------------------------------------------------------


def statistics_cases(rng):
    """A table, images, and values far from 0 in float32, where one pass is not enough."""
    far = batch(rng, (64, 2), shift=0).astype(np.float32) + np.float32(3000)
    return [
        {"about": "a table (N, D)", "x": batch(rng, table(rng))},
        {"about": "images (N, H, W, C)", "x": batch(rng, images(rng))},
        {"about": "float32 far from zero", "x": far},
    ]


def statistics_outputs(case):
    """What a layer makes of the case: mean (2.1) and variance (2.2)."""

    def outputs(layer_class):
        moments = layer_class(case["x"].shape[-1]).moments(case["x"])
        # over the features they come with an axis of length 1, which a reader leaves out
        moments = [m[..., 0] if m.shape[-1] == 1 else m for m in moments]
        return dict(zip(("mean", "variance"), moments, strict=True))

    return outputs


def judge_statistics(case, given):
    """Mean and variance."""
    outputs, about = statistics_outputs(case), case["about"]
    wanted = right_outputs(case, outputs)
    deviation = {"variance": np.sqrt(wanted["variance"])}

    def mistakes():
        rooted = slip(deviation, "that is the deviation, the root of (2.2)")
        return [*broken_layers(outputs, STATISTICS), rooted]

    properties = {
        "mean": "the mean lies between the smallest and the largest value of each feature: "
        "which axes does (2.1) sum over, and what does it divide by?",
        "variance": "the variance is the mean square of what is left after the mean is subtracted",
    }
    findings = [
        compare(f"{about}: {name}", name, given, wanted[name], mistakes, hint, tolerance=1e-3)
        for name, hint in properties.items()
    ]
    return [*findings, inputs_unchanged(given, findings, about)]


# --- Forward -------------------------------------------------------------------------------------


def forward_cases(rng):
    """A table, images, features that hardly vary, and a batch of one."""
    shapes = {"a table (N, D)": table(rng), "images (N, H, W, C)": images(rng)}
    cases = [
        {"about": about, "x": batch(rng, shape), "epsilon": 1e-3} for about, shape in shapes.items()
    ]
    for case in cases:  # with deviations of 1 and more, an epsilon that is forgotten may not show
        case["x"][..., 0] *= 0.3 / case["x"][..., 0].std()
    narrow = 2 + 0.2 * batch(rng, table(rng), shift=0)
    narrow[:, 0] = 1.5
    cases.append({"about": NARROW, "x": narrow, "epsilon": 0.1})
    cases.append({"about": ALONE, "x": batch(rng, (1, 3)), "epsilon": 1e-3})
    return [case | parameters(rng, case["x"].shape[-1]) for case in cases]


def forward_outputs(case):
    """What a layer makes of the case: y (2.4), and of its cache x_hat, s (2.3) and gamma."""

    def outputs(layer_class):
        layer = layer_of(layer_class, case, case["x"].shape[-1])
        y = layer.forward(case["x"], training=True)
        cache = layer.cache
        return {"y": y, "x_hat": cache.x_hat, "s": cache.s, "gamma": cache.gamma}

    return outputs


def judge_forward(case, given):
    """The output and, of a table, what the cache begins with and whether x was left alone."""
    outputs, about = forward_outputs(case), case["about"]
    wanted = right_outputs(case, outputs)
    # alone in its batch every value is its mean: there most ideas look alike
    names = ("BatchOfOneUntouched",) if about == ALONE else BROKEN

    def mistakes():
        return broken_layers(outputs, names)

    properties = {
        "y": "the mean of each feature of y should be its beta, and its deviation almost gamma",
        "x_hat": "the cache begins with x_hat (2.3), before gamma and beta",
        "s": "the second value of the cache is s of (2.3), one number for each feature",
        "gamma": "the third value of the cache is gamma, as it was given",
    }
    if about == NARROW:
        properties["y"] = "here epsilon is as large as the variance: which epsilon do you add?"
    findings = [compare(f"{about}: y", "y", given, wanted["y"], mistakes, properties["y"], 2)]
    in_cache = list if findings[0].passed else mistakes  # a right y shows none of the ideas
    if about.startswith(("a table", "images")):
        findings += [
            compare(f"the cache: {name}", name, given, wanted[name], in_cache, properties[name])
            for name in ("x_hat", "s", "gamma")
        ]
        if not any(each.passed for each in findings[:-1]):  # to hand gamma on is no answer
            later = "that gamma is kept counts once something else is right"
            findings[-1] = findings[-1].failed(later)
    if about.startswith("a table"):
        findings.append(inputs_unchanged(given, findings, about))
    return findings


QUESTIONS = (
    Question(
        name="mean_and_variance",
        title="Mean and variance",
        parts=(3,),
        outputs=("mean", "variance"),
        cases=statistics_cases,
        judge=judge_statistics,
    ),
    Question(
        name="batch_norm_forward",
        title="Forward",
        parts=(5,),
        outputs=("y", "x_hat", "s", "gamma"),
        cases=forward_cases,
        judge=judge_forward,
    ),
)
