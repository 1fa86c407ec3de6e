"""P7: submissions marked in a minute, against `nbgrader autograde` on the same notebooks.

The submissions are right solutions of the first assignment (NumPy alone) and of the second (a Keras
layer). A further row is for a mix as a course gets it, where some of the notebooks are read twice:
of ten, seven are right, one has a slip, one is not filled in and one is right in the whole notebook
only. Ours runs on all cores, and its time includes the start of its sandboxes; the peer runs on one
core, as it always does. The last rows compare ours on one core with ours on all. The peer runs in
this process, so its start is not counted, and marks only a few of the notebooks, which are all
alike.
"""

import json
import logging
import os
import tempfile
from pathlib import Path

import nbformat
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from benchmarks.sweeps import multiplied
from benchmarks.table import Row
from benchmarks.timing import interleaved
from grading import batch
from grading.grader import ASSIGNMENTS, Settings
from grading.records.gradebook import Gradebook
from grading.records.nbgraderbook import own_programs
from grading.release import release
from tests import honest
from tests.submissions import cell_of, solved
from tools import launch
from tools.files import ROOT
from tools.repository import Repository

ROWS = {"forward-and-backward": ("NumPy", 400, 100), "layer": ("Keras", 120, 15)}
"""By slug: what it needs, how many submissions ours marks, and the bound of the ratio."""
TIMED = 2
"""Notebooks that the peer marks."""


def hand_in(slug, folder, count):
    """Write `count` right solutions, stamped as in a release, to where nbgrader collects them."""
    notebook = nbformat.read(ASSIGNMENTS / f"{slug}.ipynb", as_version=4)
    launch.put_setup(
        notebook, launch.stamped(launch.SETUP, Repository("owner", "course", "0" * 40))
    )
    for number in range(count):
        place = folder / f"student-{number:04}" / slug
        place.mkdir(parents=True)
        nbformat.write(notebook, place / f"{slug}.ipynb")


def hand_in_mix(slug, folder, count):
    """Write `count` submissions of which seven in ten are right; see above for the others."""
    name = honest.NAMES[slug]
    right = "".join(cell_of(solved(slug), name)["source"])
    others = {
        7: right.replace(" / ", " * "),
        8: f"def {name}(*args):\n    raise NotImplementedError",
        9: f"display(1)\n{right}\ndisplay(1)\n{name} = next(iter([{name}]))",
    }
    for number in range(count):
        notebook = solved(slug)
        cell_of(notebook, name)["source"] = others.get(number % 10, right)
        place = folder / f"student-{number:04}" / slug
        place.mkdir(parents=True)
        (place / f"{slug}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def autograde(slug, course):
    """Have nbgrader mark all that was handed in for `slug`."""
    config = Config()
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.assignment_id = slug
    config.Autograde.force = True
    config.Autograde.log_level = logging.ERROR
    config.ExecutePreprocessor.timeout = 600  # on a busy machine TensorFlow imports slowly
    with own_programs():
        Autograde(coursedir=CourseDirectory(config=config), config=config).start()


def measure():
    """The rows of P7."""
    mode = batch.choose()
    # Below the course's folder, where the checks in the peer's notebooks find the course.
    (ROOT / "_build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "_build") as scratch:
        for slug, (kind, count, bound) in ROWS.items():
            folder, course = Path(scratch, kind, "ours"), Path(scratch, kind, "peer")
            hand_in(slug, folder, count)
            release(slug, ASSIGNMENTS / f"{slug}.ipynb", course)
            hand_in(slug, course / "submitted", TIMED)

            mix = Path(scratch, kind, "mix")
            hand_in_mix(slug, mix, count)

            def ours(cores=None, folder=folder):
                book = Gradebook(tempfile.mkdtemp(dir=scratch))
                batch.Batch(folder, book, Settings(mode, seed=1)).run(cores=cores)

            def peer(slug=slug, course=course):
                autograde(slug, course)

            whole = multiplied(interleaved(ours, peer), count / TIMED)
            yield Row(f"P7 {count} submissions, {kind}: nbgrader autograde", whole, ">=", bound)
            yield Row(f"P7 submissions a minute, {kind}", 60 * count / whole.ours.median)
            mixed = interleaved(ours, lambda mix=mix: ours(folder=mix))
            yield Row(f"P7 submissions a minute, {kind}, a mix", 60 * count / mixed.peer.median)
            one = interleaved(ours, lambda: ours(cores=1))
            yield Row(f"P7 on all {os.cpu_count()} cores: on one, {kind}", one)
            yield Row(f"P7 submissions a minute on one, {kind}", 60 * count / one.peer.median)
