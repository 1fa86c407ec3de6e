"""The executed notebooks, from which the book is built, as jupyter-cache keeps them."""

import sys
from contextlib import contextmanager

import nbformat
from jupyter_cache import get_cache

from tools.notebooks import CACHE, paths


@contextmanager
def opened(path):
    """The cache at `path`, made if it is not there; its database is closed at the end."""
    cache = get_cache(path)
    try:
        yield cache
    finally:
        cache.db.dispose()


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
