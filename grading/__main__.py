"""release, grade, export, feedback, similarity: see content/grading.md."""

import argparse
import importlib
import math
import sys
from pathlib import Path

from grading import batch, similarity
from grading.grader import ASSIGNMENTS, Settings
from grading.marks import GRADED, LATER
from grading.records import (
    account,
    deadlines,
    feedback,
    nbgraderbook,
    platforms,
    roster,
    summary,
)
from grading.records.gradebook import Gradebook
from grading.records.tables import TableError
from grading.sandbox.modes import Limits, SandboxError
from grading.worker import OutdatedError
from local.ensembles.cluster import DaskMissingError
from tools import faults, repository
from tools.files import ROOT

NO_FOLDER = (
    "There is no folder {}: put the platform's export there, or name its folder, "
    "SUBMISSIONS=folder."
)
STAMPED = ("content", "local", "requirements.txt")
"""What a released notebook is made of, or fetches: this much must be committed."""


def named(text):
    """The path that `text` names.

    Raises argparse.ArgumentTypeError for an empty text, which would be the current folder.
    """
    if not text:
        raise argparse.ArgumentTypeError("no folder is named")
    return Path(text)


def positive(kind):
    """A function that reads a number above 0; it raises argparse.ArgumentTypeError for others."""

    def read(text):
        try:
            number = kind(text)
        except ValueError:
            number = math.nan
        if not 0 < number < math.inf:
            raise argparse.ArgumentTypeError(f"it must be a number above 0, received {text!r}")
        return number

    return read


def parsed(arguments):
    """The command line's arguments."""
    parser = argparse.ArgumentParser(prog="python -m grading", description=__doc__)
    parser.add_argument("--book", type=named, default=Path("gradebook"), help="its folder")
    parser.add_argument("--questions", default="local.exercises.questions", help=argparse.SUPPRESS)
    parser.add_argument("--probes", default="local.exercises.probes", help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("release", help="make the notebooks for students")
    grade = commands.add_parser("grade", help="grade a folder of submissions")
    grade.add_argument("submissions", type=named)
    grade.add_argument("--cores", type=positive(int), help="processes at a time (all cores)")
    grade.add_argument("--scheduler", help="address of a Dask scheduler, for many machines")
    grade.add_argument("--trusted", action="store_true", help="without a sandbox")
    seconds = Limits.seconds
    grade.add_argument(
        "--seconds", type=positive(float), default=seconds, help=f"for a question ({seconds:g})"
    )
    export = commands.add_parser("export", help="make the tables anew, after marking by hand")
    pages = commands.add_parser("feedback", help="make a page for every student")
    for command in (export, pages):
        command.add_argument("--platform", choices=platforms.PLATFORMS, help="write its files, too")
    alike = commands.add_parser("similarity", help="list solutions that are unusually alike")
    alike.add_argument("submissions", type=named)
    export.add_argument("--decimal", choices=(".", ","), default=".", help="sign before tenths")
    return parser.parse_args(arguments)


def main(arguments=None):
    """Run one command; the exit code is 1 if something is left to be graded."""
    options = parsed(arguments)
    book = Gradebook(options.book)
    if options.command == "release":
        return release(options, book)
    try:
        if options.command == "grade":
            return grade(options, book)
        if options.command == "similarity":
            return alike(options, book)
        if options.command == "export":
            return exported(options, book)
        return feed_back(options, book)
    except (SandboxError, OutdatedError, TableError, DaskMissingError) as error:
        print(error, file=sys.stderr)
        return 2


def release(options, book):
    """Make the students' notebooks and print where they are; returns the exit code."""
    from grading.release import release as make  # here, for nbgrader's converters import slowly

    if repository.find():
        if not repository.committed(ROOT, *STAMPED):
            print(repository.UNCOMMITTED, file=sys.stderr)
            return 2
        if not repository.pushed():
            print("Colab cannot fetch this commit yet: push it to GitHub.", file=sys.stderr)
    for slug in importlib.import_module(options.questions).QUESTIONS:
        print(make(slug, ASSIGNMENTS / f"{slug}.ipynb", book.folder))
    return 0


def grade(options, book):
    """Grade a folder and write the tables; returns the exit code."""
    if not options.submissions.is_dir():
        print(NO_FOLDER.format(options.submissions), file=sys.stderr)
        return 2
    mode = "trusted" if options.trusted else batch.choose(options.scheduler)
    limits = Limits(seconds=options.seconds)
    settings = Settings(mode, book.seed(), limits, options.questions, options.probes)
    whole = batch.Batch(options.submissions, book, settings)
    interrupted = False
    try:
        whole.run(options.cores, options.scheduler)
    except KeyboardInterrupt:
        print("Interrupted: what is done is kept; the same command goes on.", file=sys.stderr)
        interrupted = True
    account.write(book.folder, whole.found, whole.aside, book.records())
    code = export(book, options.questions)
    print(account.sentence(book.folder))
    return 130 if interrupted else code


def alike(options, book):
    """Write the page of solutions that are alike; returns the exit code."""
    if not options.submissions.is_dir():
        print(NO_FOLDER.format(options.submissions), file=sys.stderr)
        return 2
    catalogue = importlib.import_module(options.questions).QUESTIONS
    person = roster.read(book.folder).of_owner
    count = similarity.write_page(options.submissions, book.folder, catalogue, person)
    print(f"{count} pairs to read are in {book.folder / 'similarity.html'}")
    return 0


def export(book, questions):
    """Write tables, nbgrader's gradebook, pages and the summary; returns the exit code."""
    catalogue = importlib.import_module(questions).QUESTIONS
    records = book.tables()
    standings = book.standings(records)
    own = [one.own for one in standings if one.record]
    known = roster.read(book.folder)
    if not known.persons:  # with a roster, it is an error
        students = {name for one in standings for name in (one.student, one.record.student)}
        for key in deadlines.read(book.folder).strangers(known, students):
            print(f"{deadlines.stranger(*key)}: names are those of grades.csv.", file=sys.stderr)
    nbgraderbook.write((book.folder / "gradebook.db").resolve(), own, catalogue)
    feedback.write_all(book.folder, [one for one in standings if one.record])
    counted = account.sentence(book.folder)
    looks = summary.write_page(book.folder, records, catalogue, standings, known, counted)
    states = [record.state for record in records]
    print(
        f"{len(records)} submissions: {states.count(GRADED)} graded, {len(looks)} marks to look at"
        f" (summary.html), {states.count(LATER)} not graded yet."
        f" Grades: {book.folder / 'grades.csv'}"
    )
    return 1 if LATER in states else 0


def exported(options, book):
    """Write the tables, and those of a platform; returns the exit code."""
    code = export(book, options.questions)
    if options.platform:
        standings = book.standings(book.records())
        written, left_out = platforms.export(
            book.folder, options.platform, standings, options.decimal
        )
        for path in written:
            print(path)
        if left_out:
            print(f"Without points there: {', '.join(platforms.why_not(left_out, standings))}")
    return code


def feed_back(options, book):
    """Write the pages of all students, and a platform's archive of them; returns the exit code."""
    standings = [one for one in book.standings(book.records()) if one.record]
    feedback.write_all(book.folder, standings)
    print(f"{len(standings)} pages are in {book.folder / 'feedback'}")
    if options.platform:
        archives = platforms.zipped_feedback(book.folder, options.platform, standings)
        print(*archives or [f"No archive: none of these came from {options.platform}."], sep="\n")
    return 0


if __name__ == "__main__":
    with faults.in_one_line():
        sys.exit(main())
