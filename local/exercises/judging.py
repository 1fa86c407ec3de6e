"""How an output is judged: by the wrong ideas that would explain it.

An output that is not right is compared with what known wrong variants make, the layers of
`broken.py` among them. If one of them makes the same, the finding carries its idea; if none does,
its hint names a property that the output lacks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from local.equations import BatchNorm
from local.exercises.broken import BROKEN
from local.exercises.ideas import Idea

TOLERANCE = 1e-4
"""Of the largest entry: float32 results are right, and a division by N - 1 is not."""


@dataclass(frozen=True)
class Finding:
    """One property of one output.

    what: the property in words, without the case.  hint: where to look, never the solution; empty
    if passed.  idea: the one that explains the output, or None.  weight: its share of the points.
    """

    passed: bool
    what: str
    hint: str = ""
    idea: Idea | None = None
    weight: float = 1

    @property
    def misconception(self):
        """The number of the misconception behind it, 1 to 15, or None."""
        return self.idea and self.idea.misconception

    @property
    def words(self):
        """The hint as a reader is shown it."""
        return self.idea.words if self.idea else self.hint

    def without_hint(self):
        """The same where nothing came back: the exception says why."""
        return replace(self, hint="", idea=None)

    def failed(self, hint):
        """The same, but passed only once something else is right."""
        return replace(self, passed=False, hint=hint, idea=None)


def finding(passed, what, why, weight=1):
    """A Finding. why: the Idea behind a failure, or else the hint in words."""
    if passed:
        return Finding(True, what, weight=weight)
    if isinstance(why, Idea):
        return Finding(False, what, why.hint, why, weight)
    return Finding(False, what, why, None, weight)


def merged(findings):
    """One Finding for each property: passed if it passed in all cases, else its first failure."""
    properties = {}
    for each in findings:
        if properties.setdefault(each.what, each).passed:
            properties[each.what] = each
    return list(properties.values())


# --- What wrong ideas would make -----------------------------------------------------------------


class Mistake(NamedTuple):
    """A wrong idea, and the outputs that it makes, by name."""

    outputs: Mapping
    idea: Idea


def slip(outputs, hint):
    """The Mistake of a plain slip in these outputs, without a misconception behind it."""
    return Mistake(outputs, Idea(hint, local=True))


def broken_layers(outputs, names=BROKEN):
    """The Mistakes of the broken layers `names`; outputs(layer_class) -> what one of them makes."""
    with np.errstate(all="ignore"):
        return [
            Mistake(outputs(layer_class), layer_class.idea)
            for name, layer_class in BROKEN.items()
            if name in names
        ]


def layer_of(layer_class, case, features):
    """A NumPy layer with the weights and settings of the case, as far as it has some."""
    momentum, epsilon = float(case.get("momentum", 0.9)), float(case["epsilon"])
    layer = layer_class(features, momentum=momentum, epsilon=epsilon)
    for name in ("gamma", "beta", "moving_mean", "moving_variance"):
        setattr(layer, name, np.array(case.get(name, getattr(layer, name)), np.float64))
    return layer


def right_outputs(case, outputs):
    """What the right layer makes of the case, which stores it: it is the same for everybody."""
    if "_right" not in case:
        case["_right"] = outputs(BatchNorm)
    return case["_right"]


# --- Comparing -----------------------------------------------------------------------------------


def numbers(value):
    """The array in float64, or None if it holds no numbers."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        return None
    return np.asarray(value, np.float64)


def close(a, b, tolerance=TOLERANCE):
    """Equal in shape, and in every entry up to `tolerance` of the largest of b; NaN equals NaN."""
    a, b = numbers(a), numbers(b)
    if a is None or b is None or a.shape != b.shape:
        return False
    largest = np.abs(b[np.isfinite(b)]).max(initial=1e-6)
    with np.errstate(invalid="ignore"):  # of infinities; allclose would take ten times as long
        near = np.abs(a - b) <= tolerance * largest
    return bool(near.all() or (near | (a == b) | (np.isnan(a) & np.isnan(b))).all())


@np.errstate(all="ignore")
def compare(what, name, outputs, wanted, mistakes=list, hint="", weight=1, tolerance=TOLERANCE):
    """The Finding for the output `name`: right, explained by a mistake, or lacking a property.

    wanted: the right array.  mistakes(): Mistakes, asked for only if needed; of those that make
    this output, the one that explains the others best counts.  hint: where none explains it.
    """
    value, wanted = numbers(outputs.get(name)), np.asarray(wanted, np.float64)
    if close(value, wanted, tolerance):
        return finding(True, what, "", weight)
    if value is None:
        return finding(False, what, f"{name} must come back as an array of numbers", weight)
    fitting = [m for m in mistakes() if close(value, m.outputs.get(name), tolerance)]
    if fitting:
        best = max(fitting, key=lambda mistake: share_explained(mistake, outputs, tolerance))
        return finding(False, what, best.idea, weight)
    if value.shape != wanted.shape:  # the shape that came is not shown: a hidden case may be in it
        hint = f"{name} should have shape {wanted.shape}"
    elif not np.isfinite(value).all():
        hint = f"{name} holds NaN or infinity"
    return finding(False, what, hint or f"{name} is off", weight)


def share_explained(mistake, outputs, tolerance):
    """The share of the outputs that the mistake makes as they are."""
    same = [close(outputs.get(name), made, tolerance) for name, made in mistake.outputs.items()]
    return sum(same) / len(same)


def inputs_unchanged(outputs, others, about):
    """The Finding that the reader's code changed none of its inputs.

    others: the case's other findings. Where none of them passed, this does not either: a function
    that does nothing of use leaves its inputs alone, too.
    """
    unchanged = np.array_equal(outputs.get("unchanged"), True)
    hint = "your code writes into an array that it was given: work on a new one"
    if unchanged and not any(other.passed for other in others):
        unchanged = False
        hint = "that the inputs stay as they were counts once something else is right"
    return finding(unchanged, f"{about}: the inputs are left as they were", hint, weight=0.5)
