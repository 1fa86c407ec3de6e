"""Grades many submissions, on all cores of this machine or on a Dask cluster; can be resumed."""

import contextlib
import importlib
import multiprocessing
from concurrent import futures
from pathlib import Path
from types import SimpleNamespace

from tqdm import tqdm

from grading import marks, worker
from grading.records.gradebook import UNKNOWN, Record
from grading.sandbox import forkserver, modes
from grading.submissions import beside, intake
from local.ensembles.cluster import import_dask

NO_QUESTION = SimpleNamespace(name="", title="", points=0)
"""The question of a mark whose assignment is unknown."""


@contextlib.contextmanager
def workers(cores=None, scheduler=None):
    """(an executor, how many submissions to submit at a time): processes here, or Dask's.

    Raises DaskMissingError where a scheduler is named and Dask is not installed.
    """
    if scheduler:
        _, distributed = import_dask()
        with distributed.Client(scheduler) as client, client.get_executor(pure=False) as executor:
            yield executor, 4 * sum(client.nthreads().values())
    else:
        cores = cores or len(worker.cores())
        spawn = multiprocessing.get_context("spawn")
        start = {"initializer": worker.start, "initargs": (cores, spawn.Value("i"))}
        with futures.ProcessPoolExecutor(cores, spawn, **start) as executor:
            yield executor, 4 * cores


def choose(scheduler=None):
    """The mode of the sandbox, here or on the cluster: see `forkserver.choose`."""
    if not scheduler:
        return forkserver.choose()
    with workers(scheduler=scheduler) as (executor, _):
        return executor.submit(forkserver.choose).result()


class Batch:
    """The grading of all submissions in a folder into a Gradebook, with a grader's Settings.

    A submission that was graded before is left as it is if its bytes, the questions and the limits
    are the same; one that was "not graded yet" is tried again.
    """

    def __init__(self, folder, book, settings):
        self.book, self.settings = book, settings
        self.catalogue = importlib.import_module(settings.questions).QUESTIONS
        self.course = worker.fingerprint(settings)
        self.waiting = dict.fromkeys(intake.find(folder, tuple(self.catalogue)))
        self.owned = beside.owned(self.waiting, Path(folder))
        self.files = {}
        """The file of each student and assignment that has been stored in this run."""

    def run(self, cores=None, scheduler=None):
        """Grade what is waiting, and store each Record as soon as it is there.

        Raises modes.SandboxError if a worker's sandbox does not hold, and worker.OutdatedError.
        """
        suspected = False  # True after a worker was killed: one of the next submissions does it
        total = len(self.waiting)
        with tqdm(desc="graded", total=total, leave=False, disable=None) as bar:
            while self.waiting:
                try:
                    with workers(cores, scheduler) as (executor, width):
                        if suspected:  # grade them one at a time, to find out which one
                            self._submit(executor, 1, bar, [*self.waiting][:width])
                            suspected = False
                        self._submit(executor, width, bar, [*self.waiting])
                except futures.BrokenExecutor as error:
                    if suspected:  # it is the first that waits, since it was alone
                        first = next(iter(self.waiting))
                        why = f"a worker was killed: {error}"
                        self._store(first, first.assignment, problem=why, state=marks.LATER)
                        self._finish(first, bar)
                    suspected = not suspected

    def _submit(self, executor, width, bar, submissions):
        """Have the submissions graded, `width` at a time."""
        rest, running = iter(submissions), {}
        while True:
            for submission in rest:
                job = self._job(submission)
                if job:
                    *handed_in, key = job
                    arguments = self.settings, self.course, submission.assignment, *handed_in
                    running[executor.submit(worker.mark, *arguments)] = submission, key
                    if len(running) >= width:
                        break
                else:
                    self._finish(submission, bar)
            if not running:
                return
            done, _ = futures.wait(running, return_when=futures.FIRST_COMPLETED)
            for future in done:
                submission, key = running.pop(future)
                self._collect(submission, key, future)
                self._finish(submission, bar)

    def _finish(self, submission, bar):
        del self.waiting[submission]
        bar.update()

    def _job(self, submission):
        """What to grade and its key, or None if there is nothing to grade.

        It is the notebook's bytes and, if there are any, the files beside it.
        """
        if submission.problem:
            self._store(submission, submission.assignment, problem=submission.problem)
            return None
        try:
            data = intake.read(submission.path)
        except intake.UnreadableError as error:
            self._store(submission, submission.assignment, problem=str(error))
            return None
        alone = submission.path.parent not in self.owned
        files = () if alone else beside.files(submission.path)
        whole = data + repr(files).encode() if files else data
        key = self.book.key(whole, self.settings, self.course)
        student, slug = submission.student, submission.assignment
        slugs = [slug] if slug else [*self.catalogue, UNKNOWN]
        for earlier in filter(None, (self.book.load(student, each) for each in slugs)):
            if earlier.key == key and earlier.state != marks.LATER:
                self.files[student, earlier.assignment] = intake.text(submission.path.name)
                return None
        return (data, files, key) if files else (data, key)

    def _collect(self, submission, key, future):
        """Store what a worker returned or raised."""
        try:
            slug, given, problem = future.result()
        except (modes.SandboxError, worker.OutdatedError, futures.BrokenExecutor):
            raise
        except Exception as error:  # the grader's fault or the machine's, never the student's
            why = f"the grader failed: {error!r}"
            self._store(submission, submission.assignment, problem=why, state=marks.LATER)
        else:
            self._store(submission, slug, key, given, problem)

    def _store(self, submission, slug, key="", given=None, problem="", state=marks.REVIEW):
        """Store the marks `given` to a submission, or marks without points if there is a problem.

        Two files of a student for one assignment are a problem, too.
        """
        student, path = submission.student, submission.path
        name = intake.text(path.name) if path else ""
        other = self.files.setdefault((student, slug), name)
        if other != name:
            given, key = None, ""
            problem = f"which of these notebooks counts? {', '.join(sorted((other, name)))}"
        if given is None:
            why = marks.sentence(problem)
            questions = self.catalogue.get(slug) or (NO_QUESTION,)
            given = [marks.ungraded(each, state, why).asdict() for each in questions]
        self.book.store(Record(student, slug or UNKNOWN, name, key, submission.note, given))
        if slug and not submission.assignment:  # an earlier run may not have recognized it
            self.book.drop(student, UNKNOWN, name)
