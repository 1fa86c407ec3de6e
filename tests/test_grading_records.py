"""The tables of the gradebook: marks by hand, cells that are no formulas, the summary's counts."""

import csv
import re

import pytest

from grading import marks
from grading.records import feedback, spreadsheet, summary
from grading.records.byhand import RowError
from grading.records.record import Record
from grading.records.roster import Roster
from grading.records.tables import TableError
from local.exercises.questions import QUESTIONS
from tests import submissions
from tests.grading_batches import few, only_linux, run

pytestmark = only_linux


@pytest.mark.parametrize(
    "cell", ["=1", "'=1", "x;=1", "x\t-1", "\t=1", "x;\t=1", "Müller", "a;b", "-5", ""]
)
def test_a_cell_that_was_escaped_comes_back(cell):
    escaped = spreadsheet.escaped(cell)
    assert not re.search(r"(^|[;\t])[=+\-@]", escaped)
    assert spreadsheet.unescaped(escaped) == cell


def test_marks_by_hand_count_and_stay(tmp_path):
    folder, book = few(tmp_path)
    run(folder, book)
    book.tables()
    path = book.folder / "by-hand.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["student"], row["points"]) for row in rows} == {
        ("deleted cell", ""),
        ("broken JSON", ""),
    }
    for row in rows:
        if row["student"] == "deleted cell":
            row |= {"points": "2,5", "comment": "Shown on paper."}
        else:
            row["comment"] = "Ask for the file."
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # as a spreadsheet may leave it
        table = csv.DictWriter(file, rows[0], delimiter=";")
        table.writeheader()
        table.writerows(rows)
    for _ in range(2):
        (record,) = (one for one in book.tables() if one.student == "deleted cell")
        assert (record.score, record.state) == (18.5, marks.GRADED)
        assert "Shown on paper." in {mark["why"] for mark in record.marks}
    text = path.read_text()
    assert text.count("Ask for the file.") == len(QUESTIONS[submissions.SLUG])
    path.write_text(text.replace("broken JSON", "broken JASON"))
    with pytest.raises(RowError, match=r"broken JASON.*no such row"):
        book.tables()
    path.write_text(text.replace('"2,5"', "99").replace("2.5", "99"))
    with pytest.raises(RowError, match=r"deleted cell.*0\.\.4, received 99"):
        book.tables()
    for message, spoilt in {
        "lacks points": text.replace("points", "Points", 1).encode(),
        "is there twice": (text + text.partition("\n")[2]).encode(),
        "is not in UTF-8": text.replace("Shown", "Gepr\xfcft").encode("cp1252"),
    }.items():
        path.write_bytes(spoilt)
        with pytest.raises(TableError, match=message):
            book.tables()
        assert path.read_bytes() == spoilt


def test_all_files_are_for_their_owner_alone(tmp_path):
    folder, book = few(tmp_path)
    book.seed()
    run(folder, book)
    records = book.tables()
    standings = book.standings(records)
    feedback.write_all(book.folder, standings)
    summary.write_page(book.folder, records, QUESTIONS, standings, Roster())
    written = [path for path in book.folder.rglob("*") if path.is_file()]
    assert len(written) == 2 * len(records) + len(
        ["seed", "grades.csv", "marks.csv", "by-hand.csv", "summary.html"]
    )
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}


def test_the_distribution_counts_everybody_who_is_graded():
    records = [
        Record("s", "a", "", "", "", [{"state": marks.GRADED, "points": p, "out_of": 10}])
        for p in (0, 0.5, 9.5, 10, 10)
    ]
    counts = [count for _, count in summary.distribution(records)]
    assert counts == [2, 0, 0, 0, 0, 0, 0, 0, 0, 3]
