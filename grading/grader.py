"""A grader: the questions, their hidden cases, and the fork servers to run submissions on."""

import importlib
import inspect
import zlib
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from grading import intake
from grading.attempt import Paper, requested
from grading.sandbox import forkserver, modes
from grading.sandbox.session import Lost

ASSIGNMENTS = modes.COURSE / "content" / "assignments"
STARTS = 3
"""Times in a row that a kind of fork server may fail to start before it is given up."""
KERAS = ("keras", "tensorflow")


@dataclass(frozen=True)
class Settings:
    """All that a grader is made from; small enough to travel to another machine.

    mode: of `sandbox.MODES`.  seed: of the hidden cases.  questions, probes: names of the modules
    with QUESTIONS (see `local.exercises.questions`) and with their probes.
    """

    mode: str
    seed: int
    limits: modes.Limits = field(default_factory=modes.Limits)
    questions: str = "local.exercises.questions"
    probes: str = "local.exercises.probes"


class Grader:
    """Use it in a `with` block: its fork servers are started when first needed, and ended then."""

    def __init__(self, settings):
        self.settings = settings
        self.catalogue = importlib.import_module(settings.questions).QUESTIONS
        self.probes = importlib.import_module(settings.probes)
        self.servers, self.failures = {}, Counter()
        self.cases = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers.values():
            server.close()
        self.servers.clear()

    @cached_property
    def _probe_source(self):
        return inspect.getsource(self.probes)

    def grade(self, slug, data):
        """The marks of a notebook's bytes, one for each question, and the assignment's slug.

        slug: the assignment, or None to tell it by the notebook's functions. Raises
        intake.Unreadable for what is no notebook, or none of a known assignment, and
        modes.Refusal where the sandbox does not hold.
        """
        found = intake.cells(data)
        slug = slug or intake.recognised(found, self.catalogue)
        if slug is None:
            raise intake.Unreadable("of which assignment is it? It defines no function of one")
        paper = Paper(self, found, self._modules(slug, found))
        with paper:
            return [paper.mark(question) for question in self.catalogue[slug]], slug

    def _modules(self, slug, found):
        """What a fork server should have imported for these cells and the assignment's probes."""
        needed = {name for question in self.catalogue[slug] for name in question.needs}
        keras = any(name in needed or name in cell.source for cell in found for name in KERAS)
        return ("numpy", "tensorflow", "keras") if keras else ("numpy",)

    def server(self, modules):
        """The fork server with these modules. Raises Lost, without another try after STARTS."""
        if self.failures[modules] == STARTS:
            raise Lost("its fork server did not start, several times; see the other reasons")
        if modules not in self.servers:
            self.failures[modules] += 1
            told = (self.settings.mode, modules, self._probe_source, self.settings.limits)
            given = intake.given(ASSIGNMENTS, self.catalogue)
            self.servers[modules] = forkserver.ForkServer(*told, given)
            self.failures[modules] = 0
        return self.servers[modules]

    def discard(self, modules):
        """End this fork server, if it is there; the next submission gets a new one."""
        server = self.servers.pop(modules, None)
        if server:
            server.close()

    def hidden(self, question):
        """The hidden cases of a question, each with its request: the same for all submissions."""
        if question.name not in self.cases:
            seed = [self.settings.seed, zlib.crc32(question.name.encode())]
            self.cases[question.name] = requested(question, np.random.default_rng(seed))
        return self.cases[question.name]
