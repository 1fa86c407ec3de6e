"""What goes back to a learning platform is what that platform documents that it takes."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest

from grading.__main__ import main
from grading.marks import GRADED, REVIEW
from grading.records import feedback, platforms, summary
from grading.records.gradebook import Gradebook
from grading.records.record import Record
from grading.submissions import intake, origin
from local.exercises.questions import QUESTIONS
from tests import exports
from tests.exports import Person
from tests.submissions import SLUG

PEOPLE = [*map(Person, range(12))]
OUT_OF = 20


def mark(points, state=GRADED):
    return {
        "question": "batch_norm_forward",
        "title": "Forward",
        "out_of": OUT_OF,
        "points": points,
        "state": state,
        "why": "Right, if a < b; =1+1.",
        "findings": [],
        "look": "",
    }


def graded(tmp_path, layout, people=PEOPLE, roster=""):
    """A gradebook in which number n of the class has n / 2 points, but for the last one: review."""
    exports.write(tmp_path / "in", exports.files_of(layout, people, right=b"{}", wrong=b"old"))
    book = Gradebook(tmp_path / "book")
    found, _ = intake.find(tmp_path / "in", tuple(QUESTIONS))
    number = {getattr(p, exports.LAYOUTS[layout][1]): p.number for p in people}
    for one in found:
        n = number[one.student]
        marks = [mark(n / 2) if n < len(people) - 1 else mark(None, REVIEW)]
        described = {"file": one.file.name, "key": "", "note": "", "origin": origin.of(one)}
        book.store(Record(one.student, one.assignment, marks=marks, **described))
    if roster:
        (book.folder / "roster.csv").write_text(roster, encoding="utf-8")
    return book


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def export(book, platform=None, decimal="."):
    """What the command does, without nbgrader's database, which takes seconds."""
    standings = book.standings(book.tables())
    if platform:
        platforms.export(book.folder, platform, standings, decimal)


def feed_back(book, platform):
    book.tables()
    standings = [one for one in book.standings(book.records()) if one.record]
    platforms.zipped_feedback(book.folder, platform, standings)


def standings(book):
    return book.standings(book.records())


CANVAS = "Student,ID,SIS User ID,SIS Login ID,Section,forward-and-backward (4711)\n" + (
    "    Points Possible,,,,,20\n"
    + "".join(f'"{p.last}, {p.first}",{9000 + p.number},{p.sid},{p.login},S1,\n' for p in PEOPLE)
)
PLAIN = "name,login,id,email,group\n" + "".join(
    f"{p.name},{p.login},{p.sid},{p.email},\n" for p in PEOPLE
)


@pytest.mark.parametrize("layout", ["moodle-folders", "moodle-flat", "moodle-short"])
def test_moodle_finds_every_participant_in_the_worksheet(tmp_path, layout):
    book = graded(tmp_path, layout)
    export(book, "moodle")
    table = rows(book.folder / "export" / f"moodle-{SLUG}.csv")
    # What Moodle's importer needs: these three columns, and "Participant " before its number.
    assert {"Identifier", "Grade", "Last modified (grade)"} <= {*table[0]}
    assert all(row["Identifier"].startswith("Participant ") for row in table)
    grades = {int(row["Identifier"].removeprefix("Participant ")): row["Grade"] for row in table}
    assert {n: float(g) for n, g in grades.items()} == {
        2_400_000 + 7 * p.number: p.number / 2 for p in PEOPLE[:-1]
    }
    assert "a &lt; b" in table[0]["Feedback comments"]
    assert {row["Last modified (grade)"] for row in table} == {"-"}  # as Moodle writes "never"


def test_moodle_finds_everybodys_feedback_in_the_archive(tmp_path):
    book = graded(tmp_path, "moodle-folders")
    feed_back(book, "moodle")
    with zipfile.ZipFile(book.folder / "export" / f"moodle-{SLUG}-feedback.zip") as archive:
        names = archive.namelist()
        numbers = set()
        for name in names:  # as its importer takes a path apart
            _, number, plugin, kind, *_ = name.split("/")[0].split("_", 4)
            assert (plugin, kind) == ("assignsubmission", "file")
            numbers.add(int(number))
            assert b"batch_norm_forward" in archive.read(name)
    assert numbers == {2_400_000 + 7 * p.number for p in PEOPLE}


