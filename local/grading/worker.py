"""What runs in a worker, here or on a cluster: one submission's bytes go in, its marks come out."""

import hashlib
import importlib
import inspect
import multiprocessing
import os
import sys
import threading

from local.grading import grader, sandbox, submissions

_own = threading.local()


def mark(settings, course, slug, data):
    """(slug, marks as dicts, problem): what a worker makes of the bytes of one notebook.

    It keeps its grader, and so the fork servers, from one call to the next. course: `fingerprint`
    where the gradebook is. Raises sandbox.Refusal where the worker has other questions.
    """
    if getattr(_own, "settings", None) != settings:
        _own.settings, _own.grader = settings, grader.Grader(settings)
        _own.course = fingerprint(settings)
    if _own.course != course:
        raise sandbox.Refusal(
            "A worker has other questions than this machine: update its clone, and start it anew."
        )
    try:
        given, slug = _own.grader.grade(slug, data)
    except submissions.Unreadable as error:
        return slug, None, str(error)
    return slug, [one.asdict() for one in given], ""


def end_with_parent():
    """In a worker: end when the parent is killed, which Python's pool does not see to."""

    def wait():
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def fingerprint(settings):
    """A word that changes when the questions, the probes, or what they are made with do."""
    questions, probes = map(importlib.import_module, (settings.questions, settings.probes))
    home = questions.__name__.rpartition(".")[0] or questions.__name__
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
