"""Where everybody stands: a row for each student and assignment, groups and lateness applied.

A mark is stored as it was given. What lateness takes off stands beside it and is worked out anew
each time, so a deadline may be changed, and an exception granted, at any time.
"""

from collections import Counter
from dataclasses import dataclass, field, replace

from grading.records.deadlines import Lateness
from grading.records.record import UNKNOWN, Record
from grading.records.roster import Person

MISSING = "nothing handed in"
"""The state of a student on the roster without a Record."""


@dataclass(frozen=True)
class Standing:
    """student: the name in the tables.  record: None where nothing was handed in.

    person: of the roster, or None.  twice: how many submissions the student has for the assignment.
    """

    student: str
    assignment: str
    record: Record | None
    person: Person | None
    lateness: Lateness = field(default_factory=Lateness)
    twice: int = 1

    @property
    def state(self):
        return self.record.state if self.record else MISSING

    @property
    def score(self):
        """The mark, before lateness."""
        return self.record.score if self.record else 0.0

    @property
    def off(self):
        """The points that lateness takes off."""
        out_of = self.record.out_of if self.record else 0
        return min(self.score, out_of * self.lateness.percent / 100)

    @property
    def final(self):
        return self.score - self.off

    @property
    def own(self):
        """The Record as the student's alone."""
        return replace(self.record, student=self.student)

    @property
    def name(self):
        """The student's name, as far as it is known."""
        if self.person and self.person.name:
            return self.person.name
        return self.record.origin.get("name", self.student) if self.record else self.student


def of(records, roster, deadlines):
    """The Standings of all with a Record, in its order, then of the rest of the roster."""
    rows = []
    of_record = [roster.members({"student": one.student, **one.origin}) for one in records]
    students = {name for members in of_record for name in members} | {r.student for r in records}
    deadlines = deadlines.meant(roster, {record.assignment for record in records}, students)
    for record, members in zip(records, of_record, strict=True):
        lateness = deadlines.lateness(record.assignment, {*members, record.student}, record.origin)
        for student in members:
            person = roster.by_key.get(student)
            rows.append(Standing(student, record.assignment, record, person, lateness))
    there = Counter((row.student, row.assignment) for row in rows)
    rows = [replace(row, twice=there[row.student, row.assignment]) for row in rows]
    for assignment in sorted({record.assignment for record in records} - {UNKNOWN}):
        rows += [
            Standing(person.key, assignment, None, person)
            for person in roster.persons
            if (person.key, assignment) not in there
        ]
    return sorted(rows, key=lambda row: row.assignment)
