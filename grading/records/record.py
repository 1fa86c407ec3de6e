"""A submission and its marks, as a gradebook stores them."""

from dataclasses import dataclass, field

from grading.marks import GRADED, LATER, REVIEW

UNKNOWN = "unknown"
"""The assignment of a submission that could not be assigned to any."""


@dataclass
class Record:
    """A submission and its marks (dicts of a Mark). key: what decided them (`Gradebook.key`).

    file: its path in what was handed in; of several, all of them.  origin: of `submissions.origin`.
    """

    student: str
    assignment: str
    file: str
    key: str
    note: str
    marks: list
    origin: dict = field(default_factory=dict)

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
