"""Whether the executed notebooks in the cache have the outputs that they would have today.

The cache knows a notebook by its code cells. Everything else that decides its outputs (the course's
own code, the installed packages, the data set) is summed up in a stamp beside the cache, which is
emptied where the stamp has changed.
"""

import hashlib
import shutil
import sys

from filelock import FileLock

from local import data
from tools import cache
from tools.files import ROOT, write


def stamp():
    """Digests of everything outside the notebooks on which their outputs depend: code, then data.

    It loads the data set, so that a missing one is fetched once, before many notebooks ask for it.
    """
    arrays, code = hashlib.sha256(), hashlib.sha256(sys.version.encode())
    for array in data.load_mini_cifar():
        arrays.update(array.tobytes())
    for path in [ROOT / "requirements.lock", *sorted((ROOT / "local").rglob("*.*"))]:
        if path.is_file() and path.suffix != ".pyc":
            code.update(path.name.encode() + path.read_bytes())
    return f"{code.hexdigest()} {arrays.hexdigest()}"


def of_data(text):
    """The part of a stamp that sums up the data set."""
    return text.rpartition(" ")[2]


def empty_if_stale(today):
    """Empty the cache where its stamp differs from today's, and drop the pages made from it."""
    stored = cache.CACHE / "stamp"
    if not stored.exists() or stored.read_text() != today:
        shutil.rmtree(cache.CACHE, ignore_errors=True)
        # Sphinx decides by the notebooks, not by the cache, which pages it must read again.
        shutil.rmtree(cache.CACHE.with_name(".doctrees"), ignore_errors=True)
        cache.CACHE.mkdir(parents=True)
        write(stored, today)


def store_tested(notebook, path, seconds):
    """Store a notebook that a test has executed, if the book would get the same outputs.

    Where the book is made from other data than the tests (from mini CIFAR itself), nothing is
    stored.
    """
    cache.CACHE.parent.mkdir(exist_ok=True)
    today = stamp()
    with FileLock(cache.CACHE.parent / "tested.lock"):
        stored = cache.CACHE / "stamp"
        if stored.exists() and of_data(stored.read_text()) != of_data(today):
            return
        empty_if_stale(today)
        cache.store(notebook, path, seconds)
