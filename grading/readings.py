"""The rule of two readings: no question gets less than its check showed without a person's look.

The first reading runs only what a function needs (see `sandbox.inside.sources`), so that nothing
else in the notebook costs points. Where that does not give full marks, the notebook is run from top
to bottom in a second process, and the better of the two counts.
"""

import dataclasses
import re

import numpy as np

from grading import doubts, marks
from grading.attempt import Attempt, GraderError, define, sentence_of_end
from grading.cases import PUBLIC_SEED, requested
from grading.sandbox.inside import messages
from grading.sandbox.serverprocess import ServerError
from grading.sandbox.session import EndedError
from grading.second import Second
from grading.submissions import notebook

SHORTCUTS = re.compile(
    r"BatchNormalization|GradientTape|__closure__|__globals__|cell_contents|_getframe|__code__"
)
"""Names that give right numbers without an equation. Whoever renames them is not found."""
TRIES = 2
"""Fork servers that are tried before a question is left for the next run."""


@dataclasses.dataclass
class Reading:
    """What the first reading found of a question: its mark, and the Outcome behind it, if any."""

    mark: marks.Mark
    cells: list
    outcome: object = None

    @property
    def share(self):
        """Of the properties, 0 to 1."""
        return self.outcome.share() if self.outcome else 0.0

    @property
    def asks_for_more(self):
        """Whether it was not given full marks."""
        return self.mark.state != marks.LATER and self.mark.points != self.mark.out_of


