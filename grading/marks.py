"""A mark: points for one question, and the sentence that says why."""

import math
import re
import signal
from dataclasses import dataclass

from local.exercises.judging import merged

GRADED, REVIEW, LATER = "graded", "needs review", "not graded yet"
"""States of a mark. The last two have no points: a person decides, or the next run."""
UNFILLED = "Not filled in yet."

ORDINARY = """
    ArithmeticError AssertionError AttributeError EOFError FloatingPointError ImportError IndexError
    KeyError LookupError MemoryError ModuleNotFoundError NameError NotImplementedError OSError
    OverflowError PermissionError RecursionError RuntimeError StopIteration SyntaxError SystemExit
    TypeError UnboundLocalError ValueError ZeroDivisionError KeyboardInterrupt
"""
"""Exceptions whose names tell nothing but what went wrong."""
TEXT = 300
"""Characters of a student's exception that are repeated."""


@dataclass(frozen=True)
class Mark:
    """points: of `out_of`, or None unless `state` is "graded".

    why: a sentence for the student.  findings: the properties tested, as dicts of a Finding.
    look: why a person should look at it all the same, or "".
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
    """The mark that `findings` of all cases make. why: what stopped it, instead of their words."""
    total = sum(finding.weight for finding in findings)
    passed = sum(finding.weight for finding in findings if finding.passed)
    share = passed / total if total else 0.0
    points = math.floor(2 * question.points * share + 0.5) / 2
    if passed < total:  # rounding gives nothing away
        points = min(points, question.points - 0.5)
    properties = merged(findings)
    return Mark(
        question.name,
        question.title,
        question.points,
        points,
        GRADED,
        why or _sentence(properties),
        tuple(map(_described, properties)),
        look,
    )


def ungraded(question, state, why):
    """A mark without points."""
    return Mark(question.name, question.title, question.points, None, state, why)


def _described(finding):
    names = ("passed", "what", "hint", "misconception", "weight")
    return {name: getattr(finding, name) for name in names}


def _sentence(properties):
    failed = [finding for finding in properties if not finding.passed]
    if not failed:
        return "Right."
    first = f"{failed[0].what}: {failed[0].hint}" if failed[0].hint else failed[0].what
    held = len(properties) - len(failed)
    return f"{held} of {len(properties)} properties hold. {sentence(f'not yet: {first}')}"


def sentence(text):
    """`text` with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!")) else ".")


def of_error(told):
    """The sentence for an exception in a submission, as its process told it (`child.describe`)."""
    kinds = [kind for kind in told.get("kinds", []) if isinstance(kind, str)][:10]
    kind = next((kind for kind in kinds if kind in ORDINARY.split()), "an exception")
    text = told.get("text") if isinstance(told.get("text"), str) else ""
    keras = re.search(r"\x1b\[1m(.+?)(?:\x1b\[0m|$)", text, re.DOTALL)  # what it wraps
    text = keras[1] if keras else text
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:TEXT]
    line = told.get("line")
    where = f", line {line} of its cell" if type(line) is int and 0 < line < 10**6 else ""
    if "NotDefined" in kinds and text:
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


def of_end(stopped):
    """The sentence for a process that came to its end: see `forkserver.Stopped`."""
    if stopped.how == "time" or stopped.code == -signal.SIGXCPU:
        return "It computes for longer than it may, perhaps for ever (time limit)."
    if stopped.how == "idle":
        return "It waits for longer than it may (time limit)."
    if stopped.code is None:
        return "It closed the line to the grader."
    if stopped.code >= 0:
        return "It ended its own process before it answered."
    name = signal.Signals(-stopped.code).name if -stopped.code in set(signal.Signals) else "?"
    return f"Python crashed in it ({name})."
