"""The assignments: their solutions earn every point, and what is handed out is empty but whole."""

import ast
import re
from dataclasses import replace

import nbformat
import numpy as np
import pytest
from nbgrader.preprocessors import ClearSolutions

from local.exercises import checks
from local.exercises.broken import BROKEN
from local.exercises.questions import ASSIGNMENTS, BY_NAME, QUESTIONS
from tools import assignments, notebooks
from tools.files import ROOT

FOLDER = ROOT / "content" / "assignments"
STUB = {"python": '# your code here\nraise NotImplementedError("not filled in yet")'}
SLUGS = pytest.mark.parametrize("slug", QUESTIONS)
EVERY_QUESTION = pytest.mark.parametrize("question", BY_NAME.values(), ids=BY_NAME.keys())


def read(slug):
    return nbformat.read(FOLDER / f"{slug}.ipynb", as_version=4)


def released(slug):
    cutter = ClearSolutions()
    cutter.code_stub = STUB
    return cutter.preprocess(read(slug), {})[0]


def cells(notebook, kind):
    """The code cells of that kind, by grade_id: solution or grade."""
    told = [(cell, cell.metadata.get("nbgrader", {})) for cell in notebook.cells]
    return {about.grade_id: cell for cell, about in told if about.get(kind)}


def names_of(notebook):
    """What is defined once the imports, the solutions or their stubs, and nothing else have run."""
    names = {}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"][1:2]
    for cell in [*code, *cells(notebook, "solution").values()]:
        exec(cell.source, names)
    return names


def test_there_is_a_notebook_for_each_assignment():
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(QUESTIONS)


@SLUGS
def test_the_cells_are_those_of_the_questions(slug):
    notebook = read(slug)
    points = {"check-" + question.name: question.points for question in QUESTIONS[slug]}
    graded, solved = cells(notebook, "grade"), cells(notebook, "solution")
    assert {name: cell.metadata.nbgrader.points for name, cell in graded.items()} == points
    assert list(solved) == [question.name for question in QUESTIONS[slug]]
    assert all(cell.metadata.nbgrader.locked for cell in graded.values())
    for name, cell in solved.items():
        assert "hide-input" in cell.metadata.tags
        assert "solution" in cell.metadata.mystnb.code_prompt_show
        defined = [node for node in ast.parse(cell.source).body if hasattr(node, "name")]
        assert defined[0].name == name
        assert ast.get_docstring(defined[0])
        assert graded["check-" + name].source == f"checks.check_{name}({name})"
        assert callable(getattr(checks, f"check_{name}"))


@SLUGS
def test_the_first_cells_say_points_minutes_and_rules(slug):
    first = read(slug).cells[0].source
    total = sum(question.points for question in QUESTIONS[slug])
    assert f"*{total} points" in first
    assert re.search(r"about \d+ minutes", first)
    assert "**Rules.**" in first
    for question in QUESTIONS[slug]:
        assert f"`{question.name}`" in first
        heading = rf"(?m)^## \d · .* \({question.points} points\)$"
        prose = [cell.source for cell in read(slug).cells if cell.cell_type == "markdown"]
        assert re.search(heading, "\n".join(prose))
    code = [cell for cell in read(slug).cells if cell.cell_type == "code"]
    assert notebooks.is_setup(code[0])
    assert code[0].source == notebooks.SETUP


@SLUGS
def test_points_and_minutes_are_put_where_they_are_shown(slug):
    """Other numbers in the table of questions reach every heading, table and cell."""
    notebook, assignment = read(slug), ASSIGNMENTS[slug]
    assert assignments.of(notebook) == assignment
    more = tuple(
        replace(question, parts=tuple(part + 40 for part in question.parts))
        for question in assignment.questions
    )
    other = replace(assignment, number=7, title="another", minutes=11, questions=more)
    assignments.stamp(notebook, other)
    first, *rest = notebook.cells
    assert first.source.startswith("# Assignment 7: another\n")
    assert f"*{other.points} points, about 11 minutes" in first.source
    for question in more:
        if len(question.parts) > 1 or slug != "bug-hunt":
            assert re.search(rf"`{question.name}`.* \| {question.parts[0]} \|", first.source)
    headings = assignments.HEADING.findall("\n".join(cell.source for cell in rest))
    assert len(headings) == len(more)
    graded = cells(notebook, "grade").values()
    assert [cell.metadata.nbgrader.points for cell in graded] == [q.points for q in more]
    assignments.stamp(notebook, assignment)
    assert notebook == read(slug)


def test_pages_get_their_numbers_from_the_questions():
    found = assignments.substitutions()
    assert found["assignments"]["points"] == sum(a.points for a in ASSIGNMENTS.values())
    for slug, assignment in ASSIGNMENTS.items():
        row = f"](assignments/{slug}.ipynb) | {assignment.points} | {assignment.minutes} |"
        assert row in found["assignments"]["table"]
    assert found["tasks"].keys() == BY_NAME.keys()


def test_the_hunt_gives_a_point_for_each_wrong_layer():
    (question,) = QUESTIONS["bug-hunt"]
    assert question.points == len(BROKEN)
    assert f"{len(BROKEN)} layers" in read("bug-hunt").cells[0].source
    assert f"in {len(BROKEN)} ways" in read("diagnosis").cells[-1].source


@EVERY_QUESTION
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_solution_earns_every_point(question, seed):
    slug = next(slug for slug, questions in QUESTIONS.items() if question in questions)
    solution = names_of(read(slug))[question.name]
    for case in question.cases(np.random.default_rng(seed)):
        findings = question.judge(case, checks.run(question, solution, case))
        assert [finding for finding in findings if not finding.passed] == []


@SLUGS
def test_what_is_handed_out_runs_and_is_not_filled_in(slug, capsys):
    notebook = released(slug)
    names = names_of(notebook)
    for name, cell in cells(notebook, "grade").items():
        exec(cell.source, names)
        said = capsys.readouterr().out
        assert said == f"{name.removeprefix('check-')}: not filled in yet\n"


@SLUGS
def test_what_is_handed_out_holds_no_solution(slug):
    whole, empty = cells(read(slug), "solution"), cells(released(slug), "solution")
    for name, cell in whole.items():
        assert "SOLUTION" not in empty[name].source
        hidden = re.findall(r"(?s)### BEGIN SOLUTION\n(.*?)\n *### END SOLUTION", cell.source)
        assert hidden
        for line in "\n".join(hidden).splitlines():
            assert not line.strip() or line not in empty[name].source.splitlines()
        assert empty[name].source.count("not filled in yet") == len(hidden)
