"""Small batches of submissions for the tests of grading, and the sandbox that they run in."""

import functools
import sys

import pytest

from grading import batch
from grading.grader import Settings
from grading.records.gradebook import Gradebook
from grading.sandbox import modes
from tests import submissions

LIMITS = modes.Limits(seconds=2, idle=3, memory=1 << 30)
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the sandboxes")


@functools.cache
def mode():
    """The mode of the sandbox on this machine."""
    return batch.choose()


def settings(seed=7):
    return Settings(mode(), seed, LIMITS)


def some(tmp_path, names):
    """A folder with these entries of the corpus, and an empty gradebook."""
    folder = tmp_path / "handed-in"
    submissions.write(folder, names)
    return folder, Gradebook(tmp_path / "gradebook")


def few(tmp_path):
    return some(tmp_path, ["right", "divides by N - 1", "deleted cell", "broken JSON"])


def run(folder, book, **options):
    """Grade the folder into the gradebook."""
    batch.Batch(folder, book, settings()).run(cores=1, **options)
