"""The rules that notebooks and pages keep: python -m tools.lint_notebooks [NOTEBOOK or PAGE ...].

Of a page in Markdown they ask that its HTML tags come in pairs, as they do of each cell.
"""

import ast
import re
import sys
from copy import deepcopy
from pathlib import Path

import nbformat

from tools import assignments, faults, tags
from tools.files import ROOT
from tools.notebooks import SETUP, SETUP_TAGS, is_setup, paths

LONGEST_CELL = 25
LONGEST_LINE = 79
NOT_COMPARED = "nbval-ignore-output"
"""The tag of a cell whose output nbval does not compare."""

SUMMARY = re.compile(r"<summary>(.*?)</summary>")

REQUIRED_IN_A_CHAPTER = {
    "what the reader will be able to do": r"[Aa]fter this chapter you can",
    "the minutes it takes": r"\d+ minutes",
    "a guess": r"> \*\*Guess",
    "what was learnt": r"> \*\*Learnt",
    "a check": r"> \*\*Check",
    "folded answers": r"<details>\s*<summary>",
    "exercises": r"(?m)^## Exercises",
}
REQUIRED_IN_AN_ASSIGNMENT = {
    "the points": r"\d+ points",
    "the minutes it takes": REQUIRED_IN_A_CHAPTER["the minutes it takes"],
    "the rules": r"\*\*Rules",
}


def problems(notebook):
    """Yield a sentence for every rule that `notebook` breaks."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    yield from _setup(code)
    yield from _prose(notebook, prose)
    yield from _points(notebook)
    yield from _tags(notebook)
    for number, cell in enumerate(code, start=1):
        where = f"code cell {number} ({cell.source.splitlines()[0] if cell.source else 'empty'})"
        for problem in (*_source(cell), *_outputs(cell)):
            yield f"{where}: {problem}"
        if NOT_COMPARED in cell.metadata.get("tags", ()):
            following = "".join(after.source for after in code[number : number + 1])
            if "claim(" not in cell.source and not re.search(r"\bassert |claim\(", following):
                yield f"{where}: its output is not compared: make the claim here or assert it next"
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        yield "not executed from top to bottom (python -m tools.notebooks does it)"


def _setup(code):
    if not code or not is_setup(code[0]) or sum(map(is_setup, code)) != 1:
        yield "the first code cell, and no other, must be the setup cell (tag: setup)"
    elif code[0].source != SETUP or list(code[0].metadata.tags) != SETUP_TAGS:
        yield "the setup cell differs from tools/setup_cell.py"


def _prose(notebook, prose):
    assignment = any("nbgrader" in cell.metadata for cell in notebook.cells)
    required = REQUIRED_IN_AN_ASSIGNMENT if assignment else REQUIRED_IN_A_CHAPTER
    for what, pattern in required.items():
        if not re.search(pattern, prose):
            yield f"the prose lacks {what} (pattern {pattern!r})"
    summaries = SUMMARY.findall(prose)
    for summary in dict.fromkeys(summaries):
        if ": " not in summary or summaries.count(summary) > 1:
            yield f"the fold {summary!r} must say of what, as no other does: 'Answer: whose mean?'"
    if re.search(r"(?m)^(:::|```\{)", prose):
        yield "the prose holds a MyST directive, which Colab shows raw"
    if not notebook.metadata.get("myst", {}).get("html_meta", {}).get("description"):
        yield "no page description (metadata myst.html_meta.description)"


def _points(notebook):
    stamped = deepcopy(notebook)
    if assignment := assignments.of(notebook):
        assignments.stamp(stamped, assignment)
    for cell, wanted in zip(notebook.cells, stamped.cells, strict=True):
        if cell != wanted:
            yield (
                f"title, minutes or points differ from local/exercises/questions in the cell "
                f"{cell.source.splitlines()[0]!r} (python -m tools.notebooks puts them in)"
            )


def _tags(notebook):
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    for number, source in enumerate(prose, start=1):
        for problem in tags.problems(source):
            yield f"markdown cell {number} ({source.splitlines()[0]}): {problem}"


def _source(cell):
    lines = cell.source.splitlines()
    folded = is_setup(cell) or cell.metadata.get("nbgrader", {}).get("solution")
    if len(lines) > LONGEST_CELL and not folded:
        yield f"{len(lines)} lines; a phone shows {LONGEST_CELL}"
    if any(len(line) > LONGEST_LINE for line in lines):
        yield f"a line of more than {LONGEST_LINE} characters"
    if cell.source.rstrip().endswith(";"):
        yield "ends in `;`, which nbval does not see: end a figure's cell with plt.show()"
    try:
        ast.parse(cell.source)
    except SyntaxError:  # a failing shell line and an unknown magic would go unnoticed
        yield "not plain Python (no `!`, no `%`)"


def _outputs(cell):
    for output in cell.outputs:
        if output.output_type == "error":
            yield f"ended in {output.ename}"
        if output.output_type == "stream" and output.name == "stderr":
            yield "keeps standard error"
        if output.get("text", "").startswith("WARNING:"):  # TensorFlow's come on standard output
            yield "keeps a warning: mend what it warns of"
        kinds = output.get("data", {})
        if any(kind.startswith("image/") for kind in kinds):
            yield "keeps a picture"
        if "<Figure size" in kinds.get("text/plain", ""):
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            if len(alt) < 40:
                yield "makes a figure without alt text (metadata mystnb.image.alt)"


def _problems_of(path):
    if path.suffix == ".md":
        return tags.problems(path.read_text("utf-8"))
    return problems(nbformat.read(path, as_version=4))


def main(names):
    pages = sorted((ROOT / "content").rglob("*.md"))
    asked = map(Path, names) if names else [*paths(), *pages]
    found = [f"{path}: {problem}" for path in asked for problem in _problems_of(path)]
    sys.exit("\n".join(found) or None)


if __name__ == "__main__":
    with faults.in_one_line():
        main(sys.argv[1:])
