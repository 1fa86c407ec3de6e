"""The gradebook: a folder that keeps every mark, once, whatever interrupts the grading.

    results/ASSIGNMENT/STUDENT.json   what was marked, and of which bytes: the truth
    by-hand.csv                       what a person decided, which counts before it
    seed                              of the hidden cases; keep it out of the repository
    grades.csv, marks.csv, gradebook.db (nbgrader's), summary.html, feedback/   made from those

Every file is written beside its place and then moved there, so a reader sees the old or the new.
Files are for their owner alone: pass on what others should see.
"""

import csv
import hashlib
import io
import json
import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from grading.marks import GRADED, LATER, REVIEW

NOWHERE = "unknown"
"""The assignment of what could not be told to belong to any."""
BY_HAND = ("student", "assignment", "question", "points", "out_of", "comment", "reason")


class BadRow(ValueError):
    """A row of by-hand.csv that cannot be meant; the text names it."""


@dataclass
class Record:
    """A submission and its marks (dicts of a Mark). key: of what was marked (`Gradebook.key`)."""

    student: str
    assignment: str
    file: str
    key: str
    note: str
    marks: list

    @property
    def state(self):
        states = {mark["state"] for mark in self.marks}
        return next((state for state in (LATER, REVIEW) if state in states), GRADED)

    @property
    def score(self):
        return sum(mark["points"] or 0 for mark in self.marks)

    @property
    def out_of(self):
        return sum(mark["out_of"] for mark in self.marks)


class Gradebook:
    """The gradebook in `folder`, which is made if it is not there."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def seed(self):
        """The secret seed of the hidden cases, drawn when it is first asked for."""
        path = self.folder / "seed"
        if not path.exists():
            write(path, f"{secrets.randbits(64)}\n")
        return int(path.read_text())

    def key(self, data, settings, course):
        """What decides the marks: the submission's bytes, the settings, the course's questions."""
        told = repr((settings.seed, settings.limits, course))
        return hashlib.sha256(data + told.encode()).hexdigest()

    def load(self, student, assignment):
        """The Record of a submission, or None."""
        return _read(self._path(student, assignment))

    def store(self, record):
        """Keep a Record, in the place of an earlier one."""
        path = self._path(record.student, record.assignment)
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, json.dumps(vars(record)))

    def drop(self, student, assignment, file):
        """Forget the Record of a submission, if there is one of this file."""
        record = self.load(student, assignment)
        if record and record.file == file:
            self._path(student, assignment).unlink()

    def _path(self, student, assignment):
        return self.folder / "results" / assignment / f"{as_file_name(student)}.json"

    def records(self):
        """All Records, in order of assignment and student, with the marks given by hand."""
        given = {key: row for key, row in self._by_hand().items() if row["points"]}
        paths = sorted((self.folder / "results").glob("*/*.json"))
        records = [record for record in map(_read, paths) if record]
        for record in records:
            for mark in record.marks:
                row = given.get((record.student, record.assignment, mark["question"]))
                if row:
                    mark |= {"points": _points(row, mark), "state": GRADED, "look": ""}
                    mark["why"] = row["comment"] or "Marked by hand."
        return records

    def _by_hand(self):
        """Rows of by-hand.csv by (student, assignment, question), as spreadsheets leave them.

        Raises BadRow for a file that cannot be read, and for a question that is there twice.
        """
        path = self.folder / "by-hand.csv"
        if not path.exists():
            return {}
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise BadRow("by-hand.csv is not in UTF-8: save it as 'CSV UTF-8'.") from error
        header = text.partition("\n")[0]
        separator = max(",;\t", key=header.count)
        table = csv.DictReader(io.StringIO(text), delimiter=separator)
        if lost := [name for name in BY_HAND[:4] if name not in (table.fieldnames or ())]:
            wanted = ",".join(BY_HAND)
            raise BadRow(f"by-hand.csv lacks {', '.join(lost)} in its first line: write {wanted}.")
        rows = {}
        for told in table:
            row = {name: tame((told.get(name) or "").strip(), back=True) for name in BY_HAND}
            key = tuple(row[name] for name in BY_HAND[:3])
            if key in rows and any(key):
                raise BadRow(f"by-hand.csv, {', '.join(key)}: it is there twice: take one out.")
            rows[key] = row
        return {key: row for key, row in rows.items() if any(row.values())}

    def tables(self):
        """Write grades.csv, marks.csv and by-hand.csv; return the Records they were made from.

        Raises BadRow for points in by-hand.csv that the question does not have, or that are of no
        question of a submission.
        """
        records, kept = self.records(), self._by_hand()
        kept = {key: row for key, row in kept.items() if row["points"] or row["comment"]}
        grades = [
            (one.student, one.assignment, one.score, one.out_of, one.state, one.note)
            for one in records
        ]
        each = [(one, mark) for one in records for mark in one.marks]
        known = {(one.student, one.assignment, mark["question"]) for one, mark in each}
        for key in kept.keys() - known:
            where = f"by-hand.csv, {', '.join(key)}"
            raise BadRow(f"{where}: marks.csv has no such row: mend it, or take it out.")
        described = [
            (one.student, one.assignment, *(mark[name] for name in MARK_COLUMNS))
            for one, mark in each
        ]
        for one, mark in each:
            key = (one.student, one.assignment, mark["question"])
            if key not in kept and (mark["state"] == REVIEW or mark["look"]):
                reason = mark["why"] if mark["state"] == REVIEW else mark["look"]
                kept[key] = dict(zip(BY_HAND, (*key, "", mark["out_of"], "", reason), strict=True))
        columns = ("student", "assignment", "score", "max_score", "state", "note")
        self._table("grades.csv", columns, grades)
        self._table("marks.csv", ("student", "assignment", *MARK_COLUMNS), described)
        rows = [tuple(row.values()) for _, row in sorted(kept.items())]
        self._table("by-hand.csv", BY_HAND, rows)
        return records

    def _table(self, name, columns, rows):
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(columns)
        table.writerows([[tame(cell) for cell in row] for row in rows])
        write(self.folder / name, text.getvalue())


def _read(path):
    """The Record in a file; None where there is none, or the power failed before it was whole."""
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return None


MARK_COLUMNS = ("question", "points", "out_of", "state", "why", "look")


def tame(cell, back=False):
    """A cell that no spreadsheet takes for a formula: students choose names and texts."""
    if not isinstance(cell, str):
        return cell
    if back:
        return re.sub(r"(^|[;\t])'(?='*[=+\-@\t\r])", r"\1", cell)
    return re.sub(r"(^|[;\t])(?='*[=+\-@\t\r])", r"\1'", cell)  # ; and tab part cells, too


def _points(row, mark):
    where = f"by-hand.csv, {row['student']}, {row['assignment']}, {row['question']}"
    try:
        points = float(row["points"].replace(",", "."))
    except ValueError:
        raise BadRow(f"{where}: points must be a number, received {row['points']!r}.") from None
    if not 0 <= points <= mark["out_of"]:
        raise BadRow(f"{where}: points must lie in 0..{mark['out_of']}, received {points:g}.")
    return points


def as_file_name(student):
    """A file name for a student, one for each, of letters that every system has."""
    name = quote(student, safe=" @+,=()")
    if len(name) > 150 or name.startswith("."):
        name = name[:100].replace(".", "%2E") + hashlib.sha256(student.encode()).hexdigest()[:16]
    return name


def write(path, text):
    """Put `text` into the file `path`: all of it or nothing, wherever this is interrupted."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)
