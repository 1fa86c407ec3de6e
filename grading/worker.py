"""What runs in a worker, here or on a cluster: it gets a notebook's bytes and returns the marks."""

import contextlib
import hashlib
import importlib
import inspect
import multiprocessing
import os
import sys
import threading

from grading.grader import Grader
from grading.submissions.handed import UnreadableError

_own = threading.local()


class OutdatedError(RuntimeError):
    """The worker's questions are not those of the machine with the gradebook."""


def mark(settings, course, slug, data, files=()):
    """(slug, marks as dicts, problem) for the bytes of one notebook, and the files beside it.

    The worker uses the same grader, and so the same fork servers, in later calls. course: the
    `fingerprint` on the machine with the gradebook. Raises OutdatedError if it is another one here,
    and modes.SandboxError if the sandbox does not hold.
    """
    if getattr(_own, "settings", None) != settings:
        _own.settings, _own.grader = settings, Grader(settings)
        _own.course = fingerprint(settings)
    if _own.course != course:
        raise OutdatedError(
            "A worker has other questions than this machine: update its clone, and start it anew."
        )
    try:
        marks, slug = _own.grader.grade(slug, data, files)
    except UnreadableError as error:
        return slug, None, str(error)
    return slug, [mark.asdict() for mark in marks], ""


def cores():
    """The numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count()))


def start(workers, started):
    """Prepare a worker's process. workers: their number; started: a shared counter of them."""
    with started.get_lock():
        number = started.value
        started.value += 1
    if sys.platform == "linux":
        # A container may forbid both of these, and grading works without them.
        with contextlib.suppress(OSError):
            # A batch process is interrupted less often, and gives way to interactive ones.
            if os.sched_getscheduler(0) == os.SCHED_OTHER:
                os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        with contextlib.suppress(OSError):
            # Worker and submission never run at the same time, so sharing a core keeps caches warm.
            if workers == len(cores()):
                os.sched_setaffinity(0, {cores()[number]})
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    """End this process when its parent is killed; Python's pool leaves it running."""
    multiprocessing.parent_process().join()
    os._exit(1)


def fingerprint(settings):
    """A hash of the source of the questions, the probes, and all that they import of the course."""
    questions, probes = map(importlib.import_module, (settings.questions, settings.probes))
    package = questions.__name__.partition(".")[0]
    sources, waiting = {}, [questions, probes]
    while waiting:
        module = waiting.pop()
        if module.__name__ not in sources:
            sources[module.__name__] = inspect.getsource(module)
            names = {getattr(value, "__module__", None) for value in vars(module).values()}
            names |= {value.__name__ for value in vars(module).values() if inspect.ismodule(value)}
            waiting += [sys.modules[n] for n in names if f"{n}.".startswith(f"{package}.")]
    text = "".join(sources[name] for name in sorted(sources))
    return hashlib.sha256(text.encode()).hexdigest()
