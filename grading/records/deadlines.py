"""deadlines.csv: until when an assignment may be handed in, and what lateness costs.

    assignment,student,deadline,percent_per_day,grace_hours,at_most_percent
    layer,,2026-11-20 23:59,10,1,50
    layer,ada,2026-11-27 23:59,,,

A row with a student or a group is an exception; what it leaves empty is as in the row for all. The
cost is a part of the points that the assignment has, as in Canvas, for every day that has begun
since the deadline, and never more than the points that were reached. Within the grace it is 0.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from grading.records import tables
from grading.records.tables import TableError

NAME = "deadlines.csv"
KEY = ("assignment", "student")
NUMBERS = ("percent_per_day", "grace_hours", "at_most_percent")
COLUMNS = (*KEY, "deadline", *NUMBERS)
DAY = 24 * 3600


@dataclass(frozen=True)
class Rule:
    """deadline: with its time zone. The numbers are percents of the points, and hours."""

    deadline: datetime
    percent_per_day: float = 0.0
    grace_hours: float = 0.0
    at_most_percent: float = 100.0


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

    def lateness(self, assignment, students, origin):
        """The Lateness of a submission.

        students: whose it is, and the group.  origin: of `submissions.origin`. Of several rules the
        one with the latest deadline counts.
        """
        own = [self.rules[assignment, one] for one in students if (assignment, one) in self.rules]
        shared = self.rules.get((assignment, ""))
        rule = max(own, key=lambda rule: rule.deadline, default=shared)
        late, time = origin.get("late", False), origin.get("time")
        if rule is None or time is None:
            return Lateness(why="The platform says that it was late." if late else "")
        from_file = origin.get("time_of") != "platform"
        if origin.get("platform") == "canvas" and not late:
            return Lateness()  # Canvas's files tell nothing but when they were downloaded
        beyond = (datetime.fromisoformat(time) - rule.deadline).total_seconds()
        if beyond <= 3600 * rule.grace_hours:
            return Lateness()
        days = math.ceil(beyond / DAY)
        percent = min(days * rule.percent_per_day, rule.at_most_percent)
        said = ", by the time of its file, for the platform tells none" if from_file else ""
        return Lateness(days, percent, f"{days} {'day' if days == 1 else 'days'} late{said}.")


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
    keys = [(row["assignment"], row["student"]) for row in rows]
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise TableError(f"{NAME}, {', '.join(twice[0])}: it is there twice: take one out.")
    return Deadlines(rows)


def _rule(row, shared):
    """The Rule of a row; what is empty in it is taken from the Rule for all. Raises TableError."""
    where = f"{NAME}, {row['assignment']}{', ' if row['student'] else ''}{row['student']}"
    values = vars(shared).copy() if shared else {}
    if row["deadline"]:
        try:
            values["deadline"] = datetime.fromisoformat(row["deadline"]).astimezone()
        except ValueError:
            raise TableError(
                f"{where}: a deadline is written as 2026-11-20 23:59 (this machine's time) or "
                f"2026-11-20T23:59+01:00, received {row['deadline']!r}."
            ) from None
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
