"""A page for every student and assignment: points, reasons, hints. All text in it is escaped."""

from grading.records import pages
from grading.records.gradebook import as_file_name
from tools import files

_page = pages.template("feedback.html")


def page(standing):
    """The page of a Standing, as HTML. It holds nothing of a hidden case, as a Record does not."""
    return _page.render(record=standing.own, standing=standing)


def path(standing):
    """Where the page of a Standing lies in the gradebook: where nbgrader would put it."""
    slug = standing.assignment
    return f"feedback/{as_file_name(standing.student)}/{slug}/{slug}.html"


def write_all(folder, standings):
    """Write a page for each Standing that has a Record."""
    for one in standings:
        place = folder / path(one)
        place.parent.mkdir(parents=True, exist_ok=True)
        files.write(place, page(one), mode=0o600)
