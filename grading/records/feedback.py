"""A page for every student and assignment: points, reasons, hints. All text in it is escaped."""

from grading.records import pages
from grading.records.gradebook import as_file_name
from tools import files

_page = pages.template("feedback.html")


def page(record):
    """The page of a Record, as HTML. It holds nothing of a hidden case, as a Record does not."""
    return _page.render(record=record)


def write_all(folder, records):
    """Write a page for each Record, where nbgrader would: feedback/STUDENT/ASSIGNMENT/."""
    for record in records:
        place = folder / "feedback" / as_file_name(record.student) / record.assignment
        place.mkdir(parents=True, exist_ok=True)
        files.write(place / f"{record.assignment}.html", page(record), mode=0o600)
