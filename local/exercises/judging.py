"""What a question is, and how an output is judged: by the wrong ideas that would explain it.

An output that is not right is compared with the outputs of known wrong variants, the layers of
`broken.py` among them. If one of them explains it, its hint names the idea; if none does, the hint
names a property that the output lacks. Judges never raise, whatever the outputs are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from local.equations import BatchNorm
from local.exercises.broken import BROKEN
from local.exercises.ideas import HINTS

TOLERANCE = 1e-4
"""Of the largest entry: float32 results are right, and a division by N - 1 is not."""
WITH_KERAS = ("numpy", "tensorflow", "keras")
"""What a question needs whose probe runs a layer of Keras."""


@dataclass(frozen=True)
class Finding:
    """One property of one output.

    what: the property in words, without the case.  hint: where to look, never the solution; empty
    if passed.  misconception: 1 to 15, the one that explains the output, or None.
    """

    passed: bool
    what: str
    hint: str = ""
    misconception: int | None = None
    weight: float = 1


@dataclass(frozen=True)
class Question:
    """A function or class that the reader defines, and everything needed to judge it.

    name: of the function or class.  assignment: slug of the notebook.  probe: name of a function
    of `probes.py`.  cases(rng) -> list of dicts; entries whose name starts with `_` are for
    `judge` and `answer` and must not reach the reader's code.  judge(case, outputs) -> list of
    Finding, the same properties and weights for any outputs, also for {}.  answer(case, name,
    arrays) -> dict of arrays: what `ask` returns, or None where nothing is asked.  needs: names of
    the modules that its probe imports.
    """

    name: str
    assignment: str
    points: int
    title: str
    probe: str
    cases: Callable
    judge: Callable
    answer: Callable | None = None
    needs: tuple = ("numpy",)


class Mistake(NamedTuple):
    """A wrong idea: what it makes, by name of the output, and the hint for it."""

    outputs: Mapping
    hint: str
    misconception: int | None = None


def mistakes(outputs, names=HINTS):
    """The Mistakes of broken layers; outputs(layer_class) -> what such a layer would make."""
    ideas = {name: BROKEN[name].misconception for name in HINTS if name in names}
    with np.errstate(all="ignore"):
        return [
            Mistake(outputs(BROKEN[name]), HINTS[name], idea and int(idea.split(":")[0]))
            for name, idea in ideas.items()
        ]


def made(layer_class, case, features):
    """A NumPy layer with the weights of the case, as far as it has some."""
    momentum, epsilon = float(case.get("momentum", 0.9)), float(case["epsilon"])
    layer = layer_class(features, momentum=momentum, epsilon=epsilon)
    for name in ("gamma", "beta", "moving_mean", "moving_variance"):
        setattr(layer, name, np.array(case.get(name, getattr(layer, name)), np.float64))
    return layer


def right(case, outputs):
    """What the right layer would make of the case, which keeps it: it is the same for everybody."""
    if "_right" not in case:
        case["_right"] = outputs(BatchNorm)
    return case["_right"]


# --- Comparing -----------------------------------------------------------------------------------


def usable(value):
    """The array in float64, or None if it holds no numbers."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        return None
    return np.asarray(value, np.float64)


def close(a, b, tolerance=TOLERANCE):
    """Equal in shape, and in every entry up to `tolerance` of the largest of b; NaN equals NaN."""
    a, b = usable(a), usable(b)
    if a is None or b is None or a.shape != b.shape:
        return False
    largest = np.abs(b[np.isfinite(b)]).max(initial=1e-6)
    with np.errstate(invalid="ignore"):  # of infinities; allclose would take ten times as long
        near = np.abs(a - b) <= tolerance * largest
    return bool(near.all() or (near | (a == b) | (np.isnan(a) & np.isnan(b))).all())


@np.errstate(all="ignore")
def compared(what, name, outputs, wanted, wrong=list, otherwise="", weight=1, tolerance=TOLERANCE):
    """The Finding for the output `name`: right, explained by a mistake, or lacking a property.

    wanted: the right array.  wrong(): Mistakes, asked for only if needed; of those that make this
    output, the one that explains the others best is named.  otherwise: the hint where none fits.
    """
    value, wanted = usable(outputs.get(name)), np.asarray(wanted, np.float64)
    if close(value, wanted, tolerance):
        return Finding(True, what, weight=weight)
    if value is None:
        return Finding(False, what, f"{name} must come back as an array of numbers", None, weight)
    fitting = [m for m in wrong() if close(value, m.outputs.get(name), tolerance)]
    if fitting:
        best = max(fitting, key=lambda mistake: explained(mistake, outputs, tolerance))
        return Finding(False, what, best.hint, best.misconception, weight)
    if value.shape != wanted.shape:  # not told, for numbers of a hidden case may hide in it
        otherwise = f"{name} should have shape {wanted.shape}"
    elif not np.isfinite(value).all():
        otherwise = f"{name} holds NaN or infinity"
    return Finding(False, what, otherwise or f"{name} is off", None, weight)


def explained(mistake, outputs, tolerance):
    """The share of the outputs that the mistake makes as they are."""
    found = [close(outputs.get(name), made, tolerance) for name, made in mistake.outputs.items()]
    return sum(found) / len(found)


def finding(passed, what, hint, misconception=None, weight=1):
    """A Finding, with the hint only where it is needed."""
    passed = bool(passed)
    return Finding(passed, what, "" if passed else hint, None if passed else misconception, weight)


def kept(outputs, others, about):
    """The Finding that the reader's code changed none of its inputs.

    others: the case's other findings. Where none of them passed, this does not either: a function
    that does nothing of use leaves its inputs alone, too.
    """
    hint = "your code writes into an array that it was given: work on a new one"
    passed = np.array_equal(outputs.get("unchanged"), True)
    if passed and not any(other.passed for other in others):
        passed, hint = (
            False,
            "that the inputs stay as they were counts once something else is right",
        )
    return finding(passed, f"{about}: the inputs are left as they were", hint, weight=0.5)


def merged(findings):
    """One Finding for each property: passed if it passed in all cases, else its first failure."""
    properties = {}
    for finding in findings:
        first = properties.setdefault(finding.what, finding)
        if first.passed:
            properties[finding.what] = finding
    return list(properties.values())
