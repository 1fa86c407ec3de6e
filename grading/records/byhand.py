"""by-hand.csv, the table in which a person gives marks, as spreadsheets may leave it."""

from grading.records import spreadsheet, tables
from grading.records.tables import TableError

NAME = "by-hand.csv"
KEY = ("student", "assignment", "question")
"""The columns that say which mark a row is about."""
ASKED = ("asked_by", "asked_on", "asked_why", "decided")
"""The columns of a request for a second look: it is open until something stands in `decided`."""
COLUMNS = (*KEY, "points", "out_of", "comment", "reason", *ASKED)
FILLED = ("points", "comment", *ASKED)
"""The columns that a person fills: a row with one of them is kept."""


class RowError(TableError):
    """by-hand.csv cannot be read, or has a row that cannot be meant; the text names it."""


def read(folder):
    """The rows of the table in a gradebook's folder, as dicts, by (student, assignment, question).

    Raises TableError for a file that cannot be read, and RowError for a question with two rows.
    """
    path = folder / NAME
    if not path.exists():
        return {}
    columns, table = tables.read(path)
    if missing := [name for name in (*KEY, "points") if name not in columns]:
        wanted = ",".join(COLUMNS)
        raise RowError(f"{NAME} lacks {', '.join(missing)} in its first line: write {wanted}.")
    rows = {}
    for raw in table:
        row = {name: raw.get(name, "") for name in COLUMNS}
        key = tuple(row[name] for name in KEY)
        if key in rows and any(key):
            raise RowError(f"{NAME}, {', '.join(key)}: it is there twice: take one out.")
        rows[key] = row
    return {key: row for key, row in rows.items() if any(row.values())}


def write(folder, rows):
    """Write the rows, as `read` returns them, into the table."""
    in_order = [tuple(row.values()) for _, row in sorted(rows.items())]
    spreadsheet.write(folder / NAME, COLUMNS, in_order)


def request(row):
    """What a person who looks for open requests for a second look has to read, or ""."""
    if row["decided"] or not any(row[name] for name in ASKED):
        return ""
    said = " ".join(row[name] for name in ("asked_by", "asked_on") if row[name])
    return f"A second look was asked for ({said}): {row['asked_why']}".replace(" ()", "")


def points(row, mark):
    """The points that a row gives for a mark (a dict). Raises RowError if they cannot be meant."""
    where = f"{NAME}, {', '.join(row[name] for name in KEY)}"
    try:
        number = float(row["points"].replace(",", "."))
    except ValueError:
        raise RowError(f"{where}: points must be a number, received {row['points']!r}.") from None
    if not 0 <= number <= mark["out_of"]:
        raise RowError(f"{where}: points must lie in 0..{mark['out_of']}, received {number:g}.")
    return number
