"""The rules that every notebook keeps hold, and each rule can fail."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import notebooks, scaffolding
from tools.files import ROOT
from tools.lint_notebooks import problems

FIGURE = new_output("display_data", {"text/plain": "<Figure size 520x340 with 1 Axes>"})
STDERR = new_output("stream", name="stderr", text="w")
FRAME = """After this chapter you can test. 5 minutes.
> **Guess.** 0?
> **Learnt.** 1.
> **Check.** Why?
<details><summary>Answer: one?</summary></details>

## Exercises"""


def notebook(*cells):
    """A small notebook that keeps every rule, with `cells` at its end."""
    setup = new_code_cell(notebooks.SETUP, metadata={"tags": notebooks.SETUP_TAGS})
    whole = new_notebook(cells=[new_markdown_cell(FRAME), setup, *cells])
    whole.metadata.myst = {"html_meta": {"description": "A test."}}
    for number, cell in enumerate(whole.cells[1:], start=1):
        cell.execution_count = number
    return whole


@pytest.mark.parametrize("path", notebooks.paths(), ids=lambda path: path.stem)
def test_every_notebook_keeps_the_rules(path):
    assert list(problems(nbformat.read(path, as_version=4))) == []


def test_a_phone_shows_the_open_code_of_the_lesson_without_a_scroll():
    lesson = nbformat.read(ROOT / "content" / "00-one-hour.ipynb", as_version=4)
    folded = {cell.id for cell, _ in scaffolding.titles(lesson)}
    code = [cell for cell in lesson.cells if cell.cell_type == "code"]
    shown = [cell.source.splitlines() for cell in code if cell.id not in folded]
    assert len(shown) > 10
    assert [line for lines in shown for line in lines if len(line) > 60] == []  # at 390 pixels
    assert max(map(len, shown)) <= 15


def test_the_small_notebook_keeps_the_rules():
    assert list(problems(notebook(new_code_cell("1 + 1")))) == []


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (new_code_cell("!ls"), "not plain Python"),
        (new_code_cell("%matplotlob inline"), "not plain Python"),
        (new_code_cell("a = 1\n" * 26), "26 lines"),
        (new_code_cell("ax.plot([1]);"), "end a figure's cell with plt.show()"),
        (new_code_cell("a = '" + "x" * 80 + "'"), "more than 79"),
        (new_code_cell("f()", outputs=[FIGURE]), "without alt text"),
        (
            new_code_cell("1", outputs=[new_output("stream", name="stderr", text="w")]),
            "standard error",
        ),
        (
            new_code_cell("1", outputs=[new_output("stream", name="stdout", text="WARNING:t")]),
            "a warning",
        ),
        (new_code_cell("1", outputs=[new_output("display_data", {"image/png": "x"})]), "a picture"),
        (new_code_cell("1", outputs=[new_output("error", ename="E")]), "ended in E"),
        (new_code_cell("1", metadata={"tags": ["nbval-ignore-output"]}), "assert it next"),
    ],
)
def test_a_bad_cell_is_named(cell, message):
    (problem,) = problems(notebook(cell))
    assert message in problem


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda nb: nb.cells[1].update(source=nb.cells[1].source + "\n1"), "setup cell differs"),
        (lambda nb: nb.cells.pop(1), "first code cell"),
        (lambda nb: nb.metadata.pop("myst"), "no page description"),
        (lambda nb: nb.cells[-1].update(execution_count=7), "not executed from top to bottom"),
        (lambda nb: nb.cells[0].update(source=FRAME + "\n:::{note}\n:::"), "MyST directive"),
        (lambda nb: nb.cells[0].update(source=FRAME.replace(": one?", "")), "must say of what"),
        (lambda nb: nb.cells[0].update(source=FRAME + FRAME), "as no other does"),
        (lambda nb: nb.cells[0].update(source=FRAME.replace("</d", "<d")), "is never closed"),
        (lambda nb: nb.cells[0].update(source=FRAME.replace("Guess", "G")), "a guess"),
        (lambda nb: nb.cells[0].update(source=FRAME.replace("Check", "C")), "a check"),
        (lambda nb: nb.cells[0].update(source=FRAME.replace("Learnt", "L")), "what was learnt"),
        (lambda nb: nb.cells[0].update(source=FRAME.replace("can", "will")), "be able to do"),
        (lambda nb: nb.cells[0].update(source=FRAME.replace("minutes", "min")), "the minutes"),
        (lambda nb: nb.cells[0].update(source=FRAME.replace("Exercises", "E")), "exercises"),
        (lambda nb: nb.cells[0].update(source=FRAME.partition("<")[0]), "folded answers"),
    ],
)
def test_a_bad_notebook_is_named(spoil, message):
    bad = notebook(new_code_cell("1"))
    spoil(bad)
    assert any(message in problem for problem in problems(bad))


@pytest.mark.parametrize(
    ("was", "becomes", "message"),
    [
        ("points", "marks", "the points"),
        ("minutes", "min", "the minutes"),
        ("**Rules", "**Advice", "the rules"),
        ("23 points", "22 points", "title, minutes or points differ"),
        ("the bug hunt", "a hunt", "title, minutes or points differ"),
    ],
)
def test_a_bad_assignment_is_named(was, becomes, message):
    bad = nbformat.read(ROOT / "content" / "assignments" / "bug-hunt.ipynb", as_version=4)
    assert was in bad.cells[0].source
    for cell in bad.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace(was, becomes)
    assert any(message in problem for problem in problems(bad))


def test_a_refreshed_notebook_is_executed_and_has_no_picture(tmp_path):
    path = tmp_path / "one.ipynb"
    source = "import matplotlib.pyplot as plt\nprint('text')\nplt.plot([1, 2]);"
    fresh = notebook(new_code_cell(source))
    fresh.cells[1].source = "old setup"
    nbformat.write(fresh, path)
    (tmp_path / "local").symlink_to(ROOT / "local")
    (tmp_path / "requirements.txt").symlink_to(ROOT / "requirements.txt")

    notebooks.refresh(path)

    stored = nbformat.read(path, as_version=4)
    assert stored.cells[1].source == notebooks.SETUP
    assert stored.cells[2].outputs[0].text == "text\n"
    assert "image/png" not in str(stored)
    assert "<Figure size" in str(stored)
    assert list(tmp_path.glob("*.tmp")) == []


def test_a_notebook_that_fails_stays_as_it_was(tmp_path):
    path = tmp_path / "one.ipynb"
    nbformat.write(notebook(new_code_cell("1 / 0")), path)
    (tmp_path / "local").symlink_to(ROOT / "local")
    (tmp_path / "requirements.txt").symlink_to(ROOT / "requirements.txt")
    before = path.read_bytes()
    with pytest.raises(notebooks.CellExecutionError, match="ZeroDivisionError"):
        notebooks.refresh(path)
    assert path.read_bytes() == before


def test_only_the_name_of_a_live_figure_is_committed():
    shown = {"text/plain": "Live figure: A", "text/html": "<div>", notebooks.WIDGET: {}}
    cell = new_code_cell("show()", outputs=[new_output("display_data", shown)])
    committed = notebook(cell)
    notebooks.normalize(committed)
    assert committed.cells[-1].outputs[0].data == {"text/plain": "Live figure: A"}
