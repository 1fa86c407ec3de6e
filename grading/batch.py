"""Many submissions: on all cores of this machine, or on a Dask cluster; interrupted and resumed."""

import contextlib
import importlib
import multiprocessing
from concurrent import futures

from tqdm import tqdm

from grading import intake, marks, worker
from grading.records.gradebook import NOWHERE, Record
from grading.sandbox import forkserver, modes
from local.ensembles.cluster import import_dask


@contextlib.contextmanager
def workers(cores=None, scheduler=None):
    """(an executor, how many submissions to hand out at a time): processes here, or Dask's.

    Raises DaskMissingError where a scheduler is named and Dask is not installed.
    """
    if scheduler:
        _, distributed = import_dask()
        with distributed.Client(scheduler) as client, client.get_executor(pure=False) as executor:
            yield executor, 4 * sum(client.nthreads().values())
    else:
        cores = cores or len(worker.cores())
        spawn = multiprocessing.get_context("spawn")
        told = {"initializer": worker.begin, "initargs": (cores, spawn.Value("i"))}
        with futures.ProcessPoolExecutor(cores, spawn, **told) as executor:
            yield executor, 4 * cores


def choose(scheduler=None):
    """The mode of the sandbox, here or there; raises modes.Refusal. See `forkserver.choose`."""
    if not scheduler:
        return forkserver.choose()
    with workers(scheduler=scheduler) as (executor, _):
        return executor.submit(forkserver.choose).result()


class Batch:
    """The grading of all submissions in a folder into a Gradebook, with a grader's Settings.

    What was graded before, with the same bytes, questions and limits, is left as it is; what was
    "not graded yet" is tried again.
    """

    def __init__(self, folder, book, settings):
        self.book, self.settings = book, settings
        self.catalogue = importlib.import_module(settings.questions).QUESTIONS
        self.course = worker.fingerprint(settings)
        self.waiting = dict.fromkeys(intake.find(folder, tuple(self.catalogue)))
        self.files = {}

    def run(self, cores=None, scheduler=None):
        """Grade what is waiting and keep each Record as soon as it is there.

        Raises modes.Refusal where a worker's sandbox does not hold.
        """
        narrow = False
        total = len(self.waiting)
        with tqdm(desc="graded", total=total, leave=False, disable=None) as bar:
            while self.waiting:
                try:
                    with workers(cores, scheduler) as (executor, width):
                        if narrow:  # those that were out when a worker was killed
                            self._hand_out(executor, 1, bar, [*self.waiting][:width])
                            narrow = False
                        self._hand_out(executor, width, bar, [*self.waiting])
                except futures.BrokenExecutor as error:
                    if narrow:  # one at a time, so it is known which one it was
                        one = next(iter(self.waiting))
                        why = f"a worker was killed: {error}"
                        self._keep(one, one.assignment, "", why, marks.LATER)
                        self._done(one, bar)
                    narrow = not narrow

    def _hand_out(self, executor, width, bar, those):
        rest, out = iter(those), {}
        while True:
            for one in rest:
                job = self._job(one)
                if job:
                    told = self.settings, self.course, one.assignment, job[0]
                    out[executor.submit(worker.mark, *told)] = one, job[1]
                    if len(out) >= width:
                        break
                else:
                    self._done(one, bar)
            if not out:
                return
            done, _ = futures.wait(out, return_when=futures.FIRST_COMPLETED)
            for future in done:
                one, key = out.pop(future)
                self._collect(one, key, future)
                self._done(one, bar)

    def _done(self, one, bar):
        del self.waiting[one]
        bar.update()

    def _job(self, one):
        """The bytes to grade and their key; None where nothing is left to do."""
        if one.problem:
            self._keep(one, one.assignment, "", one.problem)
            return None
        try:
            data = intake.read(one.path)
        except intake.Unreadable as error:
            self._keep(one, one.assignment, "", str(error))
            return None
        key = self.book.key(data, self.settings, self.course)
        places = [one.assignment] if one.assignment else [*self.catalogue, NOWHERE]
        for earlier in filter(None, (self.book.load(one.student, slug) for slug in places)):
            if earlier.key == key and earlier.state != marks.LATER:
                self.files[one.student, earlier.assignment] = intake.text(one.path.name)
                return None
        return data, key

    def _collect(self, one, key, future):
        try:
            slug, given, problem = future.result()
        except (modes.Refusal, futures.BrokenExecutor):
            raise
        except Exception as error:  # the grader's fault or the machine's, never the student's
            self._keep(one, one.assignment, "", f"the grader failed: {error!r}", marks.LATER)
        else:
            self._keep(one, slug, key, problem, given=given)

    def _keep(self, one, slug, key, problem, state=marks.REVIEW, given=None):
        name = intake.text(one.path.name) if one.path else ""
        other = self.files.setdefault((one.student, slug), name)
        if other != name:
            given, key = None, ""
            problem = f"which of these notebooks counts? {', '.join(sorted((other, name)))}"
        if given is None:
            why = marks.sentence(problem)
            questions = self.catalogue.get(slug) or (Nothing,)
            given = [marks.ungraded(each, state, why).asdict() for each in questions]
        self.book.store(Record(one.student, slug or NOWHERE, name, key, one.note, given))
        if slug and not one.assignment:  # which could not be told before, perhaps
            self.book.drop(one.student, NOWHERE, name)


class Nothing:
    """In place of a question where the assignment is unknown."""

    name, title, points = "", "", 0
