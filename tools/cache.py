"""The executed notebooks, from which the book is built, as jupyter-cache stores them.

It knows a notebook by its code cells. tools.freshness sees to everything else that decides outputs.
"""

import sys
from contextlib import contextmanager

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

from tools.files import ROOT
from tools.notebooks import paths

CACHE = ROOT / "_build" / ".jupyter_cache"
"""Where Jupyter Book, as `_config.yml` tells it, looks for executed notebooks."""


@contextmanager
def opened(path):
    """The cache in the folder `path`, made if it is missing. Its database is closed at the end."""
    cache = get_cache(path)
    try:
        yield cache
    finally:
        cache.db.dispose()


def holds(cache, path):
    """Whether the cache has the outputs of the notebook at `path`."""
    try:
        cache.match_cache_notebook(nbformat.read(path, nbformat.NO_CONVERT))
    except KeyError:
        return False
    return True


def store(notebook, path, seconds):
    """Store an executed notebook, its file's path, and the seconds that its execution took."""
    bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": seconds})
    with opened(CACHE) as cache:
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def executed():
    """{path: the notebook with its outputs} for every notebook of the course, in its order."""
    notebooks = {}
    with opened(CACHE) as cache:
        for path in paths():
            try:
                _, notebook = cache.merge_match_into_notebook(nbformat.read(path, as_version=4))
            except KeyError:
                sys.exit(f"{path.name} was not executed: run `python -m tools.execute` first.")
            notebooks[path] = notebook
    return notebooks
