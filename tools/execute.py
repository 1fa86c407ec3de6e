"""Execute the notebooks that changed, one per core, into the cache from which the book is built.

The cache knows a notebook by its code cells. What else decides its outputs (the course's own code,
the installed packages, the data set) stands in a stamp beside it: a new stamp empties the cache.
"""

import hashlib
import logging
import os
import shutil
import sys
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from nbformat import NO_CONVERT, read

from tools.notebooks import ROOT, paths

CACHE = ROOT / "_build" / ".jupyter_cache"


def stamp():
    """One digest of everything outside the notebooks that their outputs depend on."""
    digest = hashlib.sha256(os.environ.get("MINI_CIFAR", "").encode() + sys.version.encode())
    for path in [ROOT / "requirements.lock", *sorted((ROOT / "local").rglob("*.*"))]:
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def open_cache():
    """The cache, emptied where its stamp is not today's."""
    note = CACHE / "stamp"
    if not note.exists() or note.read_text() != stamp():
        shutil.rmtree(CACHE, ignore_errors=True)
    cache = get_cache(CACHE)
    note.write_text(stamp())
    return cache


def is_cached(cache, path):
    try:
        cache.match_cache_notebook(read(path, NO_CONVERT))
    except KeyError:
        return False
    return True


def main():
    cache = open_cache()
    waiting = [path for path in paths() if not is_cached(cache, path)]
    if not waiting:
        return
    print(f"Executing {len(waiting)} of {len(paths())} notebooks, one per core", flush=True)
    records = [cache.add_nb_to_project(str(path)) for path in waiting]
    log = logging.getLogger("execute")
    log.setLevel(logging.INFO)  # a line where a notebook begins and where it ends
    executor = load_executor("local-parallel", cache, logger=log)
    result = executor.run_and_cache(filter_pks=[record.pk for record in records], timeout=300)
    failed = [Path(uri) for uri in (*result.excepted, *result.errored)]
    for path in failed:
        print(f"\n{path.name} did not run:\n{cache.get_project_record(str(path)).traceback}")
    if failed:
        sys.exit(f"The book stops here: {', '.join(path.name for path in failed)}.")


if __name__ == "__main__":
    main()
