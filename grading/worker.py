"""What runs in a worker, here or on a cluster: one submission's bytes go in, its marks come out."""

import contextlib
import hashlib
import importlib
import inspect
import multiprocessing
import os
import sys
import threading

from grading import grader, intake
from grading.sandbox import modes

_own = threading.local()


def mark(settings, course, slug, data):
    """(slug, marks as dicts, problem): what a worker makes of the bytes of one notebook.

    It keeps its grader, and so the fork servers, from one call to the next. course: `fingerprint`
    where the gradebook is. Raises modes.Refusal where the worker has other questions.
    """
    if getattr(_own, "settings", None) != settings:
        _own.settings, _own.grader = settings, grader.Grader(settings)
        _own.course = fingerprint(settings)
    if _own.course != course:
        raise modes.Refusal(
            "A worker has other questions than this machine: update its clone, and start it anew."
        )
    try:
        given, slug = _own.grader.grade(slug, data)
    except intake.Unreadable as error:
        return slug, None, str(error)
    return slug, [one.asdict() for one in given], ""


def cores():
    """The numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count()))


def begin(workers, begun):
    """Begin a worker: one of so many, of which `begun`, a shared number, have begun already."""
    with begun.get_lock():
        number = begun.value
        begun.value += 1
    if sys.platform == "linux":
        # A container may refuse both, and nothing hangs on them.
        with contextlib.suppress(OSError):
            # Who answers goes on until it must wait, and whoever works here besides goes first.
            if os.sched_getscheduler(0) == os.SCHED_OTHER:
                os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        with contextlib.suppress(OSError):
            # They take turns, so on one core worker and submission find each other's data.
            if workers == len(cores()):
                os.sched_setaffinity(0, {cores()[number]})
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    """End when the parent is killed, which Python's pool does not see to."""
    multiprocessing.parent_process().join()
    os._exit(1)


def fingerprint(settings):
    """A word that changes when the questions, the probes, or what they are made with do."""
    questions, probes = map(importlib.import_module, (settings.questions, settings.probes))
    home = questions.__name__.partition(".")[0]
    found, rest = {}, [questions, probes]
    while rest:
        module = rest.pop()
        if module.__name__ not in found:
            found[module.__name__] = inspect.getsource(module)
            names = {getattr(value, "__module__", None) for value in vars(module).values()}
            names |= {value.__name__ for value in vars(module).values() if inspect.ismodule(value)}
            rest += [sys.modules[name] for name in names if f"{name}.".startswith(f"{home}.")]
    text = "".join(found[name] for name in sorted(found))
    return hashlib.sha256(text.encode()).hexdigest()
