"""deadlines.csv: until when an assignment may be handed in, and what lateness costs.

    assignment,student,deadline,percent_per_day,grace_hours,at_most_percent,handed_in
    layer,,2026-11-20 23:59,10,1,50,
    layer,ada,2026-11-27 23:59,,,,
    layer,bo,,,,,2026-11-21 08:15

A row with a student or a group is an exception; what it leaves empty is as in the row for all. The
cost is a part of the points that the assignment has, as in Canvas, for every 24 hours that have
begun since the deadline, and never more than the points that were reached. Within the grace it
is 0. `handed_in` takes the place of the time that a platform or a file tells.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from grading.records import tables
from grading.records.tables import TableError
from tools.files import ROOT

NAME = "deadlines.csv"
KEY = ("assignment", "student")
NUMBERS = ("percent_per_day", "grace_hours", "at_most_percent")
COLUMNS = (*KEY, "deadline", *NUMBERS, "handed_in")
DAY = 24 * 3600
LATE = "The platform says that it was late, and not by how much: nothing is taken off."
ASSIGNMENTS = ROOT / "content" / "assignments"


@dataclass(frozen=True)
class Rule:
    """deadline: with its time zone; local: it was given in this machine's time, in which a day may
    have 23 hours or 25. The numbers are percents of the points, and hours. handed_in: the time that
    counts, where a person has written it down.
    """

    deadline: datetime
    local: bool = True
    percent_per_day: float = 0.0
    grace_hours: float = 0.0
    at_most_percent: float = 100.0
    handed_in: datetime | None = None


@dataclass(frozen=True)
class Lateness:
    """days: begun since the deadline, 0 in time.  percent: of the points that are taken off.

    why: a sentence for the student, or "".
    """

    days: int = 0
    percent: float = 0.0
    why: str = ""


class Deadlines:
    """The rules of a class. rows: as `read` finds them."""

    def __init__(self, rows=()):
        self.rules = {}
        for row in sorted(rows, key=lambda row: row["student"] != ""):
            shared = self.rules.get((row["assignment"], ""))
            self.rules[row["assignment"], row["student"]] = _rule(row, shared)

    def strangers(self, roster, students):
        """(assignment, student) of each exception for somebody whom nothing else names.

        students: who handed something in.
        """
        known = roster.names | set(students)
        names = {student for _, student in self.rules if student}
        unknown = {one for one in names if roster.student({"student": one}) not in known} - known
        return [key for key in self.rules if key[1] in unknown]

    def meant(self, roster, assignments, students):
        """The same, where the names of exceptions may be any that the roster knows.

        assignments: the slugs of those that were handed in.  students: who handed something in.
        Raises TableError for an assignment that is none, and, where there is a roster, for a
        student who is neither on it nor handed anything in.
        """
        if roster.persons and (unknown := self.strangers(roster, students)):
            raise TableError(f"{stranger(*unknown[0])} or is on the roster: mend the row.")
        found = Deadlines()
        for (slug, student), rule in self.rules.items():
            if slug not in assignments and not (ASSIGNMENTS / f"{slug}.ipynb").exists():
                raise TableError(f"{NAME}: there is no assignment {slug!r}: mend the row.")
            known = not student or student in roster.names
            found.rules[slug, student if known else roster.student({"student": student})] = rule
        return found

    def lateness(self, assignment, students, origin):
        """The Lateness of a submission.

        students: whose it is, and the group.  origin: of `submissions.origin`. Of several rules the
        one with the latest deadline counts.
        """
        own = [self.rules[assignment, one] for one in students if (assignment, one) in self.rules]
        shared = self.rules.get((assignment, ""))
        rule = max(own, key=lambda rule: rule.deadline, default=shared)
        late, time = origin.get("late", False), origin.get("time")
        if rule is None:
            return Lateness(why="The platform says that it was late." if late else "")
        from_file = not rule.handed_in and origin.get("time_of") != "platform"
        if from_file and origin.get("platform") == "canvas":
            time = None  # its files tell nothing but when they were downloaded
        handed_in = rule.handed_in or (time and datetime.fromisoformat(time))
        if not handed_in:
            return Lateness(why=LATE if late else "")
        beyond = (handed_in - rule.deadline).total_seconds()
        if beyond <= 3600 * rule.grace_hours:
            return Lateness()
        if rule.local:
            ends = [one.astimezone().replace(tzinfo=None) for one in (rule.deadline, handed_in)]
            beyond = (ends[1] - ends[0]).total_seconds()
        days = max(1, math.ceil(beyond / DAY))
        percent = min(days * rule.percent_per_day, rule.at_most_percent)
        said = ", by the time of its file, for the platform tells none" if from_file else ""
        return Lateness(days, percent, f"{days} {'day' if days == 1 else 'days'} late{said}.")


def stranger(assignment, student):
    """The beginning of a sentence about an exception for somebody whom nothing else names."""
    return f"{NAME}, {assignment}, {student}: nobody of this name handed in"


def read(folder):
    """The Deadlines in a gradebook's folder. Raises TableError for a row that cannot be meant."""
    path = folder / NAME
    if not path.exists():
        return Deadlines()
    columns, rows = tables.read(path)
    if missing := [name for name in ("assignment", "deadline") if name not in columns]:
        wanted = ",".join(COLUMNS)
        raise TableError(f"{NAME} lacks {', '.join(missing)} in its first line: write {wanted}.")
    rows = [{name: row.get(name, "") for name in COLUMNS} for row in rows if any(row.values())]
    for row in rows:
        row["assignment"] = row["assignment"].lower()
    keys = [(row["assignment"], row["student"]) for row in rows]
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise TableError(f"{NAME}, {', '.join(twice[0])}: it is there twice: take one out.")
    return Deadlines(rows)


def _time(text, what):
    """The time that `text` means, with a zone if it names one. Raises TableError."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise TableError(
            f"{what} is written as 2026-11-20 23:59 (this machine's time) or "
            f"2026-11-20T23:59+01:00, received {text!r}."
        ) from None


def _rule(row, shared):
    """The Rule of a row; what is empty in it is taken from the Rule for all. Raises TableError."""
    where = f"{NAME}, {row['assignment']}{', ' if row['student'] else ''}{row['student']}"
    values = vars(shared).copy() if shared else {}
    if row["deadline"]:
        given = _time(row["deadline"], f"{where}: a deadline")
        values |= {"deadline": given.astimezone(), "local": given.tzinfo is None}
    if row["handed_in"]:
        if not row["student"]:
            raise TableError(f"{where}: handed_in is for one student: name them in the row.")
        values["handed_in"] = _time(row["handed_in"], f"{where}: handed_in").astimezone()
    if "deadline" not in values:
        raise TableError(f"{where}: it has no deadline, and there is no row for all.")
    for name in NUMBERS:
        if row[name]:
            try:
                values[name] = float(row[name].replace(",", "."))
            except ValueError:
                values[name] = -1.0
            if not 0 <= values[name] < math.inf:
                raise TableError(
                    f"{where}: {name} must be a number from 0 up, received {row[name]!r}."
                )
    return Rule(**values)
