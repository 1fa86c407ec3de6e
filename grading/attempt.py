"""Marks a submission, question by question: inputs go into its process, arrays come out.

The judge runs outside. Neither right answers nor hidden cases enter the submission's process, but
for the inputs of the case that it computes. The exceptions that a student is shown come from a
process that has seen public cases only, so that their text cannot carry a hidden case out.
"""

import re

import numpy as np

from grading import marks
from grading.cases import requested
from grading.sandbox.inside import messages
from grading.sandbox.serverprocess import ServerError
from grading.sandbox.session import EndedError
from grading.submissions import notebook

PUBLIC_SEED = 2015
MOST_ASKED = 100_000
"""Questions that a submission may ask the grader in one case."""
SHORTCUTS = re.compile(
    r"BatchNormalization|GradientTape|__closure__|__globals__|cell_contents|_getframe|__code__"
)
"""Names that give right numbers without an equation. Whoever renames them is not found."""
TRIES = 2
"""Fork servers that are tried before a question is left for the next run."""


class GraderError(RuntimeError):
    """The grader itself failed, as by a judge that raised an exception."""


class Attempt:
    """A submission while it is marked, in a `with` block, and its process, if it has one now.

    servers: the ServerPool. hidden: the HiddenCases. cells: of the notebook. modules: what its
    process needs imported.
    """

    def __init__(self, servers, hidden, cells, modules):
        self.servers, self.hidden, self.cells, self.modules = servers, hidden, cells, modules
        self.session = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end_process()

    def _end_process(self, clean=True):
        """End the process, and its server too if that failed (not `clean`) or if files are left."""
        if self.session is not None:
            self.session.close()
            clean &= self.session.clean
        if not clean:
            self.servers.discard(self.modules)
        self.session = None

    def mark(self, question):
        """The mark of a question; whatever goes wrong, there is one, and it says why."""
        numbers, remark = notebook.defining_cells(self.cells, question.name)
        source = "\n".join(self.cells[number].source for number in numbers)
        if names := sorted({*SHORTCUTS.findall(source)}):
            remark = remark and marks.sentence(remark)
            remark = f"{remark} Its cell names {', '.join(names)}, which it does not need.".strip()
        if not numbers:
            return marks.ungraded(question, marks.REVIEW, marks.sentence(remark))
        for _ in range(TRIES):
            try:
                return self._graded(question, numbers, remark)
            except ServerError as error:
                why = f"the sandbox failed: {error}"
                self._end_process(clean=False)
            except GraderError as error:
                self._end_process()
                why = str(error)
                break
        return marks.ungraded(question, marks.LATER, marks.sentence(f"not graded yet: {why}"))

    def _graded(self, question, numbers, remark):
        """The mark for the hidden cases. numbers: of the cells that define the answer.

        The first case is run a second time at the end: an answer should not depend on chance.
        """
        cases = self.hidden.of(question)
        results = self._results(question, numbers, [*cases, cases[0]])
        findings, errors, given, end = [], [], [], None
        for case, _ in cases:
            outputs, error = {}, None
            if end is None:
                outputs, error, end = self._next(results)
            given.append(outputs)
            errors += [error] if error else []
            judged = _judged(question, case, outputs)
            findings += judged if outputs else [finding.without_hint() for finding in judged]
        if end is not None:
            look = remark if isinstance(end, EndedError) else f"{remark} {end}".strip()
            return marks.graded(question, findings, _sentence_of_end(end), look)
        again, _, _ = self._next(results)
        if errors:
            unfilled = sum("NotImplementedError" in error["kinds"] for error in errors)
            why = marks.UNFILLED
            if unfilled < len(cases):
                why = self._explanation(question, numbers, errors[0])
                why = "It is not filled in for all inputs." if why == marks.UNFILLED else why
            return marks.graded(question, findings, why, remark)
        if not same(given[0], again):
            remark = f"{remark} It gives different results for the same input.".strip()
        return marks.graded(question, findings, look=remark)

    def _next(self, results):
        """The next of `results` with None, or ({}, None, the exception) if the process has ended.

        A process that sends something unreadable is ended here.
        """
        try:
            return *next(results), None
        except (EndedError, messages.MessageError) as end:
            self._end_process()
            return {}, None, end

    def _results(self, question, numbers, cases):
        """For each case (outputs, None), or ({}, the header of the message about an exception).

        cases: as `requested` returns them.
        """
        if self.session is None:
            self.session = self.servers.get(self.modules).session()
            self.session.send_cells([cell.source for cell in self.cells])
        self.session.restart_clock()
        define = messages.encode({"kind": "define", "name": question.name, "cells": numbers})
        requests = [define, *(request for _, request in cases)]
        replies = self.session.ask_all(requests, together=question.answer is None)
        next(replies)  # if the name cannot be defined, the reply to every case says so
        for (case, _), (header, arrays) in zip(cases, replies, strict=True):
            for _ in range(MOST_ASKED):
                if header["kind"] != "ask" or question.answer is None:
                    break
                answer = _answer(question, case, header, arrays)
                header, arrays = self.session.ask({"kind": "answer"}, answer)
            if header["kind"] not in ("outputs", "error"):
                raise messages.MessageError("It asks where it should answer.")
            if header["kind"] == "error" and not isinstance(header.get("kinds"), list):
                raise messages.MessageError("It tells of no exception.")
            yield (arrays, None) if header["kind"] == "outputs" else ({}, header)

    def _explanation(self, question, numbers, error):
        """The sentence for an exception, from a new process that receives public cases only.

        error: what the process with the hidden cases sent.
        """
        self._end_process()
        cases = requested(question, np.random.default_rng(PUBLIC_SEED))
        try:
            for _, public_error in self._results(question, numbers, cases):
                if public_error:
                    return marks.of_error(public_error)
        except (EndedError, messages.MessageError) as end:
            return _sentence_of_end(end)
        finally:
            self._end_process()
        return marks.of_error({"kinds": error["kinds"]})  # its text may hold a hidden case


def _answer(question, case, header, arrays):
    """What the question answers to a submission that asks it. Raises GraderError."""
    try:
        return question.answer(case, str(header.get("name"))[:100], arrays)
    except Exception as error:
        raise GraderError(f"the answer for {question.name} raised {error!r}") from error


def _judged(question, case, outputs):
    """The findings of the question's judge. Raises GraderError."""
    try:
        with np.errstate(all="ignore"):
            return question.judge(case, outputs)
    except Exception as error:
        raise GraderError(f"the judge of {question.name} raised {error!r}") from error


def _sentence_of_end(end):
    """The sentence for a process that has ended. Raises ServerError if the system killed it."""
    if isinstance(end, messages.MessageError):
        return "What it sent back is no answer that can be read."
    if end.code == -9:  # not by the grader, for then there is no code
        raise ServerError("the system killed the process; was memory short?")
    return str(end)


def same(outputs, again):
    """Whether two runs of a case gave the same outputs."""
    return again.keys() == outputs.keys() and all(
        array.shape == again[name].shape
        and (
            np.array_equal(array, again[name], equal_nan=True)
            or np.allclose(array, again[name], equal_nan=True)  # asked second, since it is slow
        )
        for name, array in outputs.items()
    )
