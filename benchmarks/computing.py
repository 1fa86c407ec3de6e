"""P9: how fast a page computes in the reader's browser, against a kernel on the same machine.

From the press of "Run here" to the first result of chapter 2, with Python, NumPy and matplotlib
fetched from a host on loopback, and the bytes of it; then chapters 2 and 3 whole, once Python is
ready, each in turn with the same notebook in a kernel that is ready, too.
"""

import os
import sys
import time

import nbformat
from nbclient import NotebookClient

from benchmarks.table import Row
from benchmarks.timing import interleaved
from tests.browsing import UNFOLD, browser, served, visit
from tools.archive import PYTHON
from tools.files import ROOT, SITE

CHAPTERS = {"02-normalizing-a-batch": 4, "03-backward-pass": 4}
"""How many times longer than a local kernel's its time may be."""
PAIRS = 3
PATIENCE = 300_000
"""Milliseconds."""


def wait(page, state):
    page.locator(f"run-here[data-state={state}]").wait_for(timeout=PATIENCE)


def first_result(chromium, url):
    """(seconds, megabytes) from the press to the end of the first cell."""
    with visit(chromium, url) as page:
        sent = []
        page.evaluate(UNFOLD)  # the set-up, whose cell is the first
        page.context.on("requestfinished", lambda r: sent.append(r.sizes()["responseBodySize"]))
        start = time.perf_counter()
        page.get_by_role("button", name="Run here").click()
        page.get_by_role("button", name="Run: code 1", exact=True).click()
        page.locator(".cell-tools[data-state=done]").wait_for(timeout=PATIENCE)
        return time.perf_counter() - start, sum(sent) / 1e6


def compare(chromium, url, name):
    """The chapter on the page, and in a kernel, each run whole, in turn."""
    notebook = nbformat.read(ROOT / "content" / f"{name}.ipynb", as_version=4)
    client = NotebookClient(notebook, resources={"metadata": {"path": str(ROOT / "content")}})
    with visit(chromium, url) as page, client.setup_kernel():
        page.get_by_role("button", name="Run here").click()
        wait(page, "ready")

        def on_page():
            page.get_by_role("button", name="Run all").click()
            wait(page, "busy")
            wait(page, "ready")
            assert page.locator(".cell-tools[data-state=failed]").count() == 0

        def in_kernel():
            for number, cell in enumerate(notebook.cells):
                client.execute_cell(cell, number)

        return interleaved(in_kernel, on_page, PAIRS)


def measure():
    """The rows of P9."""
    if not (SITE / PYTHON).exists():
        sys.exit("No page of the book computes: run `make book`, which says why.")
    os.environ.setdefault("MINI_CIFAR", "textures")
    with served(SITE) as address, browser() as chromium:
        chapter = f"{address}{next(iter(CHAPTERS))}.html"
        seconds, megabytes = first_result(chromium, chapter)
        yield Row("P9 from the press to the first result: seconds", seconds, "<=", 6)
        yield Row("P9 fetched for it: megabytes, not compressed", megabytes, "<=", 25)
        for name, bound in CHAPTERS.items():
            found = compare(chromium, f"{address}{name}.html", name)
            yield Row(f"P9 {name}: times a kernel's time", found, "<=", bound)
