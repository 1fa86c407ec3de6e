"""The gradebook: a folder that stores every mark, whatever interrupts the grading.

    results/ASSIGNMENT/STUDENT.json   the marks, and of which bytes: all else is made from these
    by-hand.csv                       the marks that a person gave, which override them
    roster.csv, deadlines.csv         if there are any: who belongs to the class, and until when
    seed                              of the hidden cases; it must stay out of the repository
    grades.csv, marks.csv, gradebook.db (nbgrader's), summary.html, feedback/   can be made again

Every file is replaced as a whole, so a reader sees the old one or the new one. All files are for
their owner alone.
"""

import hashlib
import json
import secrets
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from grading.marks import GRADED, REVIEW
from grading.records import byhand, deadlines, grades, roster, spreadsheet, standings
from grading.records.record import Record
from tools import files

MARK_COLUMNS = ("points", "out_of", "state", "why", "look")


class Gradebook:
    """The gradebook in `folder`, which is created if it is missing."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def seed(self):
        """The secret seed of the hidden cases, drawn when it is first needed."""
        path = self.folder / "seed"
        if not path.exists():
            files.write(path, f"{secrets.randbits(64)}\n", mode=0o600)
        return int(path.read_text())

    def key(self, data, settings, course):
        """A hash of what decides the marks: the submission's bytes, settings, the questions.

        course: `worker.fingerprint`.
        """
        text = repr((settings.seed, settings.limits, course))
        return hashlib.sha256(data + text.encode()).hexdigest()

    def load(self, student, assignment):
        """The Record of a submission, or None."""
        return _read(self._path(student, assignment))

    def store(self, record):
        """Store a Record, in place of an earlier one."""
        path = self._path(record.student, record.assignment)
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, json.dumps(vars(record)), mode=0o600)

    def drop(self, student, assignment, files):
        """Delete the Record of a submission, if there is one that is about these files only."""
        record = self.load(student, assignment)
        if record and files.issuperset(record.file.split("; ")):
            self._path(student, assignment).unlink()

    def _rename(self):
        """Give every Record, and its marks by hand, the name that the roster has for it.

        A Record whose new name has one already stays as it is. Raises tables.TableError.
        """
        known, moved = roster.read(self.folder), {}
        for path in sorted((self.folder / "results").glob("*/*.json")) if known.persons else ():
            record = _read(path)
            if record is None:
                continue
            name = known.student({"student": record.student, **record.origin})
            if name != record.student and not self.load(name, record.assignment):
                moved[record.student, record.assignment] = name
                self.store(replace(record, student=name))
                path.unlink()
                old = self.folder / "feedback" / as_file_name(record.student)
                shutil.rmtree(old, ignore_errors=True)  # its pages are made anew below the new name
        if moved:
            rows = byhand.read(self.folder)
            for key in [key for key in rows if key[:2] in moved]:
                row = rows.pop(key) | {"student": moved[key[:2]]}
                rows[row["student"], *key[1:]] = row
            byhand.write(self.folder, rows)

    def _path(self, student, assignment):
        return self.folder / "results" / assignment / f"{as_file_name(student)}.json"

    def records(self):
        """All Records, in order of assignment and student, with the marks given by hand.

        Raises byhand.RowError.
        """
        by_hand = byhand.read(self.folder)
        paths = sorted((self.folder / "results").glob("*/*.json"))
        records = [record for record in map(_read, paths) if record]
        for record in records:
            for mark in record.marks:
                row = by_hand.get((record.student, record.assignment, mark["question"]))
                if row and row["points"]:
                    mark |= {"points": byhand.points(row, mark), "state": GRADED, "look": ""}
                    mark["why"] = row["comment"] or "Marked by hand."
                if row and row["decided"]:
                    mark["why"] = f"{mark['why']} After a second look: {row['decided']}"
                elif row:
                    mark["look"] = " ".join(filter(None, (mark["look"], byhand.request(row))))
        return records

    def tables(self):
        """Write grades.csv, marks.csv and by-hand.csv; returns the Records they were made from.

        by-hand.csv then holds the rows that a person filled in, and one for each mark that needs
        a person. Raises byhand.RowError, also for a row that is about no mark.
        """
        self._rename()
        records, rows = self.records(), byhand.read(self.folder)
        rows = {key: row for key, row in rows.items() if any(row[name] for name in byhand.FILLED)}
        marks = [
            ((record.student, record.assignment, mark["question"]), mark)
            for record in records
            for mark in record.marks
        ]
        for key in rows.keys() - {key for key, _ in marks}:
            where = f"{byhand.NAME}, {', '.join(key)}"
            raise byhand.RowError(f"{where}: marks.csv has no such row: mend it, or take it out.")
        for key, mark in marks:
            if key not in rows and (mark["state"] == REVIEW or mark["look"]):
                reason = mark["why"] if mark["state"] == REVIEW else mark["look"]
                empty = dict.fromkeys(byhand.COLUMNS, "")
                said = {"out_of": mark["out_of"], "reason": reason}
                rows[key] = empty | dict(zip(byhand.KEY, key, strict=True)) | said
        details = [(*key, *(mark[name] for name in MARK_COLUMNS)) for key, mark in marks]
        spreadsheet.write(self.folder / "marks.csv", (*byhand.KEY, *MARK_COLUMNS), details)
        byhand.write(self.folder, rows)
        grades.write(self.folder, self.standings(records))
        return records

    def standings(self, records):
        """The Standings of everybody, with these Records. Raises tables.TableError."""
        return standings.of(records, roster.read(self.folder), deadlines.read(self.folder))


def _read(path):
    """The Record in a file; None without one, or if a power failure cut it short."""
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return None


def as_file_name(student):
    """A file name for a student, different for each, of letters that every system allows."""
    name = quote(student, safe=" @+,=()")
    if len(name) > 150 or name.startswith("."):
        name = name[:100].replace(".", "%2E") + hashlib.sha256(student.encode()).hexdigest()[:16]
    return name