class Readings:
    """Marks the questions of one submission.

    servers, cells, modules, files: see `attempt.Attempt`.  hidden: the HiddenCases.
    """

    def __init__(self, servers, hidden, cells, modules, files=()):
        self.process = servers, cells, modules, files
        self.hidden, self.cells = hidden, cells
        self.helpers = "\n".join(data.decode("utf-8", "replace") for _, data in files)

    def marks(self, questions):
        """The mark of each question; whatever goes wrong, there is one, and it says why."""
        with Attempt(*self.process) as self.attempt:
            first = [self._first(question) for question in questions]
        pairs = [*zip(questions, first, strict=True)]
        again = {q.name: q for q, reading in pairs if reading.asks_for_more}
        if not again:
            return [reading.mark for reading in first]
        shares = {q.name: reading.share for q, reading in pairs}
        second = Second(self.process, self.hidden, again, shares)
        try:
            second.read()
        except (ServerError, GraderError) as error:
            why = marks.sentence(f"not graded yet: {error}")
            return [
                marks.ungraded(q, marks.LATER, why)
                if q.name in again and reading.mark.state == marks.GRADED
                else reading.mark
                for q, reading in pairs
            ]
        return [
            self._better(q, reading, second) if q.name in again else reading.mark
            for q, reading in pairs
        ]

    # --- The first reading -----------------------------------------------------------------------

    def _first(self, question):
        """The Reading of a question by what its function needs."""
        numbers, remark = notebook.defining_cells(self.cells, question.name)
        if not numbers:
            return Reading(marks.ungraded(question, marks.REVIEW, marks.sentence(remark)), [])
        source = "\n".join([*(self.cells[number].source for number in numbers), self.helpers])
        remark = _with_shortcuts(remark, source)
        shared = self.attempt.session is not None
        reading = self._tried(question, numbers, remark)
        if shared and reading.asks_for_more:
            self.attempt.end_process()  # an earlier question may have left something in it
            again = self._tried(question, numbers, remark)
            reading = max(reading, again, key=lambda one: one.mark.points or 0)
        return reading

    def _tried(self, question, numbers, remark):
        """The Reading, with another fork server where the first one failed."""
        for _ in range(TRIES):
            try:
                return self._graded(question, numbers, remark)
            except ServerError as error:
                why = f"the sandbox failed: {error}"
                self.attempt.end_process(clean=False)
            except GraderError as error:
                self.attempt.end_process()
                why = str(error)
                break
        why = marks.sentence(f"not graded yet: {why}")
        return Reading(marks.ungraded(question, marks.LATER, why), numbers)

    def _graded(self, question, numbers, remark):
        """The Reading by the hidden cases. numbers: of the cells that define the answer."""
        orders = [define(question.name, numbers)]
        outcome = self.attempt.outcome(question, self.hidden.of(question), orders)
        why = ""
        if outcome.end is not None:
            why = sentence_of_end(outcome.end)
            if not isinstance(outcome.end, EndedError):
                remark = f"{remark} {outcome.end}".strip()
        elif outcome.errors:
            why = _unfilled(outcome) or self._explanation(question, orders, outcome)
        elif not outcome.steady:
            remark = f"{remark} It gives different results for the same input.".strip()
        return Reading(marks.graded(question, outcome.findings, why, remark), numbers, outcome)

    def _explanation(self, question, orders, outcome):
        """The sentence for an exception, from a new process that receives public cases only."""
        self.attempt.end_process()
        cases = requested(question, np.random.default_rng(PUBLIC_SEED))
        why = ""
        try:
            for _, error in self.attempt.answers(question, cases, orders):
                if error:
                    why = marks.of_error(error)
                    break
        except (EndedError, messages.MessageError) as end:
            why = sentence_of_end(end)
        finally:
            self.attempt.end_process()
        why = why or _of_kinds(outcome)
        return "It is not filled in for all inputs." if why == marks.UNFILLED else why

    # --- The better of the two -------------------------------------------------------------------

    def _better(self, question, first, second):
        """The mark that counts. second: the Second reading."""
        mark, numbers = first.mark, first.cells
        outcome, better = second.outcomes.get(question.name), False
        if outcome is not None:
            whole = self._of_second(question, outcome)
            better = whole.points > (mark.points or 0)
            if better:
                told = "nothing" if mark.points is None else f"{mark.points:g}"
                look = f"by itself it gets {told}, in the whole notebook {whole.points:g} points; "
                look = marks.sentence(look + "the better counts")
                sources = [*(cell.source for cell in self.cells), self.helpers]
                look = _with_shortcuts(look, "\n".join(sources))
                mark = dataclasses.replace(whole, look=look)
        if mark.points == mark.out_of:
            return mark
        doubt = doubts.of(
            question, outcome if better else first.outcome, second, self.cells, numbers
        )
        if doubt:
            said = mark.why if mark.state == marks.REVIEW or not better else ""
            return marks.ungraded(question, marks.REVIEW, f"{said} {doubt}".strip())
        share = max(first.share, second.share(question.name))
        if second.public.get(question.name, 0.0) > share + 0.01:
            look = "In the notebook its check passes for more than the hidden cases give it."
            mark = dataclasses.replace(mark, look=f"{mark.look} {look}".strip())
        return mark

    def _of_second(self, question, outcome):
        """The mark of an Outcome of the second reading; its exceptions are told by kind alone."""
        why = ""
        if outcome.end is not None:
            why = sentence_of_end(outcome.end)
        elif outcome.errors:
            why = _unfilled(outcome) or _of_kinds(outcome)
        return marks.graded(question, outcome.findings, why)


def _with_shortcuts(remark, source):
    """The remark, and the names of shortcuts that the source holds."""
    names = sorted({*SHORTCUTS.findall(source)})
    if not names:
        return remark
    remark = remark and marks.sentence(remark)
    return f"{remark} Its cell names {', '.join(names)}, which it does not need.".strip()


def _unfilled(outcome):
    """The sentence for a function that is not filled in for any case, else ""."""
    unfilled = sum("NotImplementedError" in error["kinds"] for error in outcome.errors)
    return marks.UNFILLED if unfilled == outcome.cases else ""


def _of_kinds(outcome):
    """The sentence for the first exception without its text, which may hold a hidden case."""
    why = marks.of_error({"kinds": outcome.errors[0]["kinds"]})
    return "It is not filled in for all inputs." if why == marks.UNFILLED else why
