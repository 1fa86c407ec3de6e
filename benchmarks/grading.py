"""P7: submissions marked in a minute, against `nbgrader autograde` on the same notebooks.

Right solutions of the first assignment (NumPy alone) and of the second (a Keras layer). Both are
timed as they run by themselves: ours on all cores, with all that belongs to it, the start of its
sandboxes too; the peer on one, for it knows no other way. The last rows tell what one core does,
and what the others add. The peer is asked in this very process, without its own start, and for a
few of the notebooks only: they do not differ.
"""

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
from grading.grader import Settings
from grading.records.gradebook import Gradebook
from grading.records.nbgraderbook import own_programs
from grading.release import release
from tools import launch
from tools.repository import Repository

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "content" / "assignments"
ROWS = {"forward-and-backward": ("NumPy", 400, 100), "layer": ("Keras", 120, 15)}
"""Slug: what it needs, how many submissions ours gets, and the bound."""
TIMED = 2
"""Notebooks that the peer gets."""


def hand_in(slug, folder, count):
    """`count` right solutions, stamped as in a release, where nbgrader collects them."""
    notebook = nbformat.read(SOURCES / f"{slug}.ipynb", as_version=4)
    launch.put_setup(
        notebook, launch.stamped(launch.SETUP, Repository("owner", "course", "0" * 40))
    )
    for number in range(count):
        place = folder / f"student-{number:04}" / slug
        place.mkdir(parents=True)
        nbformat.write(notebook, place / f"{slug}.ipynb")


def autograde(slug, course):
    """Let nbgrader mark all that was handed in for `slug`."""
    config = Config()
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.assignment_id = slug
    config.Autograde.force = True
    config.Autograde.log_level = logging.ERROR
    config.ExecutePreprocessor.timeout = 600  # a busy machine imports TensorFlow for long
    with own_programs():
        Autograde(coursedir=CourseDirectory(config=config), config=config).start()


def measure():
    """The rows of P7."""
    mode = batch.choose()
    # Within the course, so that the checks of the peer's notebooks find it.
    (ROOT / "_build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "_build") as scratch:
        for slug, (kind, count, bound) in ROWS.items():
            folder, course = Path(scratch, kind, "ours"), Path(scratch, kind, "peer")
            hand_in(slug, folder, count)
            release(slug, SOURCES / f"{slug}.ipynb", course)
            hand_in(slug, course / "submitted", TIMED)

            def ours(cores=None, folder=folder):
                book = Gradebook(tempfile.mkdtemp(dir=scratch))  # kept, as everybody keeps theirs
                batch.Batch(folder, book, Settings(mode, seed=1)).run(cores=cores)

            def peer(slug=slug, course=course):
                autograde(slug, course)

            whole = multiplied(interleaved(ours, peer), count / TIMED)
            yield Row(f"P7 {count} submissions, {kind}: nbgrader autograde", whole, ">=", bound)
            yield Row(f"P7 submissions a minute, {kind}", 60 * count / whole.ours.median)
            one = interleaved(ours, lambda: ours(cores=1))
            yield Row(f"P7 on all {os.cpu_count()} cores: on one, {kind}", one)
            yield Row(f"P7 submissions a minute on one, {kind}", 60 * count / one.peer.median)
