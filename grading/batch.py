"""Grades many submissions, on all cores of this machine or on a Dask cluster; can be resumed."""

import contextlib
import importlib
import multiprocessing
from concurrent import futures
from dataclasses import replace
from types import SimpleNamespace

from tqdm import tqdm

from grading import marks, worker
from grading.records import roster
from grading.records.record import UNKNOWN, Record
from grading.sandbox import forkserver, modes
from grading.submissions import beside, intake, notebook, origin
from grading.submissions.handed import UnreadableError
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
        person = roster.read(book.folder).of_owner
        found, self.aside = intake.find(folder, tuple(self.catalogue), self._recognized, person)
        self.found, self.waiting = found, dict.fromkeys(found)
        self.beside = beside.grouped(self.aside)

    def _recognized(self, data):
        return notebook.recognized(notebook.code_cells(data), self.catalogue)

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
        self._forget_the_unknown()

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
            data = submission.file.read()
        except UnreadableError as error:
            self._store(submission, submission.assignment, problem=str(error))
            return None
        place = submission.student, submission.file.parts[:-1]
        files = beside.read(self.beside.get(place, ()))
        whole = data + repr(files).encode() if files else data
        key = self.book.key(whole, self.settings, self.course)
        earlier = self.book.load(submission.student, submission.assignment or UNKNOWN)
        if earlier and earlier.key == key and earlier.state != marks.LATER:
            now = replace(earlier, **self._described(submission))
            if now != earlier:
                self.book.store(now)
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
        """Store the marks `given` to a submission; without points, if there is a problem."""
        if given is None:
            why = marks.sentence(problem)
            questions = self.catalogue.get(slug) or (NO_QUESTION,)
            given = [marks.ungraded(each, state, why).asdict() for each in questions]
        described = self._described(submission)
        self.book.store(
            Record(submission.student, slug or UNKNOWN, key=key, marks=given, **described)
        )

    def _described(self, submission):
        """The fields of a Record that say what was handed in."""
        files = submission.about or (submission.file,) * (submission.file is not None)
        return {
            "file": "; ".join(file.name for file in files),
            "note": submission.note,
            "origin": origin.of(submission),
        }

    def _forget_the_unknown(self):
        """Delete the Records of unknown assignment whose files have been found to be of another."""
        unknown = {one.student for one in self.found if one.assignment is None}
        names = {file.name for one in self.found for file in (*one.about, one.file) if file}
        names |= {one.file.name for one in self.aside}
        for student in {one.student for one in self.found} - unknown:
            self.book.drop(student, UNKNOWN, names | {""})
