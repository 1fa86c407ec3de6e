"""A mark: the points for one question, and the sentence that explains them."""

import math
import re
from dataclasses import dataclass

from local.exercises.judging import merged

GRADED, REVIEW, LATER = "graded", "needs review", "not graded yet"
"""States of a mark. Without points are REVIEW (a person decides) and LATER (the next run does)."""
UNFILLED = "Not filled in yet."

ORDINARY = """
    ArithmeticError AssertionError AttributeError EOFError FloatingPointError ImportError IndexError
    KeyError LookupError MemoryError ModuleNotFoundError NameError NotImplementedError OSError
    OverflowError PermissionError RecursionError RuntimeError StopIteration SyntaxError SystemExit
    TypeError UnboundLocalError ValueError ZeroDivisionError KeyboardInterrupt
"""
"""Exceptions that may be named to students: a name of their own could carry a hidden case out."""
TEXT = 300
"""Characters of an exception's text that are shown, at the most."""


@dataclass(frozen=True)
class Mark:
    """points: of `out_of`, or None unless `state` is "graded".

    why: a sentence for the student.  findings: the properties tested, as dicts of a Finding.
    look: why a person should look at the answer although it was graded, or "".
    """

    question: str
    title: str
    out_of: float
    points: float | None
    state: str
    why: str
    findings: tuple = ()
    look: str = ""

    def asdict(self):
        return dict(vars(self))


def graded(question, findings, why="", look=""):
    """The mark for the `findings` of all cases. why: a sentence to use instead of theirs."""
    total = sum(finding.weight for finding in findings)
    passed = sum(finding.weight for finding in findings if finding.passed)
    share = passed / total if total else 0.0
    points = math.floor(2 * question.points * share + 0.5) / 2
    if passed < total:  # all points are for those who passed everything, whatever rounding says
        points = min(points, question.points - 0.5)
    properties = merged(findings)
    return Mark(
        question.name,
        question.title,
        question.points,
        points,
        GRADED,
        why or _sentence_of(properties),
        tuple({name: getattr(finding, name) for name in STORED} for finding in properties),
        look,
    )


STORED = ("passed", "what", "hint", "misconception", "weight")
"""What a mark stores of a finding."""


def ungraded(question, state, why):
    """A mark without points."""
    return Mark(question.name, question.title, question.points, None, state, why)


def _sentence_of(properties):
    """How many of the properties hold, and what is wrong with the first that does not."""
    failed = [finding for finding in properties if not finding.passed]
    if not failed:
        return "Right."
    first = f"{failed[0].what}: {failed[0].hint}" if failed[0].hint else failed[0].what
    held = len(properties) - len(failed)
    return f"{held} of {len(properties)} properties hold. {sentence(f'not yet: {first}')}"


def sentence(text):
    """`text` with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!")) else ".")


def of_error(error):
    """The sentence for an exception in a submission.

    error: the header that its process sent (see `sandbox.inside.child.described`). It may hold
    anything, since a submission can forge it.
    """
    kinds = [kind for kind in error.get("kinds", []) if isinstance(kind, str)][:10]
    kind = next((kind for kind in kinds if kind in ORDINARY.split()), "an exception")
    text = error.get("text") if isinstance(error.get("text"), str) else ""
    keras = re.search(r"\x1b\[1m(.+?)(?:\x1b\[0m|$)", text, re.DOTALL)  # Keras wraps the text
    text = keras[1] if keras else text
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:TEXT]
    line = error.get("line")
    where = f", line {line} of its cell" if type(line) is int and 0 < line < 10**6 else ""
    if "NotDefinedError" in kinds and text:
        return sentence(text)
    if "NotImplementedError" in kinds:
        return UNFILLED
    if kind == "MemoryError":
        return f"It needs more memory than there is (memory limit{where})."
    if kind == "SystemExit":
        return f"It calls for Python to exit{where}."
    if kind == "EOFError":
        return f"It asks for input(), and nobody is there to answer{where}."
    if kind == "ModuleNotFoundError" and "'local" in text:
        return f"It uses the course's own files, which are not there in grading{where}."
    if kind == "PermissionError":
        return f"It tries what a submission may not do: files, network or processes{where}."
    return f"It raises {kind}{where}" + (f": {text}" if text else "") + "."
