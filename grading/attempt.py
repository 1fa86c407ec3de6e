"""Marks one submission, question by question: inputs go in, arrays come out, the judge is out here.

Hidden cases and right answers never enter the submission's process, but for the inputs of the case
in hand. What a student is shown of an exception comes from a process that has seen public cases
only, so that an exception's text cannot carry a hidden case out.
"""

import re

import numpy as np

from grading import intake, marks
from grading.sandbox.inside import messages
from grading.sandbox.session import Lost, Stopped

PUBLIC_SEED = 2015
ASKS = 100_000
"""Questions that a submission may ask back in one case."""
REACHES = re.compile(
    r"BatchNormalization|GradientTape|__closure__|__globals__|cell_contents|_getframe|__code__"
)
"""What gets right numbers without an equation; whoever renames it is not found."""
TRIES = 2
"""Fork servers that are tried before a question is put off."""


class Fault(RuntimeError):
    """The grader's own fault, such as a judge that raised."""


class Paper:
    """A submission while it is marked, with the process that it runs in, if it has one now."""

    def __init__(self, grader, found, modules):
        self.grader, self.found, self.modules = grader, found, modules
        self.session = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()

    def leave(self, clean=True):
        """End the process, and the server too where it is lost or something was left behind."""
        if self.session is not None:
            self.session.close()
            clean &= self.session.clean
        if not clean:
            self.grader.discard(self.modules)
        self.session = None

    def mark(self, question):
        """The mark of a question; whatever goes wrong, there is one, and it says why."""
        places, odd = intake.homes(self.found, question.name)
        code = "\n".join(self.found[place].source for place in places)
        if reached := sorted({*REACHES.findall(code)}):
            odd = odd and marks.sentence(odd)
            odd = f"{odd} Its cell names {', '.join(reached)}, which it does not need.".strip()
        if not places:
            return marks.ungraded(question, marks.REVIEW, marks.sentence(odd))
        for _ in range(TRIES):
            try:
                return self._marked(question, places, odd)
            except Lost as error:
                lost = f"the sandbox failed: {error}"
                self.leave(clean=False)
            except Fault as error:
                self.leave()
                lost = str(error)
                break
        return marks.ungraded(question, marks.LATER, marks.sentence(f"not graded yet: {lost}"))

    def _marked(self, question, places, odd):
        cases = self.grader.hidden(question)
        replies = self._replies(question, places, [*cases, cases[0]])
        findings, errors, given, stopped = [], [], [], None
        for case, _ in cases:
            outputs, error = {}, None
            if stopped is None:
                outputs, error, stopped = self._next(replies)
            given.append(outputs)
            errors += [error] if error else []
            judged = self._judged(question, case, outputs)
            findings += judged if outputs else [finding.without_hint() for finding in judged]
        if stopped is not None:
            look = odd if isinstance(stopped, Stopped) else f"{odd} {stopped}".strip()
            return marks.graded(question, findings, self._ending(stopped), look)
        again, _, _ = self._next(replies)
        if errors:
            unfilled = sum("NotImplementedError" in error["kinds"] for error in errors)
            why = marks.UNFILLED
            if unfilled < len(cases):
                why = self._explained(question, places, errors[0])
                why = "It is not filled in for all inputs." if why == marks.UNFILLED else why
            return marks.graded(question, findings, why, odd)
        if not same(given[0], again):
            odd = f"{odd} It gives different results for the same input.".strip()
        return marks.graded(question, findings, look=odd)

    def _next(self, replies):
        """The outputs of the next case, or what the process told of an exception, or its end."""
        try:
            return *next(replies), None
        except (Stopped, messages.Malformed) as reason:
            self.leave()
            return {}, None, reason

    def _replies(self, question, places, cases):
        """For each case its outputs and None, or {} and what the process told of an exception.

        cases: as they are `requested`.
        """
        if self.session is None:
            self.session = self.grader.server(self.modules).session()
            self.session.tell([cell.source for cell in self.found])
        self.session.restart_clock()
        define = messages.encode({"kind": "define", "name": question.name, "homes": places})
        requests = [define, *(request for _, request in cases)]
        replies = self.session.ask_all(requests, together=question.answer is None)
        next(replies)  # if it cannot be defined, every case will say so
        for (case, _), (told, outputs) in zip(cases, replies, strict=True):
            for _ in range(ASKS):
                if told["kind"] != "ask" or question.answer is None:
                    break
                answer = self._answered(question, case, told, outputs)
                told, outputs = self.session.ask({"kind": "answer"}, answer)
            if told["kind"] not in ("outputs", "error"):
                raise messages.Malformed("It asks where it should answer.")
            if told["kind"] == "error" and not isinstance(told.get("kinds"), list):
                raise messages.Malformed("It tells of no exception.")
            yield (outputs, None) if told["kind"] == "outputs" else ({}, told)

    def _answered(self, question, case, told, arrays):
        try:
            return question.answer(case, str(told.get("name"))[:100], arrays)
        except Exception as error:
            raise Fault(f"the answer for {question.name} raised {error!r}") from error

    def _judged(self, question, case, outputs):
        try:
            with np.errstate(all="ignore"):
                return question.judge(case, outputs)
        except Exception as error:
            raise Fault(f"the judge of {question.name} raised {error!r}") from error

    def _explained(self, question, places, error):
        """Why it raised, from a fresh process that is given public cases alone."""
        self.leave()
        cases = requested(question, np.random.default_rng(PUBLIC_SEED))
        try:
            for _, told in self._replies(question, places, cases):
                if told:
                    return marks.of_error(told)
        except (Stopped, messages.Malformed) as reason:
            return self._ending(reason)
        finally:
            self.leave()
        return marks.of_error({"kinds": error["kinds"]})  # its line has seen the hidden case

    def _ending(self, reason):
        if isinstance(reason, messages.Malformed):
            return "What it sent back is no answer that can be read."
        if reason.code == -9:  # nobody here killed it
            raise Lost("the system killed the process; was memory short?")
        return marks.of_end(reason)


def requested(question, rng):
    """The cases of a question, each with the message that has it probed."""
    return [(case, _request(question, case)) for case in question.cases(rng)]


def _request(question, case):
    """The message that has a case probed, without what is for the judge alone."""
    seen = question.visible(case)
    arrays = {name: value for name, value in seen.items() if isinstance(value, np.ndarray)}
    values = {name: value for name, value in seen.items() if name not in arrays}
    values = {k: v.item() if isinstance(v, np.generic) else v for k, v in values.items()}
    return messages.encode({"kind": "probe", "probe": question.name, "values": values}, arrays)


def same(outputs, again):
    """Whether two runs of a case gave the same."""
    return again.keys() == outputs.keys() and all(
        array.shape == again[name].shape
        and (
            np.array_equal(array, again[name], equal_nan=True)
            or np.allclose(array, again[name], equal_nan=True)  # takes its time
        )
        for name, array in outputs.items()
    )
