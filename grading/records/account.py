"""files.csv: what became of each file that was handed in, and the count of them, which adds up."""

from collections import Counter

from grading.marks import GRADED, LATER, REVIEW
from grading.records import spreadsheet, tables
from grading.records.record import UNKNOWN

COLUMNS = ("file", "student", "assignment", "became", "why")
ASIDE = "set aside"


def rows(found, aside, records):
    """A row for each file of the Submissions found and of what was set Aside, in order of path."""
    states = {(record.student, record.assignment): record for record in records}
    table = [(one.file.name, one.student, one.assignment or "", ASIDE, one.why) for one in aside]
    for one in found:
        record = states.get((one.student, one.assignment or UNKNOWN))
        state = record.state if record else LATER
        why = (
            one.problem
            or next((mark["why"] for mark in record.marks if mark["state"] != GRADED), one.note)
            if record
            else ""
        )
        files = one.about or (one.file,) * (one.file is not None)
        table += [(file.name, one.student, one.assignment or "", state, why) for file in files]
    return sorted(table)


def write(folder, found, aside, records):
    """Write files.csv into a gradebook's folder."""
    spreadsheet.write(folder / "files.csv", COLUMNS, rows(found, aside, records))


def sentence(folder):
    """The sentence that counts the rows of files.csv, or "" where there is none."""
    path = folder / "files.csv"
    if not path.exists():
        return ""
    table = tables.read(path)[1]
    counts = Counter(row["became"] for row in table)
    parts = [
        f"{counts[state]} {word}"
        for state, word in {
            GRADED: "graded",
            REVIEW: "for review",
            LATER: "not graded yet",
            ASIDE: "set aside",
        }.items()
        if counts[state] or state != LATER
    ]
    return f"{len(table)} files found = {' + '.join(parts)}; files.csv names each."
