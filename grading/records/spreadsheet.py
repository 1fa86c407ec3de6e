"""Tables in CSV for spreadsheets, which must take no cell for a formula, and no name for a number.

Students choose their names and many of the texts.
"""

import csv
import io
import re

from tools import files

FORMULA = r"(?='*[=+\-@\t\r])(?!-$)"
"""What a spreadsheet takes for a formula, which a lone hyphen is not. It may split cells at
semicolons and tabs, too."""
NUMBER = r"(?='*(?:0\d+|\d{12,})$)"
"""The numbers of which a spreadsheet drops zeros in front, or digits at the end."""


def inert(cell):
    """A cell with an apostrophe before what a spreadsheet would take for a formula."""
    return re.sub(rf"(^|[;\t]){FORMULA}", r"\1'", cell) if isinstance(cell, str) else cell


def escaped(cell):
    """The same, with an apostrophe before numbers as well that are to be kept digit by digit."""
    return re.sub(f"^{NUMBER}", "'", inert(cell)) if isinstance(cell, str) else cell


def unescaped(cell):
    """The text of which `escaped` made `cell`."""
    return re.sub(rf"(^|[;\t])'{FORMULA}|^'{NUMBER}", r"\1", cell)


def write(path, columns, rows, escape=escaped, **dialect):
    """Write a table into a file that is for its owner alone. dialect: as `csv.writer` takes it."""
    text = io.StringIO()
    table = csv.writer(text, **{"lineterminator": "\n"} | dialect)
    table.writerow(columns)
    table.writerows([[escape(cell) for cell in row] for row in rows])
    files.write(path, text.getvalue(), mode=0o600)
