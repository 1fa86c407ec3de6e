"""A pytest plugin: a notebook that nbval has executed to its end is stored for the book.

`make test` builds the book after it has tested the notebooks, which are then not executed again.
"""

import time
from copy import deepcopy

import nbformat
import pytest

from tools import freshness

STARTED = pytest.StashKey[float]()
OUTPUTS = pytest.StashKey[list]()
"""In the stash of a notebook: when its first cell was started, and the outputs of its cells."""


def pytest_runtest_setup(item):
    if getattr(item, "cell_num", None) == 0:
        item.parent.stash[STARTED], item.parent.stash[OUTPUTS] = time.perf_counter(), []


def pytest_runtest_teardown(item):
    outputs = item.parent.stash.get(OUTPUTS, [])
    if getattr(item, "cell_num", None) != len(outputs):
        return  # not a cell of a notebook, or a cell before it was not executed
    outputs.append(item.test_outputs)
    if len(outputs) < sum(cell.cell_type == "code" for cell in item.parent.nb.cells):
        return
    if None in outputs or any(out.output_type == "error" for cell in outputs for out in cell):
        return
    notebook = deepcopy(item.parent.nb)
    code = (cell for cell in notebook.cells if cell.cell_type == "code")
    for number, (cell, cell.outputs) in enumerate(zip(code, outputs, strict=True), start=1):
        cell.execution_count = number
    seconds = time.perf_counter() - item.parent.stash[STARTED]
    freshness.store_tested(nbformat.from_dict(notebook), item.path, seconds)
