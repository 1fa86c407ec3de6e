"""Every platform's export is read as it comes: names, attempts, and a count that adds up."""

import csv
import unicodedata

import pytest

from grading.__main__ import main
from grading.submissions import origin
from tests import exports
from tests.exports import FORMS, LAYOUTS, Person, read
from tests.grading_batches import only_linux
from tests.submissions import SLUG

PEOPLE = [*map(Person, range(12))]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_everybody_arrives_with_the_right_name_and_the_last_attempt(tmp_path, layout, form):
    files = exports.files_of(layout, PEOPLE, right=b'{"cells": []}', wrong=b"old")
    exports.write(tmp_path, files, form)
    found, aside = read(tmp_path)
    wanted = {getattr(person, LAYOUTS[layout][1]) for person in PEOPLE}
    assert {one.student for one in found} == wanted
    assert [one for one in found if one.problem] == []
    assert {one.assignment for one in found} == {SLUG}
    assert {one.file.read() for one in found} == {b'{"cells": []}'}
    assert len(found) + len(aside) == len(files)


@pytest.mark.parametrize("layout", ["canvas", "blackboard", "google-classroom", "mails"])
def test_earlier_attempts_are_named_in_a_note(tmp_path, layout):
    exports.write(tmp_path, exports.files_of(layout, PEOPLE, right=b"{}", wrong=b"old"))
    found, aside = read(tmp_path)
    noted = [one for one in found if one.note]
    assert len(noted) == sum(person.twice for person in PEOPLE)
    assert all(one.file.name in one.note for one in noted)
    assert {one.why.split(" counts")[0] for one in aside if one.why.endswith(".ipynb")} <= {
        "the last attempt",
        "the newest copy",
    }


@pytest.mark.parametrize("layout", ["blackboard", "gradescope", "nbgrader-exchange", "mails"])
def test_the_time_is_the_platforms_where_it_tells_one(tmp_path, layout):
    exports.write(tmp_path, exports.files_of(layout, PEOPLE, right=b"{}"))
    found, _ = read(tmp_path)
    assert {origin.of(one)["time_of"] for one in found} == {"platform"}


def test_canvas_says_who_was_late(tmp_path):
    exports.write(tmp_path, exports.files_of("canvas", PEOPLE, right=b"{}"))
    found, _ = read(tmp_path)
    late = {one.student for one in found if origin.of(one).get("late")}
    assert late == {person.canvas for person in PEOPLE if person.number % 7 == 3}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_the_same_in_both_forms_of_unicode(tmp_path, form):
    other = unicodedata.normalize(form, "José Núñez")
    for name, file in (("José Núñez", "a"), (other, "b")):
        place = tmp_path / f"{name}_123_assignsubmission_file" / f"{file}.html"
        place.parent.mkdir(exist_ok=True)
        place.write_text("")
    (submission,) = read(tmp_path)[0]
    assert submission.student == "José Núñez" and len(submission.about) == 2


@pytest.mark.parametrize(
    "name",
    [
        f"{SLUG}.ipynb.json",
        f"{SLUG}.ipynb.txt",
        f"{SLUG}.IPYNB",
        "Forward and Backward.ipynb",
        f"Copy of {SLUG}.ipynb",
        f"{SLUG} - Copy (2).ipynb",
        f"{SLUG}-3.ipynb",
    ],
)
def test_a_notebook_is_found_whatever_its_ending(tmp_path, name):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / name).write_bytes(b"{}")
    (submission,) = read(tmp_path)[0]
    assert (submission.student, submission.assignment) == ("ada", SLUG)
    assert submission.file.read() == b"{}"


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        ((f"{SLUG}.ipynb", f"{SLUG} (1).ipynb", f"{SLUG} (2).ipynb"), f"{SLUG} (2).ipynb"),
        ((f"{SLUG}.ipynb", f"{SLUG} (10).ipynb", f"{SLUG} (9).ipynb"), f"{SLUG} (10).ipynb"),
        ((f"{SLUG}.ipynb", f"{SLUG}-1.ipynb"), f"{SLUG}-1.ipynb"),
        ((f"{SLUG}.ipynb", f"{SLUG} - Copy.ipynb"), f"{SLUG} - Copy.ipynb"),
        ((f"{SLUG}.ipynb", "scratch.ipynb"), f"{SLUG}.ipynb"),
    ],
)
def test_of_several_copies_the_newest_counts(tmp_path, names, newest):
    (tmp_path / "ada" / SLUG).mkdir(parents=True)
    for name in names:
        (tmp_path / "ada" / SLUG / name).write_text(name)
    (submission,), aside = read(tmp_path)
    assert submission.file.parts[-1] == newest and not submission.problem
    assert all(name in submission.note for name in names)
    assert len(aside) == len(names) - 1


