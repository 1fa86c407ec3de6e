"""Execute the course's notebooks in place and write them as they are committed.

Text outputs are committed, because nbval compares them. Pictures, live figures, standard error and
whatever differs from run to run are removed.

Usage: python -m tools.notebooks [--strip] [NOTEBOOK ...]; --strip removes without executing.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools import assignments, faults, files
from tools.files import ROOT

SETUP = (ROOT / "tools" / "setup_cell.py").read_text().strip()
SETUP_TAGS = ["setup", "remove-input"]
CELL_METADATA = ("tags", "mystnb", "nbgrader")
"""The metadata of a cell that is committed."""

WIDGET = "application/vnd.jupyter.widget-view+json"
"""Only the output of a live figure has data of this type."""

DATA = "textures"
"""MINI_CIFAR for the committed outputs: the embedded photographs, which every machine has."""


def paths():
    """The course's notebooks: the chapters in the order of the book, then the assignments."""
    content = ROOT / "content"
    return [*sorted(content.glob("*.ipynb")), *sorted(content.glob("assignments/*.ipynb"))]


def is_setup(cell):
    return cell.cell_type == "code" and "setup" in cell.metadata.get("tags", [])


def put_setup(notebook, source=SETUP):
    """Give every setup cell of `notebook` the same `source` and tags."""
    for cell in filter(is_setup, notebook.cells):
        cell.source, cell.metadata.tags = source, SETUP_TAGS


def execute(notebook, folder):
    """Run `notebook` from top to bottom in `folder`, as a reader would with "Run all"."""
    NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    ).execute()


def without_pictures(output):
    """`output` as it is committed, or None where nothing of it is."""
    if output.output_type == "stream":
        return None if output.name == "stderr" else output
    if "data" in output:
        data = {k: v for k, v in output.data.items() if not k.startswith("image/")}
        if WIDGET in data:  # its other types hold a picture and a name that is new in every run
            data = {"text/plain": data["text/plain"]}
        output.data = data
        output.metadata = {}
        return output if output.data else None
    return output


def normalize(notebook):
    """Leave in `notebook` only what is committed."""
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in CELL_METADATA}
        if cell.cell_type == "code":
            cell.outputs = list(filter(None, map(without_pictures, cell.outputs)))
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "myst": notebook.metadata.get("myst", {}),
    }


def write(notebook, path):
    files.write(path, nbformat.writes(notebook) + "\n")


def refresh(path, strip=False):
    """Execute the notebook at `path`, unless told to `strip` it only, and write it as committed."""
    notebook = nbformat.read(path, as_version=4)
    put_setup(notebook)
    if assignment := assignments.of(notebook):
        assignments.stamp(notebook, assignment)
    if not strip:
        execute(notebook, path.parent)
    normalize(notebook)
    write(notebook, path)


def main(names):
    os.environ.setdefault("MINI_CIFAR", DATA)
    strip = "--strip" in names
    names = [name for name in names if name != "--strip"]
    for path in map(Path, names) if names else paths():
        print(path, flush=True)
        try:
            refresh(path, strip)
        except CellExecutionError as error:
            sys.exit(f"{path}: {error}")


if __name__ == "__main__":
    with faults.in_one_line():
        main(sys.argv[1:])
