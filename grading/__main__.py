"""release, grade, export, feedback: see content/teaching.md."""

import argparse
import importlib
import math
import sys
from pathlib import Path

import tools  # noqa: F401  (a fault of the machine, or an interruption, is one line here too)
from grading import batch
from grading.grader import Settings
from grading.marks import GRADED, LATER
from grading.records import feedback, nbgraderbook, summary
from grading.records.gradebook import BadRow, Gradebook
from grading.sandbox import modes
from local.ensembles.cluster import DaskMissingError
from tools import repository

SOURCES = Path(__file__).resolve().parents[1] / "content" / "assignments"

STAMPED = ("content", "local", "requirements.txt")
"""What a released notebook is made of or fetches; a gradebook in the clone is committed nowhere."""


def named(text):
    """The path that `text` names. Nothing is no name: it would be the folder one happens to be in.

    Raises argparse.ArgumentTypeError for an empty text.
    """
    if not text:
        raise argparse.ArgumentTypeError("no folder is named")
    return Path(text)


def positive(kind):
    """What reads a number of that kind above 0; raises argparse.ArgumentTypeError for others."""

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
    seconds = modes.Limits.seconds
    grade.add_argument(
        "--seconds", type=positive(float), default=seconds, help=f"for a question ({seconds:g})"
    )
    commands.add_parser("export", help="make the tables anew, after marking by hand")
    commands.add_parser("feedback", help="make a page for every student")
    return parser.parse_args(arguments)


def main(arguments=None):
    """Run one command; the exit code is 1 if something is left to be graded."""
    told = parsed(arguments)
    book = Gradebook(told.book)
    if told.command == "release":
        return release(told, book)
    try:
        if told.command == "grade":
            return grade(told, book)
        if told.command == "export":
            return export(told, book)
        records = book.records()
    except (modes.Refusal, BadRow, DaskMissingError) as refusal:
        print(refusal, file=sys.stderr)
        return 2
    feedback.write_all(book.folder, records)
    print(f"{len(records)} pages are in {book.folder / 'feedback'}")
    return 0


def release(told, book):
    """Make the students' notebooks and print where they are; returns the exit code."""
    from grading.release import release as make  # nbgrader's converters take a while

    if repository.find():
        if not repository.committed(repository.ROOT, *STAMPED):
            print(repository.UNCOMMITTED, file=sys.stderr)
            return 2
        if not repository.pushed():
            print("Colab cannot fetch this commit yet: push it to GitHub.", file=sys.stderr)
    for slug in importlib.import_module(told.questions).QUESTIONS:
        print(make(slug, SOURCES / f"{slug}.ipynb", book.folder))
    return 0


def grade(told, book):
    """Grade a folder and write the tables; returns the exit code."""
    if not told.submissions.is_dir():
        print(f"There is no folder {told.submissions}.", file=sys.stderr)
        return 2
    mode = "trusted" if told.trusted else batch.choose(told.scheduler)
    limits = modes.Limits(seconds=told.seconds)
    settings = Settings(mode, book.seed(), limits, told.questions, told.probes)
    try:
        batch.Batch(told.submissions, book, settings).run(told.cores, told.scheduler)
    except KeyboardInterrupt:
        print("Interrupted: what is done is kept; the same command goes on.", file=sys.stderr)
        export(told, book)
        return 130
    return export(told, book)


def export(told, book):
    """Write the tables, nbgrader's gradebook and the summary; say where they are."""
    catalogue = importlib.import_module(told.questions).QUESTIONS
    records = book.tables()
    nbgraderbook.write((book.folder / "gradebook.db").resolve(), records, catalogue)
    review = summary.write_page(book.folder, records, catalogue)
    states = [record.state for record in records]
    print(
        f"{len(records)} submissions: {states.count(GRADED)} graded, {len(review)} marks to look at"
        f" (summary.html), {states.count(LATER)} not graded yet."
        f" Grades: {book.folder / 'grades.csv'}"
    )
    return 1 if LATER in states else 0


if __name__ == "__main__":
    sys.exit(main())
