"""P8: after an edit of one notebook, `make book` takes that notebook's own time and ten seconds.

A copy of the course is built once, with the executed notebooks of the last `make book`. Then a line
of one chapter is changed, and the copy is built again.
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
from tools.cache import CACHE, opened
from tools.files import ROOT

CHAPTER = Path("content/02-normalizing-a-batch.ipynb")
LINKED = (".venv", "node_modules")


def copy_course(folder):
    """Copy the working tree and the executed notebooks into `folder`; link the environments."""
    for name in repository.files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(CACHE, folder / CACHE.relative_to(ROOT))


def build(folder):
    """Run `make book` in `folder`; returns the seconds that it took."""
    start = time.perf_counter()
    subprocess.run(["make", "book"], cwd=folder, capture_output=True, check=True)
    return time.perf_counter() - start


def measure():
    """The row of P8: the seconds beyond those of the notebook itself."""
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