def test_a_copy_in_another_folder_is_for_a_person(tmp_path):
    for path in (f"old/{SLUG} (1).ipynb", f"new/{SLUG}.ipynb"):
        (tmp_path / "ada" / path).parent.mkdir(parents=True)
        (tmp_path / "ada" / path).write_text(path)
    (submission,), _ = read(tmp_path)
    assert submission.file is None and "which of these" in submission.problem


def test_two_notebooks_of_one_name_are_for_a_person(tmp_path):
    for folder in ("old", "new"):
        (tmp_path / "ada" / folder).mkdir(parents=True)
        (tmp_path / "ada" / folder / f"{SLUG}.ipynb").write_text(folder)
    (submission,), aside = read(tmp_path)
    assert submission.file is None and "which of these" in submission.problem
    assert len(submission.about) == 2 and not aside
    (tmp_path / "ada" / "old" / f"{SLUG}.ipynb").write_text("new")  # the same: nothing to decide
    (submission,), aside = read(tmp_path)
    assert submission.file and len(aside) == 1


def test_a_group_of_gradescope_has_its_members(tmp_path):
    files = exports.files_of("gradescope", PEOPLE[:2], right=b"{}")
    table = files[-1][1].replace(b"submission_70000001", b"submission_1")
    exports.write(tmp_path, files[:1])
    text = table.decode().partition("submission_1")[0]
    text = text.replace("  :submitters:\n", "  :submitters:\n  - :name: Bo Ek\n    :sid: '1'\n")
    (tmp_path / files[-1][0]).write_text(text)
    (submission,) = read(tmp_path)[0]
    assert sorted(origin.of(submission)["members"]) == sorted(["Bo Ek", PEOPLE[0].name])


def test_what_fits_nothing_is_for_review(tmp_path):
    for name in ("notes.pdf", "bob/solution.py", "cy/work.rar", "dan/Untitled.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "dan" / "data.csv").write_text("1")
    (tmp_path / "dan" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "dan" / ".ipynb_checkpoints" / "a-checkpoint.ipynb").write_text("{}")
    found, aside = read(tmp_path)
    assert {one.student: one.file is None for one in found} == {
        "notes.pdf": True,
        "bob": True,
        "cy": True,
        "dan": False,
    }
    assert {one.file.parts[-1] for one in aside} == {"data.csv", ".ipynb_checkpoints"}


@only_linux
def test_the_count_adds_up_and_everybody_has_the_mark(tmp_path, capsys):
    files = exports.files_of("blackboard", PEOPLE[:3])
    exports.write(tmp_path / "in", files, "zip")
    (tmp_path / "in" / "eve.zip").write_bytes(b"PK")
    book = tmp_path / "book"
    assert main(["--book", str(book), "grade", str(tmp_path / "in"), "--cores", "1"]) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said == "9 files found = 3 graded + 1 for review + 5 set aside; files.csv names each."
    with (book / "grades.csv").open(encoding="utf-8", newline="") as file:
        scores = {row["student"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == {"user000": 20, "user001": 20, "user002": 20, "eve": 0}
    with (book / "files.csv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    assert len(rows) == 9 and all(row["why"] for row in rows if row["became"] != "graded")
