"""Points, minutes and titles of the assignments, put wherever they are shown.

They stand in one place, `local.exercises.questions`. The notebooks of assignments get them when
they are stored (`tools.notebooks`), the book's pages by MyST's substitutions, as in
`{{ assignments.table }}`, `{{ tasks.batch_norm_forward }}` and `{{ misconceptions[1] }}`. The
minutes of chapters, `{{ minutes[1] }}`, stand in the chapters.
"""

import re

import nbformat
from docutils.nodes import make_id

from local.exercises.ideas import MISCONCEPTIONS
from local.exercises.questions import ASSIGNMENTS
from tools.files import ROOT

FOLDER = ROOT / "content" / "assignments"
HEADING = re.compile(r"(?m)^(## (\d+) · .* \()\d+ points?\)$")
IN_WORDS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def of(notebook):
    """The Assignment whose questions' cells the notebook holds, or None."""
    about = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    written = tuple(one["grade_id"] for one in about if one.get("solution"))
    for assignment in ASSIGNMENTS.values():
        if written and written == tuple(question.name for question in assignment.questions):
            return assignment
    return None


def stamp(notebook, assignment):
    """Put number, title, minutes and points of `assignment` where its notebook shows them."""
    parts = {question.name: question.parts for question in assignment.questions}

    def heading(found):
        return f"{found[1]}{_points(_task(assignment, found[2]).points)})"

    first, *rest = notebook.cells
    title = f"# Assignment {assignment.number}: {assignment.title}"
    time = f"*{_points(assignment.points)}, about {assignment.minutes} minutes"
    first.source = re.sub(r"^# Assignment \d+: .*", title, first.source)
    first.source = re.sub(r"\*\d+ points?, about \d+ minutes", time, first.source)
    first.source = _table_stamped(first.source, parts)
    for cell in rest:
        about = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "markdown":
            cell.source = HEADING.sub(heading, cell.source)
        elif about.get("grade"):
            about["points"] = sum(parts[about["grade_id"].removeprefix("check-")])


def _table_stamped(text, parts):
    """The table of tasks, `| 1 | `name` ... | points |`, a row for each part of a question."""
    waiting = []

    def row(found):
        if name := re.match(r"`(\w+)`", found[2]):
            waiting[:] = parts[name[1]]
        return f"{found[1]}{found[2]} | {waiting.pop(0)} |" if waiting else found[0]

    return re.sub(r"(?m)^(\| \d* ?\| )(.*) \| \d+ \|$", row, text)


def _task(assignment, number):
    return assignment.questions[int(number) - 1]


def _points(number):
    return f"{number} point{'s' * (number != 1)}"


# --- What pages ask for --------------------------------------------------------------------------


def substitutions():
    """The variables of MyST's substitutions, a dict each."""
    sentences = {number: each.sentence for number, each in MISCONCEPTIONS.items()}
    return {
        "assignments": {
            "count": IN_WORDS[len(ASSIGNMENTS)],
            "points": sum(assignment.points for assignment in ASSIGNMENTS.values()),
            "hours": round(sum(assignment.minutes for assignment in ASSIGNMENTS.values()) / 60),
            "links": _listed([_link(slug, a.title) for slug, a in ASSIGNMENTS.items()]),
            "table": _table(),
        },
        "tasks": {name: link for slug in ASSIGNMENTS for name, link in _tasks(slug).items()},
        "minutes": _minutes(),
        "misconceptions": {n: f"{text[0].upper()}{text[1:]}" for n, text in sentences.items()},
    }


def _minutes():
    """{number of a chapter: the minutes that it names at its beginning}, for those that do."""
    named = {}
    for path in FOLDER.parent.glob("[0-9][0-9]-*.ipynb"):
        first = nbformat.read(path, as_version=4).cells[0].source
        if found := re.search(r"(\d+) minutes", first):
            named[int(path.stem[:2])] = found[1]
    return named


def _link(slug, text):
    return f"[{text}](assignments/{slug}.ipynb)"


def _listed(texts):
    *others, last = texts
    return f"{', '.join(others)} and {last}" if others else last


def _table():
    rows = ["| assignment | points | minutes | what is asked |", "|---|---|---|---|"]
    for slug, one in ASSIGNMENTS.items():
        title = _link(slug, f"{one.title[0].upper()}{one.title[1:]}")
        rows.append(f"| {title} | {one.points} | {one.minutes} | {one.about} |")
    return "\n".join(rows)


def _tasks(slug):
    """{name of a question: a link to its task}, from a page beside the folder of assignments.

    Empty for an assignment without a notebook, as in a part of the course.
    """
    assignment, path = ASSIGNMENTS[slug], FOLDER / f"{slug}.ipynb"
    if not path.exists():
        return {}
    notebook = nbformat.read(path, as_version=4)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return {
        _task(assignment, found[2]).name: f'<a href="assignments/{slug}.html#'
        f'{make_id(found[0].removeprefix("## "))}">task {found[2]} of assignment '
        f"{assignment.number}</a>"
        for found in HEADING.finditer(prose)
    }
