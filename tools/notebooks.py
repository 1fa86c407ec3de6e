"""Execute the course's notebooks in place and keep them as they are committed.

Committed are text outputs, so that nbval has something to compare; pictures, live figures, standard
error and anything that differs from run to run are left out.

Usage: python -m tools.notebooks [--strip] [NOTEBOOK ...]; --strip leaves out without executing.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools import assignments, write_text

ROOT = Path(__file__).parent.parent
SETUP = (ROOT / "tools" / "setup_cell.py").read_text().strip()
SETUP_TAGS = ["setup", "remove-input"]
CACHE = ROOT / "_build" / ".jupyter_cache"
"""Where jupyter-cache keeps the executed notebooks; `_config.yml` builds the book from there."""

KEPT = ("tags", "mystnb", "nbgrader")
"""What of a cell's metadata is committed."""

WIDGET = "application/vnd.jupyter.widget-view+json"
"""Marks the output of a live figure."""

STANDS_IN = "textures"
"""What the stored outputs come from: the embedded photographs, which every machine has."""


def paths():
    """The course's notebooks: the chapters in the order of the book, then the assignments."""
    content = ROOT / "content"
    return [*sorted(content.glob("*.ipynb")), *sorted(content.glob("assignments/*.ipynb"))]


def is_setup(cell):
    return cell.cell_type == "code" and "setup" in cell.metadata.get("tags", [])


def put_setup(notebook, source=SETUP):
    """Give every setup cell the one official source."""
    for cell in filter(is_setup, notebook.cells):
        cell.source, cell.metadata.tags = source, SETUP_TAGS


def execute(notebook, folder):
    """Run `notebook` from top to bottom in `folder`, as a reader would with "Run all"."""
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()


def without_pictures(output):
    """`output` as it is committed, or None where nothing of it is."""
    if output.output_type == "stream":
        return None if output.name == "stderr" else output
    if "data" in output:
        live = WIDGET in output.data  # also brings a still, and another name with every run
        kept = {k: v for k, v in output.data.items() if not k.startswith("image/")}
        output.data = {"text/plain": kept["text/plain"]} if live else kept
        output.metadata = {}
        return output if output.data else None
    return output


def normalize(notebook):
    """Leave in `notebook` only what belongs into the repository."""
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in KEPT}
        if cell.cell_type == "code":
            cell.outputs = [kept for o in cell.outputs if (kept := without_pictures(o))]
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "myst": notebook.metadata.get("myst", {}),
    }


def write(notebook, path):
    write_text(path, nbformat.writes(notebook) + "\n")


def refresh(path, strip=False):
    """Execute the notebook at `path`, or only `strip` it, and store it as it is committed."""
    notebook = nbformat.read(path, as_version=4)
    put_setup(notebook)
    if assignment := assignments.of(notebook):
        assignments.stamp(notebook, assignment)
    if not strip:
        execute(notebook, path.parent)
    normalize(notebook)
    write(notebook, path)


def main(names):
    os.environ.setdefault("MINI_CIFAR", STANDS_IN)
    strip = "--strip" in names
    names = [name for name in names if name != "--strip"]
    for path in map(Path, names) if names else paths():
        print(path, flush=True)
        try:
            refresh(path, strip)
        except CellExecutionError as error:
            sys.exit(f"{path}: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
