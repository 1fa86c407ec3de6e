"""A small course in a folder of its own: some files of this one, and notebooks made for a test."""

import shutil

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.files import ROOT

DATA = "import numpy\nload_mini_cifar = lambda: [numpy.zeros(3)]\n"
"""local/data.py with a data set that is loaded in no time."""


TOOLS = ("tools", "requirements.lock", "local/arrays.py", "local/equations.py", "local/exercises")
"""The tools, and what they import of the library."""

CLAIMS = ("local/arrays.py", "local/claims.py", "local/worlds.py", "local/papers.py")
"""What a claim is made with."""

DRAWN = ("local/plots.py", "local/ink.py", "local/panels.py")
"""What a page draws its figures with."""

PAGES = (*TOOLS, *CLAIMS, *DRAWN, "_ext", "package-lock.json")
"""What the pages of a book are made with."""


def copy(folder, *names):
    """Copy files and folders of the course, by their names, into `folder`; returns it."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__py*__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def write_module(folder, name, source):
    """Write a module of the small course's own `local`."""
    (folder / "local").mkdir(exist_ok=True)
    (folder / "local" / f"{name}.py").write_text(source)


def write_notebook(folder, name, source, *prose):
    """Write content/NAME.ipynb: cells of prose, then one cell of code."""
    write_cells(folder, name, [*prose, ("code", source)])


def write_cells(folder, name, cells):
    """Write content/NAME.ipynb. cells: prose as strings, code as ("code", source)."""
    (folder / "content").mkdir(exist_ok=True)
    made = [new_markdown_cell(c) if isinstance(c, str) else new_code_cell(c[1]) for c in cells]
    nbformat.write(new_notebook(cells=made), folder / "content" / f"{name}.ipynb")
