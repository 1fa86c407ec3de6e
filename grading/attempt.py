"""A submission's process, question by question: inputs go into it, arrays come out.

The judge runs outside. Neither right answers nor hidden cases enter the submission's process, but
for the inputs of the case that it computes. The exceptions that a student is shown come from a
process that has seen public cases only, so that their text cannot carry a hidden case out.
"""

from dataclasses import dataclass, field

import numpy as np

from grading.cases import request
from grading.sandbox.inside import messages
from grading.sandbox.serverprocess import ServerError
from grading.sandbox.session import EndedError

MOST_ASKED = 100_000
"""Questions that a submission may ask the grader in one case."""


class GraderError(RuntimeError):
    """The grader itself failed, as by a judge that raised an exception."""


@dataclass
class Outcome:
    """What became of a question's cases.

    findings: of the judge, for all cases.  errors: the headers of the messages about exceptions.
    end: the exception with which the process ended, or None.  steady: whether the first case gave
    the same a second time: an answer should not depend on chance.
    """

    cases: int
    findings: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    end: Exception | None = None
    steady: bool = True

    @property
    def all_failed(self):
        """Whether every case raised an exception."""
        return len(self.errors) == self.cases

    def share(self):
        """Of the properties' weights, the share that holds, 0 to 1."""
        total = sum(finding.weight for finding in self.findings)
        return sum(one.weight for one in self.findings if one.passed) / total if total else 0.0


class Attempt:
    """A submission while it is marked, in a `with` block, and its process, if it has one now.

    servers: the ServerPool.  cells: of the notebook.  modules: what its process needs imported.
    files: (name, bytes) of what lies beside the notebook.  whole: whether its processes may run
    the whole notebook.
    """

    def __init__(self, servers, cells, modules, files=(), whole=False):
        self.servers, self.cells, self.modules = servers, cells, modules
        self.files, self.whole = files, whole
        self.session = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end_process()

    def process(self):
        """The Session of the process, which is started if there is none. Raises ServerError."""
        if self.session is None:
            self.session = self.servers.get(self.modules).session(self.whole)
            self.session.send_cells([cell.source for cell in self.cells], self.files)
        return self.session

    def end_process(self, clean=True):
        """End the process, and its server too if that failed (not `clean`) or if files are left."""
        if self.session is not None:
            self.session.close()
            clean &= self.session.clean
        if not clean:
            self.servers.discard(self.modules)
        self.session = None

    def outcome(self, question, cases, orders, apart=True):
        """The Outcome of a question's cases, after `orders`; see `answers`.

        apart: whether the parts of a case, where it has some, get a process each. Raises
        GraderError, and ServerError if the system killed the process.
        """
        outcome, first = Outcome(len(cases)), None
        answers = self.apart if question.split and apart else self.answers
        answers = answers(question, [*cases, cases[0]], orders)
        for case, _ in cases:
            outputs, error = {}, None
            if outcome.end is None:
                outputs, error, outcome.end = self._next(answers)
            first = outputs if first is None else first
            outcome.errors += [error] if error else []
            judged = _judged(question, case, outputs)
            outcome.findings += judged if outputs else [each.without_hint() for each in judged]
        if outcome.end is None and not outcome.errors:
            again, _, end = self._next(answers)
            outcome.steady = end is not None or _same(first, again)
        elif outcome.end is None:
            self._next(answers)
        return outcome

    def _next(self, answers):
        """The next of `answers` with None, or ({}, None, the exception) if the process has ended.

        A process that sends something unreadable is ended here.
        """
        try:
            return *next(answers), None
        except (EndedError, messages.MessageError) as end:
            self.end_process()
            return {}, None, end

    def apart(self, question, cases, orders):
        """As `answers`, with a process for each part of a case, which knows of no other part."""
        used = (0.0, 0.0, 0.0)
        for case, _ in cases:
            parts, errors = [], []
            for part in question.split(case):
                self.end_process()
                asked = [(part, request(question, part))]
                ((outputs, error),) = self.answers(question, asked, orders, used)
                used = self.session.used()
                parts.append(outputs)
                errors += [error] if error else []
            yield ({}, errors[0]) if len(errors) == len(parts) else (question.join(parts), None)

    def answers(self, question, cases, orders, used=(0.0, 0.0, 0.0)):
        """For each case (outputs, None), or ({}, the header of the message about an exception).

        cases: as `cases.requested` returns them.  orders: encoded messages that come first, as one
        to define the name; if it cannot be, the reply to every case says so.  used: see
        `Session.restart_clock`.
        """
        session = self.process()
        session.restart_clock(used)
        requests = [*orders, *(request for _, request in cases)]
        replies = session.ask_all(requests, together=question.answer is None)
        for _ in orders:
            next(replies)
        for (case, _), (header, arrays) in zip(cases, replies, strict=True):
            for _ in range(MOST_ASKED):
                if header["kind"] != "ask" or question.answer is None:
                    break
                answer = _answer(question, case, header, arrays)
                header, arrays = session.ask({"kind": "answer"}, answer)
            if header["kind"] not in ("outputs", "error"):
                raise messages.MessageError("It asks where it should answer.")
            if header["kind"] == "error" and not isinstance(header.get("kinds"), list):
                raise messages.MessageError("It tells of no exception.")
            yield (arrays, None) if header["kind"] == "outputs" else ({}, header)


def define(name, cells=()):
    """The order to define a name. cells: the numbers of the cells whose definition counts."""
    return messages.encode({"kind": "define", "name": name, "cells": list(cells)})


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


def sentence_of_end(end):
    """The sentence for a process that has ended. Raises ServerError if the system killed it."""
    if isinstance(end, messages.MessageError):
        return "What it sent back is no answer that can be read."
    if end.code == -9:  # not by the grader, for then there is no code
        raise ServerError("the system killed the process; was memory short?")
    return str(end)


def _same(outputs, again):
    """Whether two runs of a case gave the same outputs."""
    return again.keys() == outputs.keys() and all(
        array.shape == again[name].shape
        and (
            np.array_equal(array, again[name], equal_nan=True)
            or np.allclose(array, again[name], equal_nan=True)  # asked second, since it is slow
        )
        for name, array in outputs.items()
    )