@pytest.mark.parametrize("roster", ["", CANVAS])
def test_canvas_finds_every_student_and_its_own_assignment(tmp_path, roster):
    book = graded(tmp_path, "canvas", roster=roster)
    export(book, "canvas")
    possible, *table = rows(book.folder / "export" / "canvas.csv")
    title = f"{SLUG} (4711)" if roster else SLUG
    assert [*table[0]][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert possible["Student"].strip() == "Points Possible" and possible[title] == "20"
    given = {int(row["ID"]) - 9000: row[title] for row in table}
    assert given == {p.number: f"{p.number / 2:g}" for p in PEOPLE[:-1]} | {11: ""}
    if roster:
        assert {row["SIS User ID"] for row in table} == {p.sid for p in PEOPLE}


def test_canvas_finds_everybodys_feedback_in_the_archive(tmp_path):
    book = graded(tmp_path, "canvas")
    feed_back(book, "canvas")
    with zipfile.ZipFile(book.folder / "export" / f"canvas-{SLUG}-feedback.zip") as archive:
        ids = {tuple(filter(str.isdecimal, name.split("_")))[:2] for name in archive.namelist()}
    attempt = {p.number: 500_000 + 10 * p.number + 1 for p in PEOPLE}
    assert ids == {(str(9000 + n), str(attempt[n])) for n in attempt}


def test_blackboard_gets_user_names_and_quoted_cells(tmp_path):
    book = graded(tmp_path, "blackboard")
    export(book, "blackboard", ",")
    path = book.folder / "export" / "blackboard.csv"
    table = rows(path)
    title = f"{SLUG} [Total Pts: 20 Score]"
    assert {row["Username"]: row[title] for row in table} == {
        p.login: f"{p.number / 2:g}".replace(".", ",") for p in PEOPLE[:-1]
    } | {PEOPLE[-1].login: ""}
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert re.fullmatch(r'("[^"]*",)*"[^"]*"', first)


def test_gradescope_gets_its_own_columns(tmp_path):
    book = graded(tmp_path, "gradescope")
    export(book, "gradescope")
    table = rows(book.folder / "export" / f"gradescope-{SLUG}.csv")
    assert {row["SID"]: float(row["Total Score"]) for row in table} == {
        p.sid: p.number / 2 for p in PEOPLE[:-1]
    }


def test_the_plain_table_and_archive_have_everybody(tmp_path):
    book = graded(tmp_path, "moodle-folders", roster=PLAIN)
    export(book, "csv")
    table = rows(book.folder / "export" / "marks.csv")
    assert {(row["student"], row["id"]): row[SLUG] for row in table} == {
        (p.login, p.sid): f"{p.number / 2:g}" for p in PEOPLE[:-1]
    } | {(PEOPLE[-1].login, PEOPLE[-1].sid): ""}
    feed_back(book, "csv")
    with zipfile.ZipFile(book.folder / "export" / "feedback.zip") as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {p.login for p in PEOPLE}


def test_a_roster_that_comes_later_renames_records_and_marks_by_hand(tmp_path):
    book = graded(tmp_path, "moodle-folders")
    export(book)
    feedback.write_all(book.folder, standings(book))
    last = PEOPLE[-1]
    text = (book.folder / "by-hand.csv").read_text(encoding="utf-8")
    assert last.name in text
    changed = text.replace("batch_norm_forward,,20", "batch_norm_forward,7,20")
    (book.folder / "by-hand.csv").write_text(changed, encoding="utf-8")
    (book.folder / "roster.csv").write_text(PLAIN + "Bo Ek,bo,1,b@x.org,\n", encoding="utf-8")
    for _ in range(2):
        export(book)
        table = {row["student"]: row for row in rows(book.folder / "grades.csv")}
        assert {*table} == {p.login for p in PEOPLE} | {"bo"}
        assert float(table[last.login]["score"]) == 7
        assert table["bo"]["state"] == "nothing handed in"
        assert table[last.login]["name"] == last.name
        feedback.write_all(book.folder, [one for one in standings(book) if one.record])
        pages = {path.name for path in (book.folder / "feedback").iterdir()}
        assert pages == {p.login for p in PEOPLE}  # none is left below an old name


def test_each_member_of_a_group_has_the_mark(tmp_path, capsys):
    two = PEOPLE[1].login, PEOPLE[2].login
    roster = PLAIN.replace(f"{PEOPLE[1].email},", f"{PEOPLE[1].email},Team 1")
    roster = roster.replace(f"{PEOPLE[2].email},", f"{PEOPLE[2].email},Team 1")
    book = graded(tmp_path, "blackboard", people=PEOPLE[:2] + PEOPLE[3:], roster=roster)
    export(book)
    table = {row["student"]: row for row in rows(book.folder / "grades.csv")}
    assert {table[name]["score"] for name in two} == {"0.5"}
    assert {table[name]["group"] for name in two} == {"Team 1"}
    at = ["--book", str(book.folder)]
    assert main([*at, "export", "--platform", "csv"]) == 0  # the commands, once
    assert main([*at, "feedback", "--platform", "csv"]) == 0
    said = capsys.readouterr().out
    assert {"marks.csv", "feedback.zip"} <= {Path(line).name for line in said.splitlines()}
    assert re.search(r"without points there: .*user010 \(", said, re.IGNORECASE)
    assert main([*at, "feedback", "--platform", "canvas"]) == 0
    assert "No archive: none of these came from canvas." in capsys.readouterr().out
    for name in two:
        assert (book.folder / "feedback" / name / SLUG / f"{SLUG}.html").exists()


def test_without_a_roster_an_exception_for_nobody_is_told(tmp_path, capsys):
    book = graded(tmp_path, "moodle-folders")
    rules = f"assignment,student,deadline\n{SLUG},,2026-11-20\n{SLUG},nobody,2026-11-21\n"
    rules += f"{SLUG},{PEOPLE[0].name},2026-11-21\n"
    (book.folder / "deadlines.csv").write_text(rules, encoding="utf-8")
    assert main(["--book", str(book.folder), "export"]) == 0
    assert capsys.readouterr().err == (
        f"deadlines.csv, {SLUG}, nobody: nobody of this name handed in: "
        "names are those of grades.csv.\n"
    )


@pytest.mark.parametrize("platform", ["moodle", "canvas", "blackboard", "gradescope", "csv"])
def test_no_name_is_a_formula_and_none_breaks_a_row(tmp_path, platform):
    book = Gradebook(tmp_path / "book")
    for n, name in enumerate(('=cmd|"x"', "a;=1,2", "-1+1", "@x", '"quoted", too')):
        where = {"platform": platform, "number": str(100 + n), "name": name, "prefix": "p_1_2_"}
        book.store(Record(name, SLUG, "f", "", "", [mark(3)], where))
    export(book, platform)
    for path in (book.folder / "export").glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        table = [*csv.reader(io.StringIO(text, newline=""))]
        assert len({len(row) for row in table}) == 1
        assert not [cell for row in table for cell in row if re.search(r"(^|;)[=+@-]\S", cell)]


def test_a_number_in_a_name_keeps_its_zeros(tmp_path):
    book = Gradebook(tmp_path / "book")
    book.store(Record("0042", SLUG, "f", "", "", [mark(None, REVIEW)]))
    export(book)
    (row,) = rows(book.folder / "by-hand.csv")
    assert row["student"] == "'0042"  # a spreadsheet leaves it as it is
    text = (book.folder / "by-hand.csv").read_text()
    (book.folder / "by-hand.csv").write_text(text.replace(",,20", ",5,20"))
    export(book)
    assert float(rows(book.folder / "grades.csv")[0]["score"]) == 5


def test_a_request_for_a_second_look_stays_until_it_is_decided(tmp_path):
    book = Gradebook(tmp_path / "book")
    book.store(Record("ada", SLUG, "f", "", "", [mark(3)]))
    export(book)
    head = (book.folder / "by-hand.csv").read_text().strip()
    assert head.endswith("asked_by,asked_on,asked_why,decided")
    row = f"ada,{SLUG},batch_norm_forward,,,,,Ada,2026-11-21,the sum is right,"
    (book.folder / "by-hand.csv").write_text(f"{head}\n{row}\n")
    for _ in range(2):
        export(book)
        (record,) = book.records()
        assert record.score == 3
        (review,) = summary.to_review([record])
        assert review[3] == "A second look was asked for (Ada 2026-11-21): the sum is right"
    (book.folder / "by-hand.csv").write_text(f"{head}\n{row.replace(',,,,,', ',4,,,,')}it is.\n")
    for _ in range(2):
        export(book)
        (record,) = book.records()
        assert record.score == 4 and summary.to_review([record]) == []
        assert record.marks[0]["why"] == "Marked by hand. After a second look: it is."
        assert "the sum is right" in (book.folder / "by-hand.csv").read_text()
