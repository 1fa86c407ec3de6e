"""Tables that people made, as spreadsheets may leave them: roster, deadlines, marks by hand."""

import csv
import io

from grading.records import spreadsheet


class TableError(ValueError):
    """A table cannot be read, or has a row that cannot be meant; the text names it."""


def read(path):
    """(the names of the columns, the rows as dicts of stripped texts) of a CSV file.

    The separator is a comma, a semicolon or a tab, whatever the first line has most of. Raises
    TableError for a file that is not in UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(f"{path.name} is not in UTF-8: save it as 'CSV UTF-8'.") from error
    separator = max(",;\t", key=text.partition("\n")[0].count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    columns = [name.strip() for name in table.fieldnames or ()]
    table.fieldnames = columns
    rows = [
        {
            name: spreadsheet.unescaped((cell or "").strip())
            for name, cell in raw.items()
            if isinstance(name, str) and not isinstance(cell, list)
        }
        for raw in table
    ]
    return columns, rows
