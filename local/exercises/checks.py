"""Instant checks: what a reader wrote is held against a question, and the answer is a hint.

`check_NAME(written)`, one for each question, runs the code on public cases, prints what passed and,
for what did not, a hint that names the likely idea behind it. It returns nothing and never raises:
an exception in the reader's code is reported in one line. The mark is made by the same judges on
other cases.
"""

import dis
import inspect
import itertools
import os
import re
import sysconfig
import textwrap
import traceback
import warnings
from pathlib import Path

import numpy as np

from local.exercises import probes
from local.exercises.judging import merged
from local.exercises.questions import BY_NAME

PUBLIC_SEED = 2015  # the year of the paper
LONGEST = 120
"""Characters of an exception's text that are shown."""
WIDTH = 64
"""Characters of a line."""

_NOT_THE_READERS = (
    Path(__file__).parents[1],
    Path(os.__file__).parent,  # the standard library, also where it is an archive
    *(Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")),
)


def check(name, written):
    """Hold `written` against the question of that name and print the outcome."""
    question = BY_NAME[name]
    findings, errors = [], []
    cases = question.cases(np.random.default_rng(PUBLIC_SEED))
    for case in cases:
        try:
            outputs = run(question, written, case)
        except (Exception, SystemExit) as error:
            errors.append(error)
            findings += [finding.without_hint() for finding in question.judge(case, {})]
        else:
            findings += question.judge(case, outputs)
    if sum(isinstance(error, NotImplementedError) for error in errors) == len(cases):
        print(f"{name}: not filled in yet")
    else:
        report(name, merged(findings), errors)
        for used in borrowed(written):
            show("  hint     ", f"{used} is the course's own, and in marking it is not there")


def borrowed(written):
    """Names of the course's own code that code of a notebook uses, in its helpers too."""
    found, seen, rest = set(), set(), [written]
    while rest:
        one = rest.pop()
        if getattr(one, "__module__", None) != "__main__" or id(one) in seen:
            continue
        seen.add(id(one))
        used = {}
        if inspect.isclass(one):
            used = {base.__name__: base for base in one.__bases__} | dict(vars(one))
        elif inspect.isfunction(one):
            used = {name: one.__globals__.get(name) for name in loaded(one.__code__)}
        for name, value in used.items():
            home = getattr(value, "__module__", None) or getattr(value, "__name__", "")
            if str(home).partition(".")[0] == "local":
                found.add(name)
            else:
                rest.append(value)
    return sorted(found)


def loaded(code):
    """The names of globals that `code`, or a function inside it, loads."""
    names = {each.argval for each in dis.get_instructions(code) if each.opname == "LOAD_GLOBAL"}
    return names.union(*(loaded(each) for each in code.co_consts if inspect.iscode(each)))


def run(question, written, case):
    """The outputs of `written` for one case, in this very process."""

    def ask(asked, **arrays):
        return question.answer(case, asked, arrays)

    # what overflows or is divided by 0 shows in the outputs
    with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
        return probes.probe(question.name, written, question.visible(case), ask)


def report(name, findings, errors):
    """Print what passed, what did not, the first exception, and the hints."""
    passed = sum(finding.passed for finding in findings)
    print(f"{name}: {passed} of {len(findings)} passed")
    for status in (True, False):
        for line in grouped(finding.what for finding in findings if finding.passed is status):
            show("  passed   " if status else "  not yet  ", line)
    for error in errors[:1]:  # the others are mostly the same again
        print(f"  stopped  {one_line(error)}")
    for hint in dict.fromkeys([*hints(findings), *itertools.chain(*map(misfit, errors))]):
        show("  hint     ", hint)


def grouped(properties):
    """Join `about: this` and `about: that` to `about: this, that`."""
    groups = {}
    for text in properties:
        about, _, detail = text.partition(": ")
        groups.setdefault(about, []).append(detail)
    return [": ".join(filter(None, (about, ", ".join(d)))) for about, d in groups.items()]


def show(label, text):
    """Print `text` behind `label`, in lines that a phone shows."""
    wrapped = textwrap.wrap(text, WIDTH, initial_indent=label, subsequent_indent=" " * len(label))
    print("\n".join(wrapped))


def hints(findings):
    """Every idea behind what failed, and the other hints where no idea may explain them, too."""
    failed = [finding for finding in findings if finding.hint]
    explained = [finding for finding in failed if finding.idea]
    if all(finding.idea.local for finding in explained):
        explained = failed
    return [finding.words for finding in explained]


def misfit(error):
    """A hint for arrays that do not fit each other, which stop the code before it has a result."""
    if re.search("broadcast|[Ii]ncompatible shapes", str(error)):
        yield (
            "two shapes do not fit. A number for each feature has shape (D,): do your sums run "
            "over the batch, axis 0, or over the features, axis 1?"
        )


def one_line(error):
    """The exception's name, the last line of the reader's own code on its way, and its text."""
    text = str(error)
    emphasized = re.search(r"\x1b\[1m(.+?)\x1b\[0m", text, re.DOTALL)  # what Keras wraps
    text = " ".join((emphasized[1] if emphasized else text).split())
    text = text if len(text) <= LONGEST else text[:LONGEST] + " ..."
    own = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if not any(Path(frame.filename).is_relative_to(home) for home in _NOT_THE_READERS)
    ]
    where = f" in line {own[-1]} of your code" if own else ""
    return f"{type(error).__name__}{where}: {text or 'no text'}"


EARLIER_NAMES = {
    "check_forward": "batch_norm_forward",
    "check_backward_staged": "batch_norm_backward_staged",
    "check_backward": "batch_norm_backward",
    "check_layer": "BatchNorm",
    "check_learning_rate": "find_learning_rate",
    "check_momentum": "choose_momentum",
}
"""What these checkers are called in notebooks that were released before each bore its question's
name."""


def __getattr__(checker):
    """`check_NAME` for the question of each name, and for those of EARLIER_NAMES."""
    name = EARLIER_NAMES.get(checker, checker.removeprefix("check_"))
    if name == checker or name not in BY_NAME:
        raise AttributeError(f"there is no {checker} here; there are {', '.join(__dir__())}")

    def check_one(written):
        check(name, written)

    check_one.__doc__ = f"Hold your `{name}` against the question of that name; print the outcome."
    return check_one


def __dir__():
    return [f"check_{name}" for name in BY_NAME]
