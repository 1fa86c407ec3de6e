"""P8: after an edit of one notebook, `make book` takes at most ten seconds beyond its own time.

It builds a copy of the course once, from the executed notebooks of `make book`, then changes a line
of one chapter and builds again.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from benchmarks.table import Row
from tools import repository
from tools.cache import opened
from tools.notebooks import CACHE, ROOT

CHAPTER = Path("content/02-normalizing-a-batch.ipynb")
LINKED = (".venv", "node_modules")


def copy_course(folder):
    """Copy the working tree and the executed notebooks; only link the environments."""
    for name in repository.files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(CACHE, folder / CACHE.relative_to(ROOT))


def build(folder):
    """Seconds that `make book` takes in `folder`."""
    start = time.perf_counter()
    subprocess.run(["make", "book"], cwd=folder, capture_output=True, check=True)
    return time.perf_counter() - start


def measure():
    """The row of P8: seconds beyond the notebook's own."""
    if not CACHE.exists():
        sys.exit("There is no book to build again: run `make book` first.")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        copy_course(folder)
        build(folder)
        notebook = nbformat.read(folder / CHAPTER, as_version=4)
        next(c for c in notebook.cells[2:] if c.cell_type == "code").source += "\n# edited"
        nbformat.write(notebook, folder / CHAPTER)
        took = build(folder)
        with opened(folder / CACHE.relative_to(ROOT)) as cache:
            own = cache.match_cache_notebook(notebook).data["execution_seconds"]
        return [Row("P8 edit one notebook: seconds beyond its own", took - own, "<=", 10)]
