"""Python on the pages, in a real browser: what a reader runs, changes, keeps and hands in.

It looks at `_build/html` as `make book` left it, and is skipped where that could not fetch the
packages (PYODIDE_WHEELS names a mirror or a folder).
"""

import csv
import json
import re
import zipfile
from contextlib import contextmanager

import nbformat
import pytest

from grading.__main__ import main
from tests.browsing import served, violations, visit
from tests.grading_batches import only_linux
from tools import archive
from tools.archive import PYTHON
from tools.files import ROOT, SITE

pytestmark = pytest.mark.skipif(
    not (SITE / PYTHON).exists(),
    reason="no page of the built book computes: the packages could not be fetched",
)
ASSIGNMENT = "assignments/forward-and-backward"
NOTEBOOKS = ("02-normalizing-a-batch", "03-backward-pass", ASSIGNMENT, "assignments/bug-hunt")
PATIENCE = 180_000
"""Milliseconds for what takes a few seconds on a machine that does nothing else."""

SHIFTS = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const { value, hadRecentInput } of list.getEntries())
            if (!hadRecentInput) shifts.push(value);
    }).observe({ type: "layout-shift" });
}"""


@pytest.fixture(scope="module")
def folder():
    return SITE


def settled(page):
    """Wait until Python on the page has nothing to do."""
    page.locator("run-here[data-state=ready]").wait_for(timeout=PATIENCE)


def press(page):
    page.get_by_role("button", name="Run here").click()
    settled(page)


@contextmanager
def computing(chromium, url, **options):
    """The page at `url` with Python ready."""
    with visit(chromium, url, **options) as page:
        page.set_default_timeout(PATIENCE)
        press(page)
        yield page


def committed(name):
    return nbformat.read(ROOT / "content" / f"{name}.ipynb", as_version=4)


def code_cells(name):
    """(its id, the cell) for each code cell of a committed notebook, in order."""
    return [(cell.id, cell) for cell in committed(name).cells if cell.cell_type == "code"]


def upload(page, path):
    page.locator("run-here input[type=file]").set_input_files(path)


def unfold(page, cell):
    """Open the fold of the chapter's set-up, if the cell is in it."""
    page.locator(f"details:has([data-code='{cell}'])").evaluate_all(
        "folds => { for (const fold of folds) fold.open = true; }"
    )


