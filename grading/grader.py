"""A grader: it has the questions of a submission marked, with the fork servers that this needs."""

import importlib
import inspect
from dataclasses import dataclass, field

from grading.cases import HiddenCases
from grading.readings import Readings
from grading.sandbox import modes
from grading.sandbox.serverpool import ServerPool
from grading.submissions import notebook
from grading.submissions.handed import UnreadableError
from local.exercises.question import WITH_KERAS
from tools.files import ROOT

ASSIGNMENTS = ROOT / "content" / "assignments"
"""The folder of the notebooks with the solutions."""


@dataclass(frozen=True)
class Settings:
    """All that a grader is made from; small, since it is sent to workers on other machines.

    mode: one of `sandbox.modes.MODES`.  seed: of the hidden cases.  questions, probes: names of
    the modules with QUESTIONS (see `local.exercises.questions`) and with their probes.
    """

    mode: str
    seed: int
    limits: modes.Limits = field(default_factory=modes.Limits)
    questions: str = "local.exercises.questions"
    probes: str = "local.exercises.probes"


class Grader:
    """Grades submissions, in a `with` block, at the end of which its fork servers end."""

    def __init__(self, settings):
        self.settings = settings
        self.catalogue = importlib.import_module(settings.questions).QUESTIONS
        probes = inspect.getsource(importlib.import_module(settings.probes))
        common_cells = notebook.common_cells(ASSIGNMENTS, self.catalogue)
        self.servers = ServerPool(settings.mode, probes, settings.limits, common_cells)
        self.hidden = HiddenCases(settings.seed)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.servers.close()

    def grade(self, slug, data, files=()):
        """The marks of a notebook's bytes, one for each question, and the assignment's slug.

        slug: the assignment, or None to recognize it by the notebook's functions.  files: (name,
        bytes) of what was handed in beside the notebook. Raises
        UnreadableError if this is no notebook, or not of a known assignment, and
        modes.SandboxError if the sandbox does not hold.
        """
        cells = notebook.code_cells(data)
        slug = slug or notebook.recognized(cells, self.catalogue)
        if slug is None:
            raise UnreadableError("of which assignment is it? It defines no function of one")
        sources = [*(cell.source for cell in cells), *(str(text) for _, text in files)]
        modules = self._modules(slug, sources)
        readings = Readings(self.servers, self.hidden, cells, modules, files)
        return readings.marks(self.catalogue[slug]), slug

    def _modules(self, slug, sources):
        """The modules that a fork server should have imported for these sources."""
        needed = {name for question in self.catalogue[slug] for name in question.needs}
        if any(name in source for source in sources for name in ("keras", "tensorflow")):
            needed.update(WITH_KERAS)
        return tuple(sorted(needed))
