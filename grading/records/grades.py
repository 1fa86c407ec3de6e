"""grades.csv: one row for each student and assignment, with everything that a list may need."""

from grading.records import spreadsheet

COLUMNS = (
    "student",
    "assignment",
    "score",
    "max_score",
    "state",
    "note",
    "late_days",
    "late_off",
    "final",
    "handed_in",
    "time_of",
    "name",
    "id",
    "email",
    "group",
)
"""score: the mark; final: what is left of it after `late_off`, the points for lateness."""


def row(standing):
    """The cells of a Standing."""
    record, person = standing.record, standing.person
    origin = record.origin if record else {}
    notes = [record.note if record else "", standing.lateness.why]
    if standing.twice > 1:
        notes.append(f"{standing.student} is there {standing.twice} times.")
    return (
        standing.student,
        standing.assignment,
        standing.score,
        record.out_of if record else "",
        standing.state,
        " ".join(filter(None, notes)),
        standing.lateness.days,
        standing.off,
        standing.final,
        origin.get("time", ""),
        origin.get("time_of", ""),
        standing.name,
        person.id if person else origin.get("id", ""),
        person.email if person else origin.get("email", ""),
        person.group if person else "",
    )


def write(folder, standings):
    """Write grades.csv into a gradebook's folder."""
    spreadsheet.write(folder / "grades.csv", COLUMNS, map(row, standings))
