"""Tables in CSV for spreadsheets, which must not take any cell for a formula.

Students choose their names and many of the texts.
"""

import csv
import io
import re

from tools import files


def escaped(cell):
    """A cell with an apostrophe before what a spreadsheet would take for a formula."""
    if not isinstance(cell, str):
        return cell
    # Spreadsheets may split cells at semicolons and tabs, too.
    return re.sub(r"(^|[;\t])(?='*[=+\-@\t\r])", r"\1'", cell)


def unescaped(cell):
    """The text of which `escaped` made `cell`."""
    return re.sub(r"(^|[;\t])'(?='*[=+\-@\t\r])", r"\1", cell)


def write(path, columns, rows):
    """Write a table into a file that is for its owner alone."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns)
    table.writerows([[escaped(cell) for cell in row] for row in rows])
    files.write(path, text.getvalue(), mode=0o600)
