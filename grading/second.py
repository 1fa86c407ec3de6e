"""The second reading: the whole notebook is run, and each question is asked where it is checked.

The notebook's own check of a question, `checks.check_NAME(...)`, stops there: what it was given is
asked for the hidden cases, and the run goes on. At the end those questions are asked again, by
name, that have not got full marks. The best of it counts.
"""

from collections import Counter

import numpy as np

from grading.attempt import Attempt, define
from grading.cases import PUBLIC_SEED, requested
from grading.sandbox.inside import messages
from grading.sandbox.session import SLACK, EndedError, crowding
from local.exercises.checks import EARLIER_NAMES

MOST_CHECKS = 10
"""Checks of a question in a notebook at which it is asked."""
END = 0
"""The place after the last cell; the first check of a question is at the place 1."""


class Second:
    """The second reading of a submission, for some of its questions.

    process: the arguments of `attempt.Attempt`.  hidden: the HiddenCases.  questions: by name.
    shares: by name, what the first reading found of their properties, 0 to 1.
    """

    def __init__(self, process, hidden, questions, shares):
        self.process, self.hidden, self.questions, self.shares = process, hidden, questions, shares
        self.outcomes, self.places = {}, {}
        """The best Outcome of each question, if any place had it, and this place."""
        self.public = {}
        """The share of the properties that holds for public cases, 0 to 1."""
        self.left_out, self.interrupted, self.lacking = [], [], []
        """[(number of a cell, command)], numbers of cells, and [(number of a cell, package)], as
        the process tells; see `whole`."""

    def read(self):
        """Run the notebook, and again if asking a question has ended its process.

        Raises ServerError, GraderError.
        """
        waiting = dict(self.questions)
        while waiting:
            with Attempt(*self.process, whole=True) as attempt:
                ended_by = self._run(attempt, waiting)
            if ended_by is None:
                break
            del waiting[ended_by]
        for name, question in self.questions.items():
            if question.split and name in self.outcomes:
                self._confirm(question)

    def _run(self, attempt, waiting):
        """Run the notebook once; returns the name of the question that ended the process, if any.

        waiting: the questions to ask.
        """
        checked = Counter()
        try:
            header = start(attempt, waiting)
            while header["kind"] == "checked":
                used, name = attempt.session.used(), str(header.get("name"))
                checked[name] += 1
                if name in waiting and checked[name] <= MOST_CHECKS and self.share(name) < 1:
                    self._ask(attempt, name, checked[name])
                    if attempt.session is None:
                        return name
                if all(self.share(each) == 1 for each in waiting):
                    return None
                attempt.session.restart_clock(used)
                header, _ = attempt.session.ask({"kind": "go on"})
            self._note(header)
        except (EndedError, messages.MessageError):
            return None
        for name in waiting:
            if self.share(name) < 1:
                self._ask(attempt, name, END)
                if attempt.session is None:
                    return name
        return None

    def share(self, name):
        """What holds of the properties of a question, 0 to 1."""
        return self.outcomes[name].share() if name in self.outcomes else 0.0

    def _ask(self, attempt, name, place):
        """Ask a question here and now for the hidden cases, and without full marks the public."""
        question, orders = self.questions[name], [] if place else [define(name)]
        outcome = attempt.outcome(question, self.hidden.of(question), orders, apart=False)
        missing = any(error.get("missing") is True for error in outcome.errors)
        if not missing and (name not in self.outcomes or outcome.share() > self.share(name)):
            self.outcomes[name], self.places[name] = outcome, place
        unfilled = any("NotImplementedError" in error["kinds"] for error in outcome.errors)
        if outcome.end is None and not missing and not unfilled and outcome.share() < 1:
            cases = requested(question, np.random.default_rng(PUBLIC_SEED))
            public = attempt.outcome(question, cases, orders, apart=False).share()
            self.public[name] = max(public, self.public.get(name, 0.0))

    def _note(self, header):
        """Keep what the process tells of its run; it may tell anything."""
        for name, kept in (("left_out", self.left_out), ("lacking", self.lacking)):
            told = header.get(name)
            for one in told if isinstance(told, list) else ():
                if isinstance(one, list) and [*map(type, one)] == [int, str]:
                    kept.append(tuple(one))
        interrupted = header.get("interrupted")
        self.interrupted += interrupted if isinstance(interrupted, list) else []

    def _confirm(self, question):
        """Ask a question that has parts again, if that can give it more: a process for each."""
        name = question.name
        if self.share(name) > self.shares[name]:
            with Placed(self.process, question, self.places[name]) as attempt:
                orders = [] if self.places[name] else [define(name)]
                outcome = attempt.outcome(question, self.hidden.of(question), orders)
            self.outcomes[name] = outcome


class Placed(Attempt):
    """An Attempt whose processes have run the notebook up to a place of a question."""

    def __init__(self, process, question, place):
        super().__init__(*process, whole=True)
        self.question, self.place = question, place

    def process(self):
        """The Session of the process. Raises EndedError if it never comes to the place."""
        if self.session is None:
            header, at = start(self, [self.question.name]), 1
            while header["kind"] == "checked" and at != self.place:
                header, _ = self.session.ask({"kind": "go on"})
                at += 1
        return self.session


def start(attempt, names):
    """Have a process run the notebook; returns the header of its first message.

    names: of the questions at whose checks it stops.
    """
    session = Attempt.process(attempt)
    checkers = {f"check_{name}": name for name in names}
    checkers |= {checker: name for checker, name in EARLIER_NAMES.items() if name in names}
    limits = session.limits
    session.restart_clock()
    most = [limits.seconds, limits.idle, SLACK * limits.seconds * crowding()]
    header = {"kind": "run", "checks": checkers, "most": most, "cells": to_run(attempt)}
    return session.ask(header)[0]


def to_run(attempt):
    """How many cells of the notebook are run: what the release has after the last check is not."""
    common, cells = set(attempt.servers.common_cells), [cell.source for cell in attempt.cells]
    while cells and cells[-1] in common and "checks." not in cells[-1]:
        cells.pop()
    return len(cells)
