"""Submissions are found and read, however people name their files and fill their folders."""

import json
import os

import nbformat
import pytest

from grading import marks
from grading.records.gradebook import Gradebook
from grading.submissions import intake, notebook
from local.exercises.questions import QUESTIONS
from tests import submissions
from tests.grading_batches import only_linux, run
from tools import launch
from tools.repository import Repository

pytestmark = only_linux


def found(folder):
    every, _ = intake.find(folder, tuple(QUESTIONS))
    return {(one.student, one.assignment): one for one in every}


@pytest.mark.parametrize(
    "path",
    [
        f"ada/{submissions.SLUG}/{submissions.SLUG}.ipynb",
        f"{submissions.SLUG}/ada/work.ipynb",
        f"{submissions.SLUG}/ada.ipynb",
        f"ada/{submissions.SLUG}.ipynb",
        f"ada_{submissions.SLUG}.ipynb",
        f"{submissions.SLUG}-ada.ipynb",
        f"ada/{submissions.SLUG} (1).ipynb",
        f"ada/deep/er/{submissions.SLUG}.ipynb",
        f"ada /{submissions.SLUG}.ipynb",
    ],
)
def test_student_and_assignment_are_told_by_the_path(tmp_path, path):
    place = tmp_path / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"{}")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    assert list(found(tmp_path)) == [("ada", submissions.SLUG)]


def test_a_name_that_holds_an_assignment_is_a_name(tmp_path):
    (tmp_path / "layer").mkdir()
    for path in ("layer/player.ipynb", "multilayered.ipynb", "ada layer2.ipynb"):
        (tmp_path / path).write_bytes(b"{}")
    assert set(found(tmp_path)) == {
        ("player", "layer"),
        ("multilayered", None),
        ("ada 2", "layer"),
    }


def test_nothing_is_passed_over_in_silence(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "bug-hunt").mkdir()  # is nobody
    for path in (f"{submissions.SLUG}/eve/solution.py", "fay/diagnosis/a.py", "fay/layer/b.ipynb"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("{}")
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "solution.py").write_text("x = 1")
    (tmp_path / "cy").symlink_to("/etc")
    for name in ("a.ipynb", "b.ipynb"):
        place = tmp_path / "dora" / submissions.SLUG / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(name)
    problems = {student: one.problem for (student, _), one in found(tmp_path).items()}
    assert "no notebook" in problems["ada"] and "no notebook" in problems["bob"]
    assert "link" in problems["cy"] and "no notebook" in problems["eve"]
    assert {slug for student, slug in found(tmp_path) if student == "fay"} == {"diagnosis", "layer"}
    assert "which of these" in problems["dora"]
    assert set(problems) == {"ada", "bob", "cy", "dora", "eve", "fay"}


def test_names_of_another_alphabet_stop_nobody(tmp_path):
    folder = tmp_path / "handed-in" / "ada"
    folder.mkdir(parents=True)
    for name, entry in {b"\xdcbung1.ipynb": "right", b"\xdcbung2.ipynb": "NaN"}.items():
        (folder / os.fsdecode(name)).write_bytes(submissions.CORPUS[entry].data())
    book = Gradebook(tmp_path / "gradebook")
    run(folder.parent, book)
    (record,) = book.tables()
    assert "which of these" in record.marks[0]["why"].lower()


def test_what_was_unknown_is_so_no_more(tmp_path):
    folder = tmp_path / "handed-in" / "ada"
    folder.mkdir(parents=True)
    (folder / "Untitled.ipynb").write_text('{"cells": []}')
    book = Gradebook(tmp_path / "gradebook")
    run(folder.parent, book)
    assert [record.assignment for record in book.records()] == ["unknown"]
    (folder / "Untitled.ipynb").write_bytes(submissions.CORPUS["right"].data())
    run(folder.parent, book)
    assert [record.assignment for record in book.records()] == [submissions.SLUG]


def test_what_a_release_stamps_is_known_all_the_same():
    text = (submissions.SOURCES / f"{submissions.SLUG}.ipynb").read_text(encoding="utf-8")
    handed_in = nbformat.reads(text, as_version=4)
    launch.stand_alone(handed_in, Repository("a", "b", "c" * 40), {}, "content")
    cells = notebook.code_cells(nbformat.writes(handed_in).encode())
    common = notebook.common_cells(submissions.SOURCES, [submissions.SLUG])
    assert [cell.source for cell in cells if not cell.grade_id] == common


def test_a_link_or_a_pipe_is_not_read(tmp_path):
    folder = tmp_path / "handed-in"
    for name in ("link", "pipe"):
        (folder / name / submissions.SLUG).mkdir(parents=True)
    (folder / "link" / submissions.SLUG / "x.ipynb").symlink_to(
        submissions.SOURCES / f"{submissions.SLUG}.ipynb"
    )
    os.mkfifo(folder / "pipe" / submissions.SLUG / "x.ipynb")
    book = Gradebook(tmp_path / "gradebook")
    run(folder, book)
    reasons = {r.student: (r.state, r.marks[0]["why"]) for r in book.records()}
    assert reasons["link"] == (marks.REVIEW, "It is a link to another file.")
    assert reasons["pipe"] == (marks.REVIEW, "It is not a plain file.")


def test_the_assignment_is_told_by_the_functions_where_the_path_does_not(tmp_path):
    folder = tmp_path / "handed-in"
    (folder / "ada").mkdir(parents=True)
    (folder / "ada" / "Untitled.ipynb").write_bytes(submissions.CORPUS["right"].data())
    (folder / "ada" / "Untitled1.ipynb").write_bytes(json.dumps({"cells": []}).encode())
    book = Gradebook(tmp_path / "gradebook")
    run(folder, book)
    assert {r.assignment: r.state for r in book.records()} == {
        submissions.SLUG: marks.GRADED,
        "unknown": marks.REVIEW,
    }


def test_two_notebooks_for_one_assignment_need_review(tmp_path):
    folder = tmp_path / "handed-in"
    (folder / "ada").mkdir(parents=True)
    for name, entry in {"one.ipynb": "right", "two.ipynb": "NaN"}.items():
        (folder / "ada" / name).write_bytes(submissions.CORPUS[entry].data())
    book = Gradebook(tmp_path / "gradebook")
    for _ in range(2):
        run(folder, book)
        (record,) = book.records()
        assert record.state == marks.REVIEW and "one.ipynb, ada/two.ipynb" in record.marks[0]["why"]
