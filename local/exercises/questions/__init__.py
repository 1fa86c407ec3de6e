"""The assignments, a module each: its questions with their points, cases and judges.

A module is found by its place here and needs no entry elsewhere. Its name is that of the notebook
in content/assignments, with underscores for hyphens; it says what it holds in `ASSIGNMENT`.
"""

import importlib
import pkgutil


def _found():
    """{slug: Assignment} for every module here, in the order of their numbers."""
    modules = {
        found.name.replace("_", "-"): importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
    }
    assignments = {slug: module.ASSIGNMENT for slug, module in modules.items()}
    return dict(sorted(assignments.items(), key=lambda item: item[1].number))


ASSIGNMENTS = _found()
"""By the name of the notebook, in the order of the book."""

QUESTIONS = {slug: assignment.questions for slug, assignment in ASSIGNMENTS.items()}

BY_NAME = {question.name: question for group in QUESTIONS.values() for question in group}
