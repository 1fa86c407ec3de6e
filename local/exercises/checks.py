"""Instant checks: what a reader wrote is held against a question, and the answer is a hint.

`check_forward(fn)` and its kin run the code on public cases, print what passed and, for what did
not, a hint that names the likely idea behind it. They return nothing and never raise: an exception
in the reader's code is reported in one line. The mark is made by the same judges on other cases.
"""

import dis
import inspect
import itertools
import re
import sysconfig
import textwrap
import traceback
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np

from local.exercises import probes
from local.exercises.ideas import HINTS
from local.exercises.judging import merged
from local.exercises.questions import MISCONCEPTIONS, QUESTIONS

PUBLIC_SEED = 2015  # the year of the paper
LONGEST = 120
"""Characters of an exception's text that are shown."""
WIDTH = 64
"""Characters of a line."""

_BY_NAME = {question.name: question for group in QUESTIONS.values() for question in group}
_NOT_THE_READERS = (
    Path(__file__).parent,
    *(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")),
)


def check(name, written):
    """Hold `written` against the question of that name and print the outcome."""
    question = _BY_NAME[name]
    findings, faults = [], []
    cases = question.cases(np.random.default_rng(PUBLIC_SEED))
    for case in cases:
        try:
            outputs = run(question, written, case)
        except (Exception, SystemExit) as error:
            faults.append(error)
            # that nothing came back needs no hint besides the exception
            findings += [replace(f, hint="") for f in question.judge(case, {})]
        else:
            findings += question.judge(case, outputs)
    if sum(isinstance(fault, NotImplementedError) for fault in faults) == len(cases):
        print(f"{name}: not filled in yet")
    else:
        report(name, merged(findings), faults)
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

    visible = {key: value for key, value in case.items() if not key.startswith("_")}
    # what overflows or is divided by 0 shows in the outputs
    with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
        return getattr(probes, question.probe)(written, visible, ask)


def report(name, findings, faults):
    """Print what passed, what did not, the first exception, and the hints."""
    passed = sum(finding.passed for finding in findings)
    print(f"{name}: {passed} of {len(findings)} passed")
    for status in (True, False):
        for line in grouped(finding.what for finding in findings if finding.passed is status):
            show("  passed   " if status else "  not yet  ", line)
    for fault in faults[:1]:  # the others are mostly the same again
        print(f"  stopped  {one_line(fault)}")
    for hint in dict.fromkeys([*hints(findings), *itertools.chain(*map(misfit, faults))]):
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
    """Of what failed: the hints that name an idea; the others are shown where there is none."""
    failed = [finding for finding in findings if finding.hint]
    ideas = [f for f in failed if f.misconception or f.hint in HINTS.values()]
    for finding in ideas or failed:
        number = finding.misconception
        said = f' (misconception {number}: "{MISCONCEPTIONS[number]}")' if number else ""
        yield finding.hint + said


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


def _checker(name):
    def checker(written):
        check(name, written)

    checker.__doc__ = f"Hold your `{name}` against the question of that name; prints the outcome."
    return checker


check_mean_and_variance = _checker("mean_and_variance")
check_forward = _checker("batch_norm_forward")
check_gradient_by_differences = _checker("gradient_by_differences")
check_backward_staged = _checker("batch_norm_backward_staged")
check_backward = _checker("batch_norm_backward")
check_layer = _checker("BatchNorm")
check_as_line = _checker("as_line")
check_learning_rate = _checker("find_learning_rate")
check_momentum = _checker("choose_momentum")
check_predict = _checker("predict")
check_batches = _checker("batches")
check_find_bugs = _checker("find_bugs")