def write(page, cell, text):
    """Replace the code in the editor of a cell, as with the keyboard."""
    unfold(page, cell)
    page.locator(f"[data-code='{cell}'] .cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def tools(page, cell):
    """The row of buttons below a cell's code."""
    return page.locator(f"[data-code='{cell}'] + .cell-tools")


def run(page, cell):
    """Run a cell by its button and wait for its end; returns what its state says."""
    unfold(page, cell)
    tools(page, cell).get_by_role("button", name="Run:").click()
    state = tools(page, cell).locator(".cell-state")
    page.wait_for_function(
        "state => /^(done|failed|stopped)/.test(state.textContent)", arg=state.element_handle()
    )
    settled(page)
    return state.text_content()


def output(page, cell):
    return page.locator(f"[data-output='{cell}']")


def text_of(page, cell):
    parts = page.locator(f"[data-output='{cell}'] .stream.stdout pre")
    return "".join(parts.all_text_contents())


def edited_cell(name, grade_id):
    """The id of the cell in which a question is answered."""
    return next(
        id for id, cell in code_cells(name)
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    )  # fmt: skip


@pytest.mark.parametrize("name", NOTEBOOKS)
@only_linux
def test_every_cell_runs_and_prints_what_is_stored(name, address, chromium, tmp_path):
    """The assignments with the solutions, which are handed in and marked, too."""
    with computing(chromium, f"{address}{name}.html", width=390) as page:
        if "/" in name:
            upload(page, ROOT / "content" / f"{name}.ipynb")
        page.get_by_role("button", name="Run all").click()
        page.locator("run-here[data-state=busy]").wait_for()
        settled(page)
        states = page.locator(".cell-state").all_text_contents()
        assert states and all(state.startswith("done") for state in states), states
        for id, cell in code_cells(name):
            stored = "".join(o.text for o in cell.outputs if o.output_type == "stream")
            if "nbval-ignore-output" in cell.metadata.get("tags", []):
                assert text_of(page, id)
            else:
                assert text_of(page, id) == stored, cell.source
            figures = sum(o.output_type != "stream" for o in cell.outputs)
            shown = page.locator(f"[data-output='{id}'] :is(.drawing svg, [data-live])")
            assert bool(figures) == bool(shown.count()), cell.source
        live = page.locator("[data-live]")
        assert page.locator("[data-awake]").count() == live.count()  # each stayed as it was
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.complaints == []
        if "/" in name:
            marked(page, name.rpartition("/")[2], tmp_path)


def marked(page, slug, folder):
    """The download of an assignment that is done gets full marks."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    handed_in = folder / "handed-in" / "ada" / slug / download.value.suggested_filename
    handed_in.parent.mkdir(parents=True)
    download.value.save_as(handed_in)
    assert handed_in.name == f"{slug}.ipynb"
    nbformat.validate(nbformat.read(handed_in, as_version=4))
    book = folder / "gradebook"
    assert main(["--book", str(book), "grade", str(folder / "handed-in")]) == 0
    with (book / "marks.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["assignment"] == slug]
    assert rows and all(float(row["points"]) == float(row["out_of"]) for row in rows)


def test_nothing_is_fetched_and_nothing_has_moved_before_and_after_the_press(address, chromium):
    with visit(chromium, f"{address}{ASSIGNMENT}.html", width=390) as page:
        page.set_default_timeout(PATIENCE)
        assert not [url for url in page.fetched if PYTHON in url]
        page.evaluate(SHIFTS)
        press(page)
        page.wait_for_timeout(300)
        assert sum(page.evaluate("shifts")) < 0.01
        assert page.complaints == []  # among them, what is asked of third parties


def test_a_wrong_solution_gets_its_hint_and_outlives_a_reload(address, chromium):
    cell = edited_cell(ASSIGNMENT, "mean_and_variance")
    check = edited_cell(ASSIGNMENT, "check-mean_and_variance")
    with computing(chromium, f"{address}{ASSIGNMENT}.html") as page:
        first = code_cells(ASSIGNMENT)[1][0]
        assert run(page, check).startswith("failed: try “Run to here”")
        for one in first, cell, check:
            run(page, one)
        assert "not filled in yet" in text_of(page, check)
        wrong = "def mean_and_variance(x):\n    return x.mean(axis=-1), x.var(axis=-1)"
        write(page, cell, wrong)
        for one in cell, check:
            run(page, one)
        assert "hint" in text_of(page, check) and "passed" in text_of(page, check)
        status = page.locator("run-here [role=status]")
        assert "is done: " in status.text_content() and "lines of text" in status.text_content()
        page.get_by_text("Your edits stay in this browser").wait_for()
        page.wait_for_timeout(500)  # they are kept after a pause
        page.reload()
        press(page)
        assert page.locator(f"[data-code='{cell}'] .cm-content").inner_text().startswith(wrong[:40])
        tools(page, cell).get_by_role("button", name="Reset").click()
        assert "your code here" in page.locator(f"[data-code='{cell}']").inner_text()
        assert page.complaints == []


def test_an_endless_loop_is_stopped_and_python_begins_again(address, chromium):
    with computing(chromium, f"{address}{ASSIGNMENT}.html") as page:
        first = code_cells(ASSIGNMENT)[1][0]
        write(page, first, "print('on', flush=True)\nwhile True:\n    pass")
        tools(page, first).get_by_role("button", name="Run:").click()
        page.locator("run-here[data-state=busy]").wait_for()
        stop = tools(page, first).get_by_role("button", name="Stop")  # where the reader is
        stop.press("Enter")
        page.get_by_text("Python was stopped, so all names are gone.").first.wait_for()
        assert not stop.is_visible()
        focused = "document.activeElement.getAttribute('aria-label')"
        assert page.evaluate(focused).startswith("Run: ")
        assert tools(page, first).inner_text().endswith("stopped, its names are gone")
        write(page, first, "import numpy\n[numpy.empty(2**28 - 1) for _ in range(4)]")
        page.get_by_role("button", name="Begin again").click()
        settled(page)
        assert run(page, first).startswith("failed")
        assert "MemoryError: Unable to allocate" in output(page, first).inner_text()
        write(page, first, "1 / 0")
        assert run(page, first).startswith("failed")
        shown = output(page, first).inner_text()
        assert "----> 1 1 / 0" in shown and "ZeroDivisionError: division by zero" in shown
        write(page, first, "import sys\n[sys.version_info[:2], 'β']")
        assert run(page, first).startswith("done")
        assert output(page, first).inner_text().strip() == "[(3, 12), 'β']"


def test_a_worker_that_dies_is_one_line_and_a_button(address, chromium):
    with visit(chromium, f"{address}{ASSIGNMENT}.html") as page:
        page.set_default_timeout(PATIENCE)
        page.route("**/packaging-*.whl", lambda route: route.fulfill(status=404, body="nothing"))
        page.get_by_role("button", name="Run here").click()
        line = page.get_by_text(re.compile(r"^Python ended: .+\. Begin again$"))
        line.wait_for()
        page.unroute("**/packaging-*.whl")
        line.get_by_role("button").click()
        settled(page)


BLOCKED = """Object.defineProperty(window, 'localStorage', {
    get() { throw new DOMException('blocked', 'SecurityError'); }, configurable: true,
})"""
FULL = """for (let size = 1 << 23; size; size >>= 1) {
    try { localStorage.setItem(`as large as ${size}`, "x".repeat(size)); } catch { /* too large */ }
}"""


@pytest.mark.parametrize("storage", [BLOCKED, FULL], ids=["blocked", "full"])
def test_a_browser_that_stores_nothing_says_so_and_goes_on(storage, address, chromium):
    with visit(chromium, f"{address}{ASSIGNMENT}.html") as page:
        page.set_default_timeout(PATIENCE)
        page.add_init_script(storage)
        page.reload()
        page.get_by_role("button", name="Run here").click()
        settled(page)
        first = code_cells(ASSIGNMENT)[1][0]
        write(page, first, "print(6 * 7)")
        page.get_by_text("This browser does not keep your changes: download").wait_for()
        settled(page)
        assert run(page, first).startswith("done") and text_of(page, first) == "42\n"


def test_the_archive_with_python_computes_once_it_is_served(chromium, tmp_path):
    archive.pack(SITE, tmp_path / "site.zip", python=True)
    with zipfile.ZipFile(tmp_path / "site.zip") as packed:
        packed.extractall(tmp_path)
    unpacked = tmp_path / archive.NAME
    assert "python3 -m http.server" in (unpacked / "README.txt").read_text()
    with (
        served(unpacked) as address,
        computing(chromium, f"{address}{ASSIGNMENT}.html") as page,
    ):
        first = code_cells(ASSIGNMENT)[1][0]
        write(page, first, "import numpy\nprint(numpy.arange(4).sum())")
        assert run(page, first).startswith("done") and text_of(page, first) == "6\n"
        assert page.complaints == []


def test_a_file_says_how_to_serve_the_folder(chromium):
    with visit(chromium, (SITE / f"{ASSIGNMENT}.html").as_uri()) as page:
        assert page.get_by_role("button", name="Run here").count() == 0
        assert "python3 -m http.server" in page.locator("run-here").inner_text()
        assert page.complaints == []


def test_the_keyboard_alone_is_enough(address, chromium):
    with visit(chromium, f"{address}{ASSIGNMENT}.html") as page:
        page.set_default_timeout(PATIENCE)
        page.get_by_role("button", name="Run here").focus()
        page.keyboard.press("Enter")
        settled(page)
        focused = "document.activeElement.textContent"
        assert page.evaluate(focused) == "Run all"
        first, second = (id for id, _ in code_cells(ASSIGNMENT)[1:3])
        page.locator(f"details:has([data-code='{first}']) > summary").focus()
        page.keyboard.press("Enter")  # opens the set-up
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('.cm-content')"):
                break
        page.keyboard.press("Control+End")
        page.keyboard.type("\nprint('typed')")
        page.keyboard.press("Shift+Enter")
        settled(page)
        assert text_of(page, first) == "typed\n"
        here = f"document.activeElement.closest('[data-code={json.dumps(second)}]') !== null"
        assert page.evaluate(here)
        page.keyboard.press("Tab")  # leaves the editor, to the button that copies its code
        page.keyboard.press("Tab")
        assert page.evaluate(focused) == "Run"


@pytest.mark.parametrize("width, theme", [(390, "light"), (1280, "dark")])
def test_a_page_that_computes_is_accessible(width, theme, address, chromium):
    with computing(chromium, f"{address}{ASSIGNMENT}.html", width=width, theme=theme) as page:
        first = code_cells(ASSIGNMENT)[1][0]
        write(page, first, "import sys\nprint('out')\nsys.stderr.write('err')\n1 / 0")
        run(page, first)
        page.locator(f"[data-code='{first}'] .cm-content").focus()
        assert violations(page) == []


def test_a_notebook_of_another_page_is_refused(address, chromium, tmp_path):
    other = tmp_path / "other.ipynb"
    other.write_text('{"cells": [{"cell_type": "code", "id": "x", "source": "1"}]}')
    with computing(chromium, f"{address}{ASSIGNMENT}.html") as page:
        for content in other.read_text(), "no JSON":
            other.write_text(content)
            upload(page, other)
            page.get_by_text("other.ipynb cannot be taken over").first.wait_for()
            page.get_by_role("button", name="Reset page")
