"""Doubts: reasons to ask a person where a machine would give few points or none.

A question is not marked 0 for what lies in the grading and not in the notebook: a name that is not
there, a package or file that grading lacks, a command that was left out, a newer Python's syntax.
"""

import json
import platform
import re
import subprocess

from ruff import find_ruff_bin

PYTHON = platform.python_version()
"""The Python that grades."""
COMMAND = re.compile(r"^[ \t]+(?:[\w, ]+=\s*)?[%!]\S.*", re.M)
"""A command inside a function."""
NO_SUCH_NAME = re.compile(r"^module '.*' has no attribute")
ERROR = re.compile(r":cell (\d+):.*invalid-syntax: (?:.*syntax was added in (Python 3\.\d+)\))?")
"""A line of the linter about an error of syntax; groups: the cell, the Python that knows it."""


def of(question, outcome, second, cells, numbers):
    """A sentence that says why a person has to decide, or "". A student may read it.

    outcome: the better Outcome, or None where nothing was asked.  second: the Second reading.
    cells: of the notebook; numbers: of those that define the answer.
    """
    errors = outcome.errors if outcome else []
    kinds = {kind for error in errors for kind in error["kinds"] if isinstance(kind, str)}
    sources = [cell.source for cell in cells]
    unfilled = "NotImplementedError" in kinds
    if newer := _newer(sources, numbers, question.name if unfilled else ""):
        return f"{newer}: a person decides."
    if outcome is not None and not errors:
        return ""
    if "NotPythonError" in kinds or unfilled:
        return ""
    if lacking := _lacking(errors, kinds, second, numbers, [sources[n] for n in numbers]):
        return f"{lacking}: a person decides."
    if outcome is None and not numbers:
        return ""  # that no cell defines it is said already
    if outcome is None or any(error.get("missing") is True for error in errors):
        return f"No cell has left {question.name}: a person decides."
    return ""


def _newer(sources, numbers, name):
    """What to say of a newer Python's syntax in a cell that has this name in it, or ""."""
    found = newer_syntax(sources)
    if not all(found.get(number + 1, "newer") for number in numbers):
        return ""  # an error of syntax in its own cell, too
    for cell, python in found.items():
        if python and name in sources[cell - 1]:
            return f"Code cell {cell} has a syntax of {python}, and Python {PYTHON} grades"
    return ""


def _lacking(errors, kinds, second, numbers, own):
    """What grading lacks that would explain the errors, or "". own: the sources of its cells.

    What the process tells of itself decides here whether a person is asked, and is not repeated.
    """
    texts = [str(error.get("text")) for error in errors]
    defining = any(error.get("defining") is True for error in errors)
    if "ImportError" in kinds and not any("'local" in text for text in texts):
        return "Grading does not have what it imports"
    if "FileNotFoundError" in kinds and any(re.search("'[^/'][^']*'$", text) for text in texts):
        return "Grading does not have a file that it reads"
    if defining and kinds & {"OSError", "EOFError", "OverlongError"}:
        return "What it needs could not be made in grading"
    if "AttributeError" in kinds and any(NO_SUCH_NAME.search(text) for text in texts):
        return "A library in grading does not have a name that it uses"
    if "SyntaxError" in kinds and not own_errors(own):
        return "A file that it imports has a syntax that this Python does not know"
    needy = not errors or defining or "NameError" in kinds
    if needy and any(n in numbers or package != "local" for n, package in second.lacking):
        return "Grading does not have what a cell imports"
    if needy and second.interrupted:
        return "The notebook computes for longer than it may"
    left_out = any(
        needy or number in numbers or text.startswith(("= ", "%%"))
        for number, text in second.left_out
    )
    if left_out or any(map(COMMAND.search, own)):
        return "Grading leaves out a command that it may need"
    return ""


def own_errors(sources):
    """Whether a cell itself is no Python, which its student has seen."""
    return any(not python for python in newer_syntax(sources).values())


def newer_syntax(sources):
    """{number of a cell, from 1: the Python that knows its syntax} for cells that ours refuses.

    The Python is "" where no Python knows the syntax.
    """
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": s}
        for s in sources
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    version = "py" + "".join(PYTHON.split(".")[:2])
    command = [find_ruff_bin(), "check", "--isolated", "--no-cache", "--select", "E9"]
    command += ["--output-format", "concise", "--target-version", version]
    try:
        told = subprocess.run(
            [*command, "--stdin-filename", "a.ipynb", "-"],
            input=json.dumps(notebook).encode(),
            capture_output=True,
            timeout=10,
            check=False,
        ).stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        return {}
    found = {}
    for match in filter(None, map(ERROR.search, told.splitlines())):
        cell, python = int(match[1]), match[2] or ""
        found[cell] = python and found.get(cell, python)
    return found
