"""A page for every student and assignment: points, reasons, hints. All text in it is escaped."""

from grading.records import pages
from grading.records.gradebook import as_file_name, write

_page = pages.template("feedback.html")


def page(record):
    """The page of a Record, as HTML. Nothing of a hidden case is in a Record, nor here."""
    return _page.render(record=record)


def write_all(folder, records):
    """A page for each record, where nbgrader would put it: feedback/STUDENT/ASSIGNMENT/."""
    for record in records:
        place = folder / "feedback" / as_file_name(record.student) / record.assignment
        place.mkdir(parents=True, exist_ok=True)
        write(place / f"{record.assignment}.html", page(record))
