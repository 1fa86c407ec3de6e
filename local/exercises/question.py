"""What a question and an assignment are. Nothing here runs a reader's code."""

from collections.abc import Callable
from dataclasses import dataclass

WITH_KERAS = ("numpy", "tensorflow", "keras")
"""What a probe of a Keras layer or model needs."""


@dataclass(frozen=True)
class Question:
    """A function or class that the reader writes, and everything needed to judge it.

    name     of the function or class; the cell with the solution, the cell that checks it
             (`check-NAME`), the checker (`checks.check_NAME`) and, if it has one of its own, the
             probe (`probes.NAME`) are found by it
    title    what it is called in the feedback
    parts    the points of each part, in the order of the table in the notebook; mostly one
    outputs  names of what comes back from the probe; without a probe of its own, the function is
             called with the case's entries, and returns these
    cases    cases(rng) -> list of dicts; entries whose name starts with `_` are for `judge` and
             `answer` and never reach the reader's code; "about" says in words what the case is
    judge    judge(case, outputs) -> list of `judging.Finding`, the same properties and weights for
             any outputs, also for {}; it never raises
    answer   answer(case, name, arrays) -> dict of arrays: what `ask` returns to the probe; None
             where nothing is asked
    needs    the packages that its probe imports
    split    split(case) -> list of cases, its parts: in marking each has a process of its own, that
             the reader's code cannot compare them with each other; None where there is no harm
    join     join(outputs of all parts) -> outputs of the case; {} is a part that raised
    """

    name: str
    title: str
    parts: tuple
    outputs: tuple
    cases: Callable
    judge: Callable
    answer: Callable | None = None
    needs: tuple = ("numpy",)
    split: Callable | None = None
    join: Callable | None = None

    @property
    def points(self):
        """Full marks."""
        return sum(self.parts)

    def visible(self, case):
        """What of a case may reach the reader's code, and how its results are called."""
        entries = {name: value for name, value in case.items() if not name.startswith("_")}
        return {**entries, "outputs": list(self.outputs)}


@dataclass(frozen=True)
class Assignment:
    """A notebook of questions, in the order of its tasks.

    number: its place in the book.  title: of the notebook.  about: what is asked, in a few words.
    minutes: that it takes.
    """

    number: int
    title: str
    about: str
    minutes: int
    questions: tuple

    @property
    def points(self):
        """The sum over all questions."""
        return sum(question.points for question in self.questions)
