"""Assignment 4: a test that finds the layers of `broken.py` and lets the right one pass."""

import numpy as np

from local.equations import BatchNorm
from local.exercises.broken import BROKEN
from local.exercises.judging import finding, layer_of
from local.exercises.probes import ACCUSED, PASSED, RAISED, WEIGHTS
from local.exercises.question import Assignment, Question

RIGHT = "BatchNorm"
COPIES = 3
"""Times that the right layer is among the suspects: who accuses at random meets it."""

LARGEST = 1 << 20
"""Numbers in an array that is sent to a layer under test."""

SECTIONS = {
    "moments": (
        "mean and variance",
        "have you tried images, float16, values far from zero, and numbers worked out by hand?",
    ),
    "standardize": (
        "normalized value",
        "have you tried a shift, a scale, a feature that hardly varies, and a batch of one?",
    ),
    "scale_and_shift": ("output", "have you given every gamma and every beta its own value?"),
    "input_gradient": (
        "gradient of the input",
        "have you held it against differences, with N >= 4, and after inference as well?",
    ),
    "backward": ("gradients of gamma and beta", "have you compared all three gradients?"),
    "update": (
        "moving averages",
        "have you worked out by hand what one step with momentum 0.9 makes of them?",
    ),
    "statistics": (
        "training and inference",
        "have you looked at the output and at the averages after each of the two modes?",
    ),
}
"""By the method that a wrong layer overrides: where its fault lies, and what brings it to light."""


def section(layer_class):
    """Where the fault of a wrong layer lies, and what brings it to light."""
    return next(SECTIONS[method] for method in SECTIONS if method in vars(layer_class))


def hunt_cases(rng):
    """All suspects in one case: the kills count only if no right layer is accused."""
    order = rng.permutation([*BROKEN, *[RIGHT] * COPIES])
    return [{"suspects": len(order), "_order": order}]


def suspects(case):
    """The parts of a case: a suspect each, for whoever sees several can compare them."""
    return [{"suspects": 1, "_order": case["_order"][k : k + 1]} for k in range(case["suspects"])]


def verdicts(parts):
    """The verdicts of all parts; a test that raised something else has found its suspect, too."""
    heard = [np.ravel(part.get("verdicts", RAISED)) for part in parts]
    return {"verdicts": np.array([one[0] if one.size == 1 else RAISED for one in heard])}


def answer(case, name, arrays):
    """What the layer under test computes; {} where it does not take the arguments."""
    try:
        if sum(array.size for array in arrays.values()) > LARGEST:
            return {}
        for other in arrays.keys() & {"dy", *WEIGHTS}:  # none may make the output larger than x
            np.broadcast_to(arrays[other], arrays["x"].shape)
        number = int(arrays["suspect"])
        layer_class = (BROKEN | {RIGHT: BatchNorm})[case["_order"][number]]
        with np.errstate(all="ignore"):
            layer = layer_of(layer_class, arrays, arrays["gamma"].size)
            y = layer.forward(arrays["x"], training=bool(arrays["training"]))
            if name == "backward":
                gradients = layer.backward(arrays["dy"])
                return dict(zip(("dx", "dgamma", "dbeta"), gradients, strict=True))
    except Exception:  # the arguments are a stranger's
        return {}
    return {"y": y} | {name: getattr(layer, name) for name in WEIGHTS[2:]}


def judge_hunt(case, given):
    """A finding for each wrong layer, none of which counts if the right one is accused."""
    order, verdicts = case["_order"], given.get("verdicts")
    heard = isinstance(verdicts, np.ndarray) and verdicts.shape == order.shape
    innocent = heard and (verdicts[order == RIGHT] == PASSED).all()
    stopped = heard and not (verdicts[order == RIGHT] == ACCUSED).any()
    hint = "your test accuses the right layer, so its other verdicts do not count: what is too "
    hint += "strict, the property or the tolerance?"
    if stopped:
        hint = "your test stops with an exception at the right layer: try it on the book's own"
    findings = [finding(innocent, "the right layer passes", hint, weight=0)]
    for copy, (name, layer_class) in enumerate(BROKEN.items(), 1):
        where, further = section(layer_class)
        caught = innocent and (verdicts[order == name] != PASSED).all()
        hint = f"a copy gets away whose fault lies in: {where}; {further}" if innocent else ""
        findings.append(finding(caught, f"{where}: copy {copy}", hint))
    return findings


ASSIGNMENT = Assignment(
    number=4,
    title="the bug hunt",
    about="a test; a point for each wrong layer that it finds",
    minutes=90,
    questions=(
        Question(
            name="find_bugs",
            title="The hunt",
            parts=(len(BROKEN),),
            outputs=("verdicts",),
            cases=hunt_cases,
            judge=judge_hunt,
            answer=answer,
            split=suspects,
            join=verdicts,
        ),
    ),
)
