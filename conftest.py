"""What nbval must not compare, what becomes of what it executes, and which tests go first."""

import os
import time
from copy import deepcopy

import nbformat
import pytest

from tools import execute

os.environ.setdefault("MINI_CIFAR", "textures")  # what the stored outputs come from
# Tests ask loopback, whatever proxy leads outside.
os.environ["no_proxy"] = f"127.0.0.1,{os.environ.get('no_proxy', '')}"
for name in ("GITHUB_REPOSITORY", "COURSE_REMOTE", "COURSE_SITE"):
    os.environ.pop(name, None)  # a workflow's or a publisher's; a test's own clones lie elsewhere
if "PYTEST_XDIST_WORKER" in os.environ:  # one for each core: more threads would only wait
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

SLOWEST = ("tests/test_grading", "tests/test_live", "tests/test_s")
"""Where the slowest tests are. They go first, so that at the end no core waits for another."""

NOT_STORED = ("image/svg+xml", "text/html", "stderr")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file():
    collected = yield
    for file in collected:
        if hasattr(file, "skip_compare"):
            file.skip_compare += NOT_STORED
    return collected


def pytest_runtest_setup(item):
    if hasattr(item, "cell_num") and item.cell_num == 0:
        item.parent.begun, item.parent.executed = time.perf_counter(), []


def pytest_runtest_teardown(item):
    """Keep a notebook that nbval has executed to its end: the book need not do it again."""
    outputs = getattr(item.parent, "executed", [])
    if not hasattr(item, "cell_num") or item.cell_num != len(outputs):
        return  # no cell of a notebook, or not all cells before it were run
    outputs.append(item.test_outputs)
    code = [cell for cell in item.parent.nb.cells if cell.cell_type == "code"]
    whole = len(outputs) == len(code) and None not in outputs
    if whole and not any(out.output_type == "error" for cell in outputs for out in cell):
        notebook = deepcopy(item.parent.nb)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for number, (cell, cell.outputs) in enumerate(zip(code, outputs, strict=True), start=1):
            cell.execution_count = number
        seconds = time.perf_counter() - item.parent.begun
        execute.keep_tested(nbformat.from_dict(notebook), item.path, seconds)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not item.nodeid.startswith(SLOWEST))
