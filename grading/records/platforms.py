"""The files that learning platforms take: marks as CSV, and all feedback as one zip archive.

The columns are those that each platform documents for its import. What a platform knows by a number
of its own (Moodle's participant, Canvas's user and assignment) comes from the names of the files
that were handed in, or from its own table where that is the roster.
"""

import csv
import html
import io
import re
import zipfile
from collections import defaultdict

from grading.marks import GRADED
from grading.records import feedback, spreadsheet
from grading.records.record import UNKNOWN
from grading.records.spreadsheet import inert
from tools import files

PLATFORMS = ("moodle", "canvas", "blackboard", "gradescope", "csv")


def export(folder, platform, standings, decimal="."):
    """Write a platform's files into folder/export; returns (their paths, who is left out).

    standings: everybody's. Whoever needs review, handed in nothing or is there twice has no points
    yet, and an empty cell or no row. decimal: the sign before the tenths.
    """
    place = folder / "export"
    place.mkdir(mode=0o700, exist_ok=True)
    rows = [one for one in standings if one.assignment != UNKNOWN]
    written, left_out = [], []
    for name, columns, table, missing, dialect in TABLES[platform](rows, decimal):
        path = place / f"{name}.csv"
        spreadsheet.write(path, columns, table, inert, **dialect)
        written.append(path)
        left_out += missing
    return written, left_out


def points(standing, decimal):
    """The points that count, or "" where there are none yet."""
    if standing.state != GRADED or standing.twice > 1:
        return ""
    return f"{standing.final:.2f}".rstrip("0").rstrip(".").replace(".", decimal)


def comments(standing):
    """The reasons of all marks, as the HTML that editors of platforms take."""
    marks = standing.record.marks
    lines = [f"{m['question']}: {m['points'] or 0:g} of {m['out_of']:g}. {m['why']}" for m in marks]
    lines += [f"{standing.lateness.why} {standing.off:g} points off."] * (standing.off > 0)
    return "<br>".join(html.escape(line) for line in lines)


def by_assignment(standings):
    """{assignment: its Standings}."""
    slugs = defaultdict(list)
    for one in standings:
        slugs[one.assignment].append(one)
    return dict(sorted(slugs.items()))


def by_student(standings):
    """{student: {assignment: Standing}}."""
    students = defaultdict(dict)
    for one in standings:
        students[one.student][one.assignment] = one
    return dict(sorted(students.items()))


def why_not(students, standings):
    """A sentence part for each of the students: the name, and why a platform's file has no points.

    students: who is left out, as `export` tells.
    """
    everybody = by_student(standings)
    for student in sorted({*students}):
        own = everybody[student].values()
        reasons = [one.state for one in own if one.state != GRADED]
        reasons += ["is there twice"] * any(one.twice > 1 for one in own)
        why = ", ".join(dict.fromkeys(reasons)) or "the platform's number is unknown"
        yield f"{student} ({why})"


def out_of(standings):
    """The points of an assignment."""
    return max((one.record.out_of for one in standings if one.record), default=0)


def moodle(standings, decimal):
    """Moodle's offline grading worksheet, one for each assignment."""
    columns = (
        "Identifier",
        "Full name",
        "Email address",
        "Status",
        "Grade",
        "Maximum Grade",
        "Grade can be changed",
        "Last modified (submission)",
        "Last modified (grade)",
        "Feedback comments",
    )
    for slug, own in by_assignment(standings).items():
        there = [one for one in own if points(one, decimal) and _number(one, "moodle")]
        table = [
            (
                f"Participant {_number(one, 'moodle')}",
                one.name,
                one.person.email if one.person else "",
                "Submitted for grading",
                points(one, decimal),
                f"{one.record.out_of:g}".replace(".", decimal),
                "Yes",
                "-",
                "-",
                comments(one),
            )
            for one in there
        ]
        yield f"moodle-{slug}", columns, table, _others(own, there), {}


def canvas(standings, decimal):
    """Canvas's gradebook. Its assignments have their numbers if its own table is the roster."""
    slugs = by_assignment(standings)
    people = by_student(standings)
    header = next((one.person.row for one in standings if one.person), {})
    titles = {slug: _column(slug, header) or slug for slug in slugs}
    first = ("    Points Possible", "", "", "", "")
    table = [(*first, *(f"{out_of(own):g}" for own in slugs.values()))]
    missing = []
    for student, own in people.items():
        one = next(iter(own.values()))
        person = one.person
        number = (person and person.canvas) or next(
            filter(None, (_number(each, "canvas") for each in own.values())), ""
        )
        if not number and not (person and (person.id or person.login)):
            missing.append(student)
            continue
        ids = (number, person.id if person else "", person.login if person else "")
        cells = [points(own[slug], decimal) if slug in own else "" for slug in slugs]
        table.append((one.name, *ids, person.section if person else "", *cells))
        missing += [student] * (not any(cells))
    columns = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", *titles.values())
    yield "canvas", columns, table, missing, {}


def blackboard(standings, decimal):
    """Blackboard's grade centre: every cell quoted, people by their user names."""
    slugs = by_assignment(standings)
    header = next((one.person.row for one in standings if one.person), {})
    titles = [
        _column(slug, header) or f"{slug} [Total Pts: {out_of(own):g} Score]"
        for slug, own in slugs.items()
    ]
    table, missing = [], []
    for student, own in by_student(standings).items():
        one = next(iter(own.values()))
        first, _, last = one.name.rpartition(" ")
        login = one.person.login if one.person else student
        cells = [points(own[slug], decimal) if slug in own else "" for slug in slugs]
        table.append((last, first, login, one.person.id if one.person else "", *cells))
        missing += [student] * (not any(cells))
    columns = ("Last Name", "First Name", "Username", "Student ID", *titles)
    yield "blackboard", columns, table, missing, {"quoting": csv.QUOTE_ALL}


def gradescope(standings, decimal):
    """The columns of Gradescope's own table of marks, one for each assignment."""
    columns = ("First Name", "Last Name", "SID", "Email", "Total Score", "Max Points", "Status")
    for slug, own in by_assignment(standings).items():
        there = [one for one in own if points(one, decimal)]
        table = []
        for one in there:
            first, _, last = one.name.rpartition(" ")
            origin, person = one.record.origin, one.person
            sid = person.id if person else origin.get("id", "")
            address = person.email if person else origin.get("email", "")
            marks = (points(one, decimal), f"{one.record.out_of:g}".replace(".", decimal))
            table.append((first, last, sid, address, *marks, "Graded"))
        yield f"gradescope-{slug}", columns, table, _others(own, there), {}


def plain(standings, decimal):
    """One row for each student, one column for each assignment."""
    slugs = by_assignment(standings)
    table, missing = [], []
    for student, own in by_student(standings).items():
        one = next(iter(own.values()))
        cells = [points(own[slug], decimal) if slug in own else "" for slug in slugs]
        person = one.person
        ids = (person.id, person.email, person.group) if person else ("", "", "")
        table.append((student, one.name, *ids, *cells))
        missing += [student] * (not any(cells))
    columns = ("student", "name", "id", "email", "group", *slugs)
    yield "marks", columns, table, missing, {}


TABLES = {
    "moodle": moodle,
    "canvas": canvas,
    "blackboard": blackboard,
    "gradescope": gradescope,
    "csv": plain,
}
"""For each platform: generates (file, columns, rows, who is left out, dialect)."""


def _number(standing, platform):
    """The platform's own number of a student, as far as the names of files told it."""
    origin = standing.record.origin if standing.record else {}
    own = not origin.get("members") and origin.get("platform") == platform
    return origin.get("number", "") if own else ""


def _others(own, there):
    return [one.student for one in own if one not in there]


def _column(slug, header):
    """The heading of an assignment in the platform's own table, or None."""
    words = re.escape(slug).replace(r"\-", "[-_ ]+")
    return next((name for name in header if re.match(rf"{words}\b.*[\d\])]$", name, re.I)), None)


def zipped_feedback(folder, platform, standings):
    """Write the archive of feedback that a platform takes, for each assignment; returns the paths.

    Moodle and Canvas tell by the names of the files whose they are. For the others it is one
    archive with a folder for each student, to be sent in another way.
    """
    place = folder / "export"
    place.mkdir(mode=0o700, exist_ok=True)
    rows = [one for one in standings if one.record and one.assignment != UNKNOWN]
    archives = defaultdict(dict)
    for one in rows:
        name = feedback.path(one).removeprefix("feedback/")
        archive = "feedback"
        if platform in ("moodle", "canvas"):
            archive = f"{platform}-{one.assignment}-feedback"
            name = _feedback_name(one, platform)
        if name and one.twice == 1:
            archives[archive][name] = feedback.page(one)
    paths = []
    for archive, pages in archives.items():
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as opened:
            for name, page in sorted(pages.items()):
                opened.writestr(name, page)
        paths.append(place / f"{archive}.zip")
        files.write(paths[-1], data.getvalue(), mode=0o600)
    return paths


def _feedback_name(standing, platform):
    """The name by which a platform knows whose feedback a file is, or None."""
    origin = standing.record.origin
    if origin.get("platform") != platform:
        return None
    if platform == "canvas":
        return f"{origin['prefix']}{standing.assignment}-feedback.html"
    student = re.sub(r"[_/\\]", " ", origin.get("name", standing.student))
    folder = f"{student}_{origin['number']}_assignsubmission_file"
    return f"{folder}/{standing.assignment}-feedback.html"
